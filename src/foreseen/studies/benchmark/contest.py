"""The contest: every method scores the same data set without its labels, and is then judged."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from foreseen.studies.benchmark.bootstrap import (
    Draws,
    Figure,
    Interval,
    Replicates,
    difference,
    draws_of,
    interval,
    promise_interval,
    replicates,
)
from foreseen.studies.benchmark.dataset import CALIBRATE, TEST, Dataset, Reals
from foreseen.studies.benchmark.labels import Labels, blinded, labels_of
from foreseen.studies.benchmark.method import Method, Scored
from foreseen.studies.benchmark.outcome import Judged, View, view
from foreseen.studies.benchmark.thresholds import pooled_threshold, settled

OURS = "foreseen"
"""The method that the others are compared with; without it, the first one."""

Advance = Callable[[float, float, str], None]
"""Told how many methods are done, of how many, and which one is at work."""


@dataclass(frozen=True, slots=True)
class Order:
    """How a contest is held.

    Attributes:
        budget: Share of expected matches that may alert.
        seed: Makes it repeatable.
        harness: Whether matches that the recording itself made count.
    """

    budget: float
    seed: int = 0
    harness: bool = True


@dataclass(frozen=True, slots=True)
class Entry:
    """One method's part.

    Attributes:
        method: Its name.
        threshold: Scores above it alert.
        own_threshold: Whether the method brought it.
        cpu_seconds: To fit and to score.
        matches: How many it was given.
        unscored: Matches of test for which it gave no score: they alert.
        test: Its word on the matches of test that count.
        calibration: The same of calibration.
        outcome: On these.
        without_harness: The outcome without those of the recording; None if that is no other.
        realised: Share of benign matches that alerted; None without one.
        promised: Where that share should lie if the promise holds; None where nothing tells.
    """

    method: str
    threshold: float
    own_threshold: bool
    cpu_seconds: float
    matches: int
    unscored: int
    test: Judged
    calibration: Judged
    outcome: View
    without_harness: View | None
    realised: Interval | None
    promised: Interval | None

    @property
    def microseconds(self) -> float:
        """CPU a match, fitting included."""
        return self.cpu_seconds * 1e6 / self.matches if self.matches else 0.0


@dataclass(frozen=True, slots=True)
class Failure:
    """A method that gave no answer, and why."""

    method: str
    reason: str


@dataclass(frozen=True, slots=True)
class Difference:
    """By how much the compared method is better than another; None where data give no figure."""

    method: str
    against: str
    figures: dict[Figure, Interval | None]


@dataclass(frozen=True, slots=True)
class Contest:
    """What came of it.

    Attributes:
        dataset: Its name.
        order: How it was held.
        clusters: How many clusters the intervals were drawn from.
        entries: Methods that answered, in the order given.
        failures: Those that did not.
        differences: Of the compared method with every other.
    """

    dataset: str
    order: Order
    clusters: int
    entries: tuple[Entry, ...]
    failures: tuple[Failure, ...]
    differences: tuple[Difference, ...]


def contest(
    data: Dataset, methods: Sequence[Method], order: Order, advance: Advance = lambda *_: None
) -> Contest:
    """Hold it: one method after the other, on the same matches, with thresholds from calibration.

    A method that raises is reported with its reason; the others go on.
    """
    hidden, ring = blinded(data), _ring(data, order)
    entries: list[Entry] = []
    failures: list[Failure] = []
    drawn: dict[str, Replicates] = {}
    for number, method in enumerate(methods):
        advance(number, len(methods), method.name)
        try:
            scored, seconds = _timed(method, hidden, order)
        except Exception as error:  # noqa: BLE001 (whatever a method does, the others are judged)
            failures.append(Failure(method.name, f"{type(error).__name__}: {error}"))
            continue
        entry, figures = _judged(method.name, scored, seconds, ring)
        entries.append(entry)
        drawn[method.name] = figures
    advance(len(methods), len(methods), "done")
    clusters = len(np.unique(ring.test.clusters))
    found = tuple(entries)
    return Contest(data.name, order, clusters, found, tuple(failures), _differences(drawn))


@dataclass(frozen=True, slots=True)
class _Ring:
    """What all methods are judged by."""

    budget: float
    test: Labels
    calibration: Labels
    pooled: Labels
    has_harness: bool
    draws: Draws
    both: Draws


def _ring(data: Dataset, order: Order) -> _Ring:
    """Thresholds are pooled over all of calibration: nobody can tell the harness from the rest."""
    every, parts = labels_of(data), data.column("part")
    pooled, test = every.only(parts == CALIBRATE), every.only(parts == TEST)
    harness = bool(test.harness.any())
    calibration = pooled
    if not order.harness:
        test, calibration = test.only(~test.harness), pooled.only(~pooled.harness)
    clusters = np.concatenate([test.clusters, calibration.clusters])
    return _Ring(
        budget=order.budget,
        test=test,
        calibration=calibration,
        pooled=pooled,
        has_harness=harness and order.harness,
        draws=draws_of(test.clusters, order.seed),
        both=draws_of(clusters, order.seed),
    )


def _timed(method: Method, data: Dataset, order: Order) -> tuple[Scored, float]:
    before = _cpu()
    scored = method(data, budget=order.budget, seed=order.seed)
    seconds = _cpu() - before
    scores = np.asarray(scored.scores, np.float64)
    if scores.shape != (data.matches.num_rows,):
        raise ValueError(f"{scores.shape} scores for {data.matches.num_rows} matches")
    return replace(scored, scores=scores), seconds


def _cpu() -> float:
    """CPU seconds so far, with those of processes that a method started and waited for."""
    children = os.times()
    return time.process_time() + children.children_user + children.children_system


def _judged(name: str, scored: Scored, seconds: float, ring: _Ring) -> tuple[Entry, Replicates]:
    scores = settled(scored.scores)
    threshold = _threshold(scored, scores, ring)
    test = Judged.of(ring.test, scores, threshold)
    calibration = Judged.of(ring.calibration, scores, threshold)
    outcome = view(test, calibration, threshold)
    figures = replicates(test, ring.draws)
    promised = outcome.overall.promised
    entry = Entry(
        method=name,
        threshold=threshold,
        own_threshold=scored.threshold is not None,
        cpu_seconds=seconds,
        matches=len(scores),
        unscored=int(np.isnan(scored.scores[ring.test.rows]).sum()),
        test=test,
        calibration=calibration,
        outcome=outcome,
        without_harness=_without_harness(test, calibration, threshold)
        if ring.has_harness
        else None,
        realised=interval(1 - figures[Figure.SUPPRESSED]),
        promised=None
        if promised is None
        else promise_interval(promised, test, calibration, ring.both),
    )
    return entry, figures


def _threshold(scored: Scored, scores: Reals, ring: _Ring) -> float:
    if scored.threshold is not None:
        return scored.threshold
    return pooled_threshold(scores[ring.pooled.rows], ring.pooled.weights, ring.budget)


def _without_harness(test: Judged, calibration: Judged, threshold: float) -> View:
    return view(
        test.only(~test.labels.harness), calibration.only(~calibration.labels.harness), threshold
    )


def _differences(drawn: dict[str, Replicates]) -> tuple[Difference, ...]:
    if not drawn:
        return ()
    ours = OURS if OURS in drawn else next(iter(drawn))
    return tuple(
        Difference(ours, name, difference(drawn[ours], theirs))
        for name, theirs in drawn.items()
        if name != ours
    )
