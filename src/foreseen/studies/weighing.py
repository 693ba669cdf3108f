"""What a change of one rule's lessons would move: matches that change sides, attacks missed.

The rule's model is fitted twice, on its lessons as they are and as they would be, with the same
seed, beside the other models as they stand; all else is the same, so what differs is the change.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from foreseen.alerts.decide import Policy
from foreseen.control import taint
from foreseen.core.ids import RuleId
from foreseen.models.ensemble import fit
from foreseen.models.foresight import Foresight, foresight
from foreseen.models.members.common import Common
from foreseen.models.moments.moment import Moment, moments_of
from foreseen.schema.arrow import integers, texts
from foreseen.studies.desk import Desk, Lessons
from foreseen.studies.replays.chain import Replay, Use
from foreseen.studies.replays.recall import recall_on
from foreseen.studies.replays.replay import replays_under
from foreseen.studies.replays.transplant import transplanted, transplants
from foreseen.studies.settling import terms_of
from foreseen.studies.words import silent

Progress = Callable[[str, float, float], None]

EXAMPLES = 5
PLACEMENTS = 2
"""Places of each attack replay among the tenant's matches; one more beside the alert's own."""

_STEPS = 4
_DAY = 24 * 60 * 60 * 1000
_OTHERS = 10_000  # matches of other rules: where foreign parts come from, and attacks are put


@dataclass(frozen=True, slots=True)
class Example:
    """One match that changes sides: its uid, time (ms UTC), workload, what it did, from where."""

    uid: str
    time: int
    workload: str
    act: str
    parent: str


@dataclass(frozen=True, slots=True)
class Moved:
    """Matches that change sides in one direction.

    Attributes:
        matches: How many.
        by_workload: How many on each workload.
        examples: Some of them, the latest first.
    """

    matches: int = 0
    by_workload: Mapping[str, int] = field(default_factory=dict)
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True, slots=True)
class Chains:
    """Attack replays of the gate set, put among the tenant's matches.

    Attributes:
        measured: Distinct chains with matches of the rule.
        caught: Those that some model still catches after the change.
        lost: Those that one caught before and none does after.
        weaker: Those that this rule's model alone caught before and does not after.
    """

    measured: int = 0
    caught: int = 0
    lost: tuple[str, ...] = ()
    weaker: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a change moves.

    Attributes:
        judged: Retained matches of the rule that both models judged: the change's own, and those
            that neither is taught.
        to_expected: Those that alert now and would be expected.
        to_alerted: Those that are expected now and would alert.
        own: Of the matches that the change is about, how many would be expected.
        chains: Attack replays.
    """

    judged: int = 0
    to_expected: Moved = Moved()
    to_alerted: Moved = Moved()
    own: int = 0
    chains: Chains = Chains()


@dataclass(frozen=True, slots=True)
class Change:
    """Other lessons for one rule's model.

    Attributes:
        rule: The rule.
        rows: Its retained matches.
        lessons: Those that are expected as it is and as it would be, each in order of time.
        own: Uids of the matches that the change is about: they are not among the similar ones.
    """

    rule: RuleId
    rows: pa.Table
    lessons: tuple[Lessons, Lessons]
    own: frozenset[str] = frozenset()


def weigh(desk: Desk, change: Change, progress: Progress = lambda *_: None) -> Weighed:
    """What moves when one rule's model learns other lessons.

    Args:
        desk: Where to look.
        change: The lessons.
        progress: Told what is done: stage, steps done, steps in all.
    """
    models, (before, after) = desk.models, change.lessons
    if models is None or [m.uid for m in before] == [m.uid for m in after]:
        return Weighed()
    others = _others(desk, change.rule)
    pair: list[Foresight] = []
    for number, found in enumerate(change.lessons):
        progress("fitting the rule's model", number, _STEPS)
        pair.append(_taught(desk, models, change.rule, found, others))
    progress("judging retained matches", 2, _STEPS)
    judged = _retained(desk, change)
    quiet = [_quiet(each, change.rule, judged, desk.policy) for each in pair]
    similar = [m for m in judged if m.uid not in change.own]
    progress("replaying attacks", 3, _STEPS)
    chains = _chains(desk, change, (pair[0], pair[1]), others)
    progress("replaying attacks", _STEPS, _STEPS)
    return Weighed(
        judged=len(judged),
        to_expected=_moved(similar, quiet[1] - quiet[0]),
        to_alerted=_moved(similar, quiet[0] - quiet[1]),
        own=len(quiet[1] & change.own),
        chains=chains,
    )


