"""Which fusion of the members: candidates are tried on strangers made of accepted history."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from foreseen.models.calibration import Calibration
from foreseen.models.ensemble import MEMBERS, RuleModel
from foreseen.models.foresight import Combination, Fusion, Weights, own_scores
from foreseen.models.members.common import Common
from foreseen.models.members.negatives import corrupted
from foreseen.models.moments.moment import Moment

Scores = npt.NDArray[np.float64]

# act, parent, user, ancestry; context, neighbours; surroundings, pace, rate, time, tenure, failures
FUSIONS: Mapping[str, Weights] = {
    "alike": Weights((1, 1, 1, 1, 1, 0, 1, 1, 0, 1, 1, 1)),
    "novelty, context and neighbours": Weights((2, 2, 2, 2, 1, 1, 0, 0, 0, 0, 0, 0)),
    "novelty": Weights((1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0)),
    "novelty and context": Weights((1, 1, 1, 1, 2, 0, 0, 0, 0, 0, 0, 0)),
    "all": Weights((1, 1, 1, 1, 2, 2, 2, 2, 2, 1, 1, 1)),
    "strongest": Weights((1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0), Combination.STRONGEST),
    "context": Weights((0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0)),
    "neighbours": Weights((0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0)),
    "context and neighbours": Weights((0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0)),
}
"""Candidate weights of the members, the preferred first (ADR 18)."""

CLEARLY = 0.2
"""A fusion is preferred unless another one catches this share of strangers more."""

MAX_STRANGERS = 1_000
"""Strangers of each kind made for a rule."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A chosen fusion.

    Attributes:
        fusion: Ready to judge, without what workloads have in common.
        name: Of the candidate.
        caught: Share of strangers above the budget's threshold, by candidate.
    """

    fusion: Fusion
    name: str
    caught: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Trial:
    """Raw scores (moments, members) that a model of the earlier part gives for a later one.

    Attributes:
        expected: Of the rule's own matches.
        moved: Of the same as if they had happened on other workloads.
        corrupted: Of moments whose parts do not belong together.
    """

    expected: Scores
    moved: Scores
    corrupted: Scores


def tried(
    model: RuleModel, common: Common, late: Sequence[Moment], everyone: Sequence[Moment], seed: int
) -> Trial:
    """What a rule's model says of its later matches, and of strangers made of them.

    Args:
        model: Fitted on an earlier part.
        common: What all models share, of the same part.
        late: Expected matches of the rule in the later part.
        everyone: Those of all rules, the source of foreign parts.
        seed: The same seed makes the same strangers.
    """
    strangers = corrupted(_evenly(late, MAX_STRANGERS), everyone, seed)
    return Trial(
        expected=model.scores(late, common),
        moved=model.scores(_intruders(late), common),
        corrupted=model.scores(strangers, common),
    )


def choose(trials: Sequence[Trial], *, budget: float) -> tuple[Choice, Scores]:
    """The preferred fusion among those that catch most strangers at the budget's share of alerts.

    Each calibration score is taken without itself, else it would promise too much.

    Args:
        trials: One a rule that has a model.
        budget: Share of expected matches that may alert.

    Returns:
        The choice, and the raw scores of the later part in the order of the trials.
    """
    expected = _together(trial.expected for trial in trials)
    strangers = [
        _together(trial.moved for trial in trials),
        _together(trial.corrupted for trial in trials),
    ]
    members = tuple(Calibration.of(column) for column in expected.T)
    caught = {
        name: _caught(_fusion(members, weights, expected), strangers, budget)
        for name, weights in FUSIONS.items()
    }
    enough = max(caught.values()) - CLEARLY
    chosen = next(name for name, share in caught.items() if share >= enough)
    return Choice(_fusion(members, FUSIONS[chosen], expected), chosen, caught), expected


def _together(scores: Iterable[Scores]) -> Scores:
    return np.concatenate([np.zeros((0, len(MEMBERS))), *scores])


def _fusion(members: tuple[Calibration, ...], weights: Weights, expected: Scores) -> Fusion:
    return Fusion(members, weights, Calibration.of(own_scores(members, weights, expected)))


def _caught(fusion: Fusion, strangers: Sequence[Scores], budget: float) -> float:
    """Share of strangers that would alert, each kind of them counting the same."""
    shares = [(fusion.probabilities(kind) <= budget).mean() for kind in strangers if len(kind)]
    return float(np.mean(shares)) if shares else 0.0


def _intruders(found: Sequence[Moment]) -> list[Moment]:
    """Matches of a rule on one workload as if they had happened on each other one.

    They are whole: act, doer, lineage and window belong together, only not here. Corrupted moments
    are the other kind of stranger: parts that do not belong together. Either alone would favour
    the members that look for it.
    """
    workloads = sorted({moment.workload for moment in found})
    others = max(len(workloads) - 1, 1)
    return _evenly(
        [
            replace(moment, workload=other)
            for moment in _evenly(found, max(MAX_STRANGERS // others, 1))
            for other in workloads
            if other != moment.workload
        ],
        MAX_STRANGERS,
    )


def _evenly(found: Sequence[Moment], limit: int) -> list[Moment]:
    """At most `limit` of some moments, evenly over their order."""
    if len(found) <= limit:
        return list(found)
    return [found[int(place)] for place in np.linspace(0, len(found) - 1, limit)]
