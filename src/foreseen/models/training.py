"""Train every rule's model on clean history; choose the fusion on a later part of it."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from foreseen.core.ids import RuleId
from foreseen.models.choice import Choice, choose
from foreseen.models.ensemble import RuleModel, fit
from foreseen.models.foresight import Foresight, foresight
from foreseen.models.members.common import Common
from foreseen.models.members.levels import Levels
from foreseen.models.moments.moment import Moment
from foreseen.models.rehearsal import rehearsed

History = Mapping[RuleId, Sequence[Moment]]

FIT_SHARE = 0.7
"""Earlier share of the history that members are fitted on; the rest calibrates."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Expected matches by rule, each in order of time, cut in two.

    Attributes:
        early: What members are fitted on.
        late: What the fusion and its calibration come from.
    """

    early: History
    late: History

    def whole(self) -> dict[RuleId, list[Moment]]:
        """Both parts together."""
        rules = dict.fromkeys([*self.early, *self.late])
        return {rule: [*self.early.get(rule, ()), *self.late.get(rule, ())] for rule in rules}


@dataclass(frozen=True, slots=True)
class Trained:
    """What training gave, and how the choice of fusion was made.

    Attributes:
        foresight: The models, ready to predict.
        fusion: Name of the chosen fusion.
        caught: Share of strangers above the budget's threshold, by fusion.
        skipped: Rules without enough history, and how much they have.
        realised: Later matches of each rule, and how many would have alerted at the budget by what
            `rehearsed` says.
        rehearsed: Probability of each later match by its `uid`, by members of the earlier part and
            a calibration on other times (`models.rehearsal`).
    """

    foresight: Foresight
    fusion: str
    caught: Mapping[str, float]
    skipped: Mapping[RuleId, int]
    realised: Mapping[RuleId, tuple[int, int]] = field(default_factory=dict)
    rehearsed: Mapping[str, float] = field(default_factory=dict)


def train(  # noqa: PLR0913 (what a person chooses, by name)
    history: History,
    *,
    budget: float,
    least_history: int,
    seed: int,
    groups: Mapping[str, str] | None = None,
    progress: Callable[[RuleId], None] = lambda _: None,
) -> Trained:
    """Train on expected matches.

    Members are fitted on the earlier part; the fusion and its calibration come from the later part.
    Then the members are fitted again on all of it. A longer history shifts the scores, so the
    promised share of alerts is an estimate: what was realised is to be shown beside it.

    Args:
        history: Expected matches by rule, each in order of time.
        budget: Share of expected matches that may alert.
        least_history: Matches below which a rule gets no model, and a level does not answer.
        seed: The same seed and history give the same models.
        groups: Group by workload; a new workload is judged by its group's history first.
        progress: Called with each rule when its model is done.
    """
    times = sorted(
        moment.time for found in history.values() for moment in found if len(found) >= least_history
    )
    cut = times[int(len(times) * FIT_SHARE)] if times else 0
    parts = Parts(
        early={rule: [m for m in found if m.time < cut] for rule, found in history.items()},
        late={rule: [m for m in found if m.time >= cut] for rule, found in history.items()},
    )
    return train_on(
        parts,
        budget=budget,
        least_history=least_history,
        seed=seed,
        groups=groups,
        progress=progress,
    )


def train_on(  # noqa: PLR0913 (as `train`)
    parts: Parts,
    *,
    budget: float,
    least_history: int,
    seed: int,
    groups: Mapping[str, str] | None = None,
    progress: Callable[[RuleId], None] = lambda _: None,
) -> Trained:
    """Train as `train` does, on a history that is cut already; its arguments are the same."""
    whole = parts.whole()
    enough = [rule for rule, found in whole.items() if len(found) >= least_history]
    levels = Levels(dict(groups or {}), max(int(least_history * FIT_SHARE), 1))
    judged = {rule: _judged(parts, rule, levels) for rule in enough}
    late = {rule: found for rule, found in judged.items() if found}
    if sum(map(len, late.values())) + 1 <= 1 / budget:
        # So few calibration matches that none could be called surprising: nothing may be silenced.
        enough, late = [], {}
    choice, before = _chosen(parts, late, levels, budget=budget, seed=seed)
    everything = [moment for rule in enough for moment in whole[rule]]
    models: dict[RuleId, RuleModel] = {}
    for rule in enough:
        models[rule] = fit(rule, whole[rule], everything, seed)
        progress(rule)
    common = Common.fit(everything, replace(levels, least_history=least_history))
    skipped = {rule: len(found) for rule, found in whole.items() if rule not in models}
    fused = foresight(models, replace(choice.fusion, common=common))
    realised = {
        rule: (len(found), sum(before[moment.uid] <= budget for moment in found))
        for rule, found in late.items()
    }
    return Trained(fused, choice.name, choice.caught, skipped, realised, before)


def _judged(parts: Parts, rule: RuleId, levels: Levels) -> list[Moment]:
    """Later matches that the earlier history could judge: others alert whatever a model says."""
    known = Counter(moment.workload for moment in parts.early.get(rule, ()))
    return [
        moment
        for moment in parts.late.get(rule, ())
        if levels.standing(known, moment.workload).history >= levels.least_history
    ]


def _chosen(
    parts: Parts, late: History, levels: Levels, *, budget: float, seed: int
) -> tuple[Choice, dict[str, float]]:
    """The fusion that models of the earlier part choose on the later one, and its word on that."""
    pool = [moment for rule in late for moment in parts.early[rule]]
    models = {rule: fit(rule, parts.early[rule], pool, seed) for rule in late}
    choice, expected = choose(models, Common.fit(pool, levels), late, budget=budget, seed=seed)
    shares = rehearsed(choice.fusion.weights, expected, late)
    uids = (moment.uid for found in late.values() for moment in found)
    return choice, dict(zip(uids, shares.tolist(), strict=True))
