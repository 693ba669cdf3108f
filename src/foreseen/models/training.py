"""Train every rule's model on clean history; choose the fusion on a later part of it."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from foreseen.core.ids import RuleId
from foreseen.models.calibration import Calibration
from foreseen.models.ensemble import MEMBERS, RuleModel, fit
from foreseen.models.foresight import Combination, Foresight, Fusion, Weights, foresight, own_scores
from foreseen.models.moments import Moment
from foreseen.models.negatives import corrupted

Scores = npt.NDArray[np.float64]
History = Mapping[RuleId, Sequence[Moment]]

FIT_SHARE = 0.7
"""Earlier share of the history that members are fitted on; the rest calibrates."""

FUSIONS: Mapping[str, Weights] = {
    #                         act, parent, user, ancestry, context, neighbours
    "mostly novelty": Weights((2, 2, 2, 2, 1, 1)),
    "novelty": Weights((1, 1, 1, 1, 0, 0)),
    "novelty and context": Weights((1, 1, 1, 1, 2, 0)),
    "novelty and neighbours": Weights((1, 1, 1, 1, 0, 2)),
    "all": Weights((1, 1, 1, 1, 2, 2)),
    "strongest": Weights((1, 1, 1, 1, 1, 0), Combination.STRONGEST),
    "context": Weights((0, 0, 0, 0, 1, 0)),
    "neighbours": Weights((0, 0, 0, 0, 0, 1)),
    "context and neighbours": Weights((0, 0, 0, 0, 1, 1)),
}
"""Candidate weights of the members, the preferred first: novelty forgives a changed schedule."""

CLEARLY = 0.2
"""A fusion is preferred unless another one catches this share of strangers more."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Expected matches by rule, each in order of time, cut in two.

    Attributes:
        early: What members are fitted on.
        late: What the fusion and its calibration come from.
    """

    early: History
    late: History


@dataclass(frozen=True, slots=True)
class Trained:
    """What training gave, and how the choice of fusion was made.

    Attributes:
        foresight: The models, ready to predict.
        fusion: Name of the chosen fusion.
        caught: Share of strangers above the budget's threshold, by fusion.
        skipped: Rules without enough history on both sides of the cut, and how much they have.
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

    Members are fitted on the earlier part; the fusion and its calibration come from the later part.
    Then the members are fitted again on all of it. A longer history shifts the scores, so the
    promised share of alerts is an estimate: what was realised is to be shown beside it.

    Args:
        history: Expected matches by rule, each in order of time.
        budget: Share of expected matches that may alert.
        least_history: Matches below which a rule gets no model.
        seed: The same seed and history give the same models.
        progress: Called with each rule when its model is done.
    """
    enough = {rule: list(found) for rule, found in history.items() if len(found) >= least_history}
    times = sorted(moment.time for found in enough.values() for moment in found)
    cut = times[int(len(times) * FIT_SHARE)] if times else 0
    parts = Parts(
        early={rule: [m for m in found if m.time < cut] for rule, found in enough.items()},
        late={rule: [m for m in found if m.time >= cut] for rule, found in enough.items()},
    )
    trained = train_on(
        parts, budget=budget, least_history=least_history, seed=seed, progress=progress
    )
    models = trained.foresight.models
    skipped = {rule: len(found) for rule, found in history.items() if rule not in models}
    return replace(trained, skipped=skipped)


def train_on(
    parts: Parts,
    *,
    budget: float,
    least_history: int,
    seed: int,
    progress: Callable[[RuleId], None] = lambda _: None,
) -> Trained:
    """Train as `train` does, on a history that is cut already.

    Args:
        parts: Expected matches, all of them of rules with enough history.
        budget: Share of expected matches that may alert.
        least_history: Matches below which a workload is not judged.
        seed: The same seed and history give the same models.
        progress: Called with each rule when its model is done.
    """
    early = parts.early
    least = int(least_history * FIT_SHARE)
    late = {
        rule: _on_ready_workloads(early.get(rule, ()), found, least)
        for rule, found in parts.late.items()
    }
    both = [rule for rule, found in late.items() if found]
    if sum(len(late[rule]) for rule in both) + 1 <= 1 / budget:
        # So few calibration matches that none could be called surprising: nothing may be silenced.
        both = []
    pool = [moment for rule in both for moment in early[rule]]
    late = {rule: late[rule] for rule in both}
    tested = {rule: fit(rule, early[rule], pool, seed) for rule in both}
    fusion, name, caught = _choose(tested, late, budget=budget, seed=seed)
    known = {rule: [*early[rule], *parts.late[rule]] for rule in both}
    everything = [moment for rule in both for moment in known[rule]]
    models: dict[RuleId, RuleModel] = {}
    for rule in both:
        models[rule] = fit(rule, known[rule], everything, seed)
        progress(rule)
    skipped = {r: len(early.get(r, ())) + len(parts.late[r]) for r in late if r not in models}
    return Trained(foresight(models, fusion), name, caught, skipped)


def _on_ready_workloads(
    early: Sequence[Moment], late: Sequence[Moment], least: int
) -> list[Moment]:
    """Later matches on workloads that the rule knows: others alert whatever a model says."""
    known = Counter(moment.workload for moment in early)
    return [moment for moment in late if known[moment.workload] >= least]


def _choose(
    models: Mapping[RuleId, RuleModel], late: History, *, budget: float, seed: int
) -> tuple[Fusion, str, dict[str, float]]:
    """The preferred fusion among those that catch most strangers at the budget's share of alerts.

    Each calibration score is taken without itself, else it would promise too much.
    """
    expected = _scores(models, late)
    everyone = [moment for found in late.values() for moment in found]
    intruders = _scores(models, {rule: _intruders(found) for rule, found in late.items()})
    misplaced = _scores(models, {r: corrupted(m, everyone, seed) for r, m in late.items()})
    members = tuple(Calibration.of(column) for column in expected.T)
    caught = {
        name: _caught(_fusion(members, weights, expected), (intruders, misplaced), budget)
        for name, weights in FUSIONS.items()
    }
    enough = max(caught.values()) - CLEARLY
    chosen = next(name for name, share in caught.items() if share >= enough)
    return _fusion(members, FUSIONS[chosen], expected), chosen, caught


def _scores(
    models: Mapping[RuleId, RuleModel], moments: Mapping[RuleId, Sequence[Moment]]
) -> Scores:
    """Raw scores of all rules' moments (moments, members)."""
    none = np.zeros((0, len(MEMBERS)))
    return np.concatenate([none, *(model.scores(moments[rule]) for rule, model in models.items())])


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
    return [
        replace(moment, workload=other)
        for moment in found
        for other in workloads
        if other != moment.workload
    ]
