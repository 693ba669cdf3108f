"""What any threshold would cost and catch: false alerts on what the models judged, attack replays.

The share that predictions are held to is one for all rules. For each of some shares this tells how
many expected matches would have alerted, by the models' stored words, and how many recorded attacks
their words would still catch, put among this tenant's own matches. Only the gate set is asked:
whoever chooses by the sealed one has tuned to it. Models are taken as if all of them may suppress,
as one that only assists today may do so tomorrow.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from sqlalchemy import Engine

from foreseen.alerts.decide import Policy
from foreseen.core.ids import ContentHash, TenantId
from foreseen.lake.lake import Lake
from foreseen.models.budget import LARGEST_SHARE
from foreseen.models.ledger import upper_bound
from foreseen.rules import RuleSet
from foreseen.studies.attack_words import AttackWords, attack_words
from foreseen.studies.clustered import Truths, clustered_intervals
from foreseen.studies.compare import PLACEMENTS, retained_matches
from foreseen.studies.promises import Judged, judged_matches
from foreseen.studies.replays.chain import Use
from foreseen.studies.replays.replay import replays_under
from foreseen.studies.replays.transplant import transplants
from foreseen.studies.stored import Stored

POINTS = 40
"""Shares that are told of, besides the one in force."""

_DAY = 24 * 60 * 60 * 1000
_SEED = 0  # the same draws in every run
_JUST_ABOVE = 1 + 1e-6  # at the finest share itself nothing may be told: see `resolves`


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
        missed: Exact one-sided 95 % upper bound on the share of such chains that are missed.
    """

    share: float
    alerted: int
    low: float
    high: float
    caught: int
    by_models: int
    missed: float


@dataclass(frozen=True, slots=True)
class RuleCurve:
    """One rule's part in each point of the curve, in the order of its points.

    Attributes:
        rule: Its id.
        matches: Its expected matches that were judged.
        clusters: Login sessions or host-days that they come from.
        alerted: Those of them that would have alerted.
        low: Lower ends of the 95 % interval of their share.
        high: Its upper ends.
        chains: Attack chains that the rule matches, as far as they can be put here.
        caught: Those that would be told of if there were no other rule.
        missed: Exact one-sided 95 % upper bounds on the share of such chains that are missed.
    """

    rule: str
    matches: int
    clusters: int
    alerted: tuple[int, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    chains: int
    caught: tuple[int, ...]
    missed: tuple[float, ...]


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
        rules: Rule by rule, in the order of their ids: those with a match or a chain.
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
    rules: tuple[RuleCurve, ...]


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
    words = attack_words(used.foresight, placed.replays, policy.least_history)
    resolution = used.foresight.fusion.fused.resolution
    shares = _shares(resolution, policy.budget)
    return Curve(
        foresight=used.hash,
        own=own,
        in_force=policy.budget,
        resolution=resolution,
        matches=len(judged.words),
        days=float(np.ptp(judged.times)) / _DAY if len(judged.times) else 0.0,
        chains=len(words.all),
        impossible=len(placed.impossible),
        points=_points(shares, judged, words),
        rules=tuple(
            _rule_curve(rule, shares, judged, words.by_rule.get(rule, ()))
            for rule in sorted({*judged.rules.tolist(), *words.by_rule})
        ),
    )


def _shares(resolution: float, in_force: float) -> list[float]:
    """Shares of equal ratio from just above the finest one to the largest that may be asked for."""
    first = min(max(resolution * _JUST_ABOVE, 1e-6), LARGEST_SHARE / 2)
    found = {float(each) for each in np.geomspace(first, LARGEST_SHARE, POINTS)}
    return sorted(found | {in_force})


def _points(shares: Sequence[float], judged: Judged, words: AttackWords) -> tuple[Point, ...]:
    hits, intervals = _told(shares, judged, np.ones(len(judged.words), np.bool_))
    caught, by_models = (_caught(shares, each) for each in (words.all, words.by_models))
    missed = _missed(caught, len(words.all))
    lows, highs = zip(*intervals, strict=True)
    columns = zip(shares, hits, lows, highs, caught, by_models, missed, strict=True)
    return tuple(Point(*column) for column in columns)


def _rule_curve(
    rule: str, shares: Sequence[float], judged: Judged, words: Sequence[float]
) -> RuleCurve:
    own = judged.rules == rule
    hits, intervals = _told(shares, judged, own)
    lows, highs = zip(*intervals, strict=True)
    caught = _caught(shares, words)
    return RuleCurve(
        rule=rule,
        matches=int(own.sum()),
        clusters=len(np.unique(judged.clusters[own])),
        alerted=tuple(hits),
        low=lows,
        high=highs,
        chains=len(words),
        caught=tuple(caught),
        missed=tuple(_missed(caught, len(words))),
    )


def _told(
    shares: Sequence[float], judged: Judged, of: Truths
) -> tuple[list[int], list[tuple[float, float]]]:
    """Of some matches how many alert at each share, and the intervals of their shares."""
    words = judged.words[of]
    if not len(words):
        return [0] * len(shares), [(0.0, 1.0)] * len(shares)
    alerted = np.logical_not(words[:, np.newaxis] > np.array(shares))  # so a NaN alerts, too
    hits: list[int] = alerted.sum(axis=0).tolist()
    return hits, clustered_intervals(judged.clusters[of], alerted, _SEED)


def _caught(shares: Sequence[float], words: Sequence[float]) -> list[int]:
    found: list[int] = np.searchsorted(np.sort(np.array(words)), shares, side="right").tolist()
    return found


def _missed(caught: Sequence[int], chains: int) -> list[float]:
    bound = cache(upper_bound)
    return [bound(chains - each, chains) for each in caught]