def _others(desk: Desk, rule: RuleId) -> list[Moment]:
    """Accepted matches of other rules, spread over time."""
    wanted = (
        (pc.field("tenant") == desk.tenant)
        & (pc.field("rule_id") != rule)
        & (pc.field("time") < desk.accepted_until)
    )
    rows = desk.lake.read("matches", ["match_uid", "time"], wanted)
    tainted = taint.tainted(desk.engine, desk.tenant)
    timed = zip(integers(rows, "time"), texts(rows, "match_uid"), strict=True)
    found = [uid for _, uid in sorted(timed) if uid not in tainted]
    places = np.linspace(0, len(found) - 1, min(_OTHERS, len(found))).astype(int)
    uids = pa.array(sorted({found[place] for place in places}), pa.string())
    own = pc.field("tenant") == desk.tenant
    return moments_of(desk.lake.read("matches", None, own & pc.field("match_uid").isin(uids)))


def _taught(
    desk: Desk, models: Foresight, rule: RuleId, lessons: Lessons, others: Lessons
) -> Foresight:
    """The models with one rule's fitted anew, if its lessons are enough, and what all share.

    The calibration stays: it comes from the accepted time, which no word changes.
    """
    kept = {name: model for name, model in models.models.items() if name != rule}
    everything = [*others, *lessons]
    if len(lessons) >= desk.policy.least_history:
        kept[rule] = fit(rule, lessons, everything, desk.seed)
    common = Common.fit(everything, models.fusion.common.levels)
    return foresight(kept, replace(models.fusion, common=common))


def _retained(desk: Desk, change: Change) -> list[Moment]:
    """Retained matches but those that both models are taught: of them they know too much."""
    latest = max(integers(change.rows, "time"), default=0)
    recent = change.rows.filter(pc.field("time") >= latest - desk.days * _DAY)
    before, after = ({moment.uid for moment in found} for found in change.lessons)
    taught = (before & after) - change.own
    return [moment for moment in moments_of(recent) if moment.uid not in taught]


def _quiet(models: Foresight, rule: RuleId, judged: Lessons, policy: Policy) -> set[str]:
    return {moment.uid for moment in silent(models, {rule: judged}, policy)[rule]}


def _moved(similar: Lessons, uids: Collection[str]) -> Moved:
    found = sorted((m for m in similar if m.uid in uids), key=lambda m: (-m.time, m.uid))
    counts = Counter(moment.workload for moment in found)
    examples = tuple(
        Example(m.uid, m.time, m.workload, m.act.exact, m.parent) for m in found[:EXAMPLES]
    )
    return Moved(len(found), dict(counts.most_common()), examples)


def _chains(
    desk: Desk, change: Change, pair: tuple[Foresight, Foresight], others: Lessons
) -> Chains:
    """On the terms of the gates: as if all models may suppress, and nothing is hidden by hand."""
    runs = [
        run
        for run in replays_under(desk.rules, Use.GATE)
        if any(moment.rule == change.rule for moment in run.moments)
    ]
    placed, terms = _placed(runs, change, others), terms_of(desk.rules, desk.policy)
    before, after = (recall_on(models, placed, terms) for models in pair)
    lost, weaker = (
        tuple(sorted(set(after[name].lost) - set(before[name].lost))) if name in after else ()
        for name in (None, change.rule)
    )
    return Chains(after[None].chains, after[None].caught, lost, weaker)


def _placed(runs: Sequence[Replay], change: Change, others: Lessons) -> list[Replay]:
    """Runs among all that is expected, and in the surroundings of exactly what the change adds."""
    ground: dict[RuleId, list[Moment]] = {}
    for moment in others:
        ground.setdefault(RuleId(moment.rule), []).append(moment)
    before, after = change.lessons
    ground[change.rule] = list({m.uid: m for m in (*before, *after)}.values())
    placed = list(transplants(runs, ground, PLACEMENTS).replays)
    known = {moment.uid for moment in before}
    if added := [moment for moment in after if moment.uid not in known]:
        there = {**ground, change.rule: added}
        found = (transplanted(run, there, PLACEMENTS) for run in runs)
        placed += [run for run in found if run]
    return placed
