"""Train every rule's model on clean history; choose the fusion on a later part of it."""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from foreseen.core.ids import RuleId
from foreseen.models.calibration import Calibration
from foreseen.models.ensemble import MEMBERS, RuleModel, fit
from foreseen.models.foresight import Foresight, Fusion, foresight
from foreseen.models.moments import Moment
from foreseen.models.negatives import corrupted

Scores = npt.NDArray[np.float64]
History = Mapping[RuleId, Sequence[Moment]]

FIT_SHARE = 0.7
"""Earlier share of the history that members are fitted on; the rest calibrates."""

FUSIONS: Mapping[str, tuple[float, ...]] = {
    #               act, parent, user, ancestry, context, neighbours
    "novelty": (1, 1, 1, 1, 0, 0),
    "novelty, act and parent": (1, 1, 0, 0, 0, 0),
    "novelty and context": (1, 1, 1, 1, 2, 0),
    "novelty and neighbours": (1, 1, 1, 1, 0, 2),
    "all": (1, 1, 1, 1, 2, 2),
    "mostly novelty": (2, 2, 2, 2, 1, 1),
    "context": (0, 0, 0, 0, 1, 0),
    "neighbours": (0, 0, 0, 0, 0, 1),
    "context and neighbours": (0, 0, 0, 0, 1, 1),
}
"""Candidate weights of the members; training keeps the one that tells corruptions best."""


@dataclass(frozen=True, slots=True)
class Trained:
    """What training gave, and how the choice of fusion was made.

    Attributes:
        foresight: The models, ready to predict.
        fusion: Name of the chosen fusion.
        caught: Share of corrupted calibration matches above the budget's threshold, by fusion.
        skipped: Rules without enough history, and how much they have.
    """

    foresight: Foresight
    fusion: str
    caught: Mapping[str, float]
    skipped: Mapping[RuleId, int]


def train(
    history: History,
    *,
    budget: float,
    least_history: int,
    seed: int,
    progress: Callable[[RuleId], None] = lambda _: None,
) -> Trained:
    """Train on expected matches.

    Members are fitted on the earlier part, weights and calibration come from the later part, then
    the members are fitted again on all of it (a longer history only makes expected matches less
    surprising, so the promised share of alerts stays an upper estimate).

    Args:
        history: Expected matches by rule, each in order of time.
        budget: Share of expected matches that may alert.
        least_history: Matches below which a rule gets no model.
        seed: The same seed and history give the same models.
        progress: Called with each rule when its model is done.
    """
    enough = {rule: list(found) for rule, found in history.items() if len(found) >= least_history}
    early, late = _split(enough)
    pool = [moment for found in early.values() for moment in found]
    tested = {rule: fit(rule, found, pool, seed) for rule, found in early.items()}
    fusion, name, caught = _choose(tested, late, pool, budget, seed)
    everything = [moment for found in enough.values() for moment in found]
    models: dict[RuleId, RuleModel] = {}
    for rule, found in enough.items():
        models[rule] = fit(rule, found, everything, seed)
        progress(rule)
    skipped = {rule: len(found) for rule, found in history.items() if rule not in enough}
    return Trained(foresight(models, fusion), name, caught, skipped)


def _split(
    history: Mapping[RuleId, list[Moment]],
) -> tuple[dict[RuleId, list[Moment]], dict[RuleId, list[Moment]]]:
    """Earlier and later part, cut at one moment of time for all rules."""
    times = sorted(moment.time for found in history.values() for moment in found)
    cut = times[int(len(times) * FIT_SHARE)] if times else 0
    early = {rule: [m for m in found if m.time < cut] for rule, found in history.items()}
    late = {rule: [m for m in found if m.time >= cut] for rule, found in history.items()}
    return {rule: found for rule, found in early.items() if found}, late


def _choose(
    models: Mapping[RuleId, RuleModel],
    late: Mapping[RuleId, Sequence[Moment]],
    pool: Sequence[Moment],
    budget: float,
    seed: int,
) -> tuple[Fusion, str, dict[str, float]]:
    """The candidate fusion that catches most corruptions at the budget's false-alert share."""
    expected = {rule: model.scores(late[rule]) for rule, model in models.items()}
    foreign = {
        rule: model.scores(corrupted(late[rule], pool, seed + 1)) for rule, model in models.items()
    }
    members = tuple(
        Calibration.of({rule: raw[:, number] for rule, raw in expected.items()})
        for number in range(len(MEMBERS))
    )
    caught: dict[str, float] = {}
    fusions: dict[str, Fusion] = {}
    for name, weights in FUSIONS.items():
        bare = Fusion(members, weights, Calibration.of({}))
        scored = {rule: bare.score(rule, raw) for rule, raw in expected.items()}
        fusions[name] = Fusion(members, weights, Calibration.of(scored))
        caught[name] = _caught(fusions[name], foreign, budget)
    best = max(caught, key=lambda name: caught[name], default="novelty")
    return fusions[best], best, caught


def _caught(fusion: Fusion, foreign: Mapping[RuleId, Scores], budget: float) -> float:
    """Share of corruptions that would alert, each rule counting by the root of its size."""
    found: dict[RuleId, tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))
    for rule, raw in foreign.items():
        if len(raw):
            share = float((fusion.probabilities(rule, raw) <= budget).mean())
            found[rule] = (share, math.sqrt(len(raw)))
    total = sum(weight for _, weight in found.values())
    return sum(share * weight for share, weight in found.values()) / total if total else 0.0
