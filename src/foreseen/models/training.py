"""Train every rule's model on clean history; choose the fusion on a later part of it."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from foreseen.core.crew import ALONE, Crew
from foreseen.core.ids import RuleId
from foreseen.models.choice import Choice, Trial, choose, tried
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
class Course:
    """What whoever fits models is given, once for all rules.

    Attributes:
        parts: The history.
        late: What the fusion is chosen on: matches of `parts.late` that the earlier part can judge.
        enough: Rules that get a model.
        common: What models of the earlier part share.
        seed: The same seed and history give the same models.
    """

    parts: Parts
    late: History
    enough: Sequence[RuleId]
    common: Common
    seed: int


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
    crew: Crew = ALONE,
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
        crew: Who fits the models; they are the same whoever does.
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
        crew=crew,
    )


def train_on(  # noqa: PLR0913 (as `train`)
    parts: Parts,
    *,
    budget: float,
    least_history: int,
    seed: int,
    groups: Mapping[str, str] | None = None,
    progress: Callable[[RuleId], None] = lambda _: None,
    crew: Crew = ALONE,
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
    pool = [moment for rule in late for moment in parts.early[rule]]
    course = Course(parts, late, enough, Common.fit(pool, levels), seed)
    choice, before = _chosen(course, budget, crew)
    models = _fitted(course, progress, crew)
    everything = [moment for rule in enough for moment in whole[rule]]
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


def _chosen(course: Course, budget: float, crew: Crew) -> tuple[Choice, dict[str, float]]:
    """The fusion that models of the earlier part choose on the later one, and its word on that."""
    late = course.late
    order = _largest_first(late)
    trials = dict(zip(order, crew.each(_trying, course, order), strict=True))
    choice, expected = choose([trials[rule] for rule in late], budget=budget)
    shares = rehearsed(choice.fusion.weights, expected, late)
    uids = (moment.uid for found in late.values() for moment in found)
    return choice, dict(zip(uids, shares.tolist(), strict=True))


def _fitted(
    course: Course, progress: Callable[[RuleId], None], crew: Crew
) -> dict[RuleId, RuleModel]:
    """Models of the whole history by rule, in the course's order."""
    whole = course.parts.whole()
    order = _largest_first({rule: whole[rule] for rule in course.enough})
    fitted: dict[RuleId, RuleModel] = {}
    for rule, model in zip(order, crew.each(_fitting, course, order), strict=True):
        fitted[rule] = model
        progress(rule)
    return {rule: fitted[rule] for rule in course.enough}


def _trying(course: Course) -> Callable[[RuleId], Trial]:
    """Fits a rule's model on the earlier part and tries it on the later one."""
    early, late = course.parts.early, course.late
    pool = [moment for rule in late for moment in early[rule]]
    everyone = [moment for found in late.values() for moment in found]

    def one(rule: RuleId) -> Trial:
        model = fit(rule, early[rule], pool, course.seed)
        return tried(model, course.common, late[rule], everyone, course.seed)

    return one


def _fitting(course: Course) -> Callable[[RuleId], RuleModel]:
    """Fits a rule's model on both parts."""
    whole = course.parts.whole()
    everything = [moment for rule in course.enough for moment in whole[rule]]
    return lambda rule: fit(rule, whole[rule], everything, course.seed)


def _largest_first(history: History) -> list[RuleId]:
    """Rules in the order in which they are best dealt out: no long one is left for the end."""
    return sorted(history, key=lambda rule: (-len(history[rule]), rule))
