"""What any threshold would cost and catch: false alerts on what the models judged, attack replays.

The share that predictions are held to is one for all rules. For each of some shares this tells how
many expected matches would have alerted, by the models' stored words, and how many recorded attacks
their words would still catch, put among this tenant's own matches. Only the gate set is asked:
whoever chooses by the sealed one has tuned to it. Models are taken as if all of them may suppress,
as one that only assists today may do so tomorrow.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Engine

from foreseen.alerts.decide import Policy
from foreseen.core.ids import ContentHash, RuleId, TenantId
from foreseen.lake.lake import Lake
from foreseen.models.budget import LARGEST_SHARE, weakest_words
from foreseen.models.foresight import Foresight
from foreseen.models.moments.moment import Moment
from foreseen.rules import RuleSet
from foreseen.studies.clustered import clustered_interval
from foreseen.studies.compare import PLACEMENTS, retained_matches
from foreseen.studies.promises import Judged, judged_matches
from foreseen.studies.replays.chain import Replay, Use
from foreseen.studies.replays.replay import replays_under
from foreseen.studies.replays.transplant import transplants
from foreseen.studies.stored import Stored

POINTS = 40
"""Shares that are told of, besides the one in force."""

_DAY = 24 * 60 * 60 * 1000
_SEED = 0  # the same draws in every run


@dataclass(frozen=True, slots=True)
class Point:
    """One share that predictions could be held to.

    Attributes:
        share: The share; a match alerts whose probability is at most that.
        alerted: Expected matches that would have alerted.
        low: Lower end of the 95 % interval of their share among all.
        high: Its upper end.
        caught: Attack chains of which every run would have alerted by a model's word, or for want
            of a model or of history.
        by_models: The same by the models' words alone: what alerts without them is left out.
        rules: Of `alerted`, how many by rule; rules with none are left out.
    """

    share: float
    alerted: int
    low: float
    high: float
    caught: int
    by_models: int
    rules: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Curve:
    """Alerts and attacks over all shares.

    Attributes:
        foresight: The models in use, which attacks and threshold are about.
        own: Whether the matches were judged by them; False: they have judged none yet, and it is
            what models before them said.
        in_force: The share that predictions are held to now.
        resolution: The smallest share that they can tell apart.
        matches: Expected matches that were judged; escalated ones are none.
        days: From the first of them to the last.
        chains: Attack chains of the gate set that could be put here.
        impossible: Those that could not be, which are in no figure.
        points: By share, the smallest first; the one in force is among them.
    """

    foresight: ContentHash
    own: bool
    in_force: float
    resolution: float
    matches: int
    days: float
    chains: int
    impossible: int
    points: tuple[Point, ...]


def curve_of(
    lake: Lake,
    engine: Engine,
    tenant: TenantId,
    used: Stored,
    asked: tuple[RuleSet, Policy, int],
) -> Curve:
    """What other thresholds would have come to.

    Args:
        lake: Predictions and matches.
        engine: The control database.
        tenant: Whose.
        used: The models in use.
        asked: Rules in use, what predictions are held to, and from when on matches count, ms UTC.
    """
    rules, policy, since = asked
    judged = judged_matches(lake, engine, tenant, since, used.hash)
    own = bool(len(judged.words))
    if not own:
        judged = judged_matches(lake, engine, tenant, since, None)
    retained = retained_matches(lake, tenant, {rule.id for rule in rules.rules if rule.foresee})
    placed = transplants(replays_under(rules, Use.GATE), retained, PLACEMENTS)
    words = _words(used.foresight, placed.replays, policy.least_history)
    resolution = used.foresight.fusion.fused.resolution
    return Curve(
        foresight=used.hash,
        own=own,
        in_force=policy.budget,
        resolution=resolution,
        matches=len(judged.words),
        days=float(np.ptp(judged.times)) / _DAY if len(judged.times) else 0.0,
        chains=len(words.all),
        impossible=len(placed.impossible),
        points=tuple(_point(each, judged, words) for each in _shares(resolution, policy.budget)),
    )


@dataclass(frozen=True, slots=True)
class _Words:
    """Of each chain the smallest share at which it is caught, and that by models alone."""

    all: list[float]
    by_models: list[float]


def _words(foresight: Foresight, replays: Sequence[Replay], least_history: int) -> _Words:
    def asked(moment: Moment) -> bool:
        return foresight.history(RuleId(moment.rule), moment.workload) >= least_history

    every = [replay.moments for replay in replays]
    known = [tuple(filter(asked, moments)) for moments in every]
    chains = [replay.chain for replay in replays]
    all_words, own_words = (
        weakest_words(foresight, runs, share=1.0, least_history=least_history)
        for runs in (every, known)
    )
    return _Words(_by_chain(chains, all_words), _by_chain(chains, own_words))


def _by_chain(chains: Sequence[str], weakest: Sequence[float]) -> list[float]:
    """Of each chain the smallest share at which all its runs alert."""
    found: dict[str, float] = defaultdict(float)
    for chain, word in zip(chains, weakest, strict=True):
        found[chain] = max(found[chain], word)
    return list(found.values())


def _shares(resolution: float, in_force: float) -> list[float]:
    """Shares of equal ratio from the finest one to the largest that may be asked for."""
    first = min(max(resolution, 1e-6), LARGEST_SHARE / 2)
    found = {float(each) for each in np.geomspace(first, LARGEST_SHARE, POINTS)}
    return sorted(found | {in_force})


def _point(share: float, judged: Judged, words: _Words) -> Point:
    alerted = np.logical_not(judged.words > share)  # so a NaN alerts, too
    names, counts = np.unique(judged.rules[alerted], return_counts=True)
    low, high = (
        clustered_interval(judged.clusters, alerted, _SEED) if len(judged.words) else (0.0, 1.0)
    )
    return Point(
        share=share,
        alerted=int(alerted.sum()),
        low=low,
        high=high,
        caught=sum(word <= share for word in words.all),
        by_models=sum(word <= share for word in words.by_models),
        rules={str(name): int(count) for name, count in zip(names, counts, strict=True)},
    )
