"""What changes between two versions of the models: matches and attack replays that change sides."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow.compute as pc

from foreseen.alerts.decide import Policy
from foreseen.core.ids import RuleId, TenantId
from foreseen.lake.lake import Lake
from foreseen.models.foresight import Foresight
from foreseen.models.moments.moment import Moment, moments_of
from foreseen.rules import RuleSet
from foreseen.schema.arrow import integers, texts
from foreseen.studies.replays.chain import Replay, Use
from foreseen.studies.replays.recall import Recall, recall_on
from foreseen.studies.replays.replay import replays_under
from foreseen.studies.replays.transplant import transplants
from foreseen.studies.settling import terms_of
from foreseen.studies.words import silent

MOST = 20_000
"""Matches that are compared at most, the latest."""

EXAMPLES = 3
PLACEMENTS = 2


@dataclass(frozen=True, slots=True)
class Example:
    """One match that changes sides."""

    uid: str
    time: int
    workload: str
    act: str
    parent: str


@dataclass(frozen=True, slots=True)
class Changed:
    """What changes for one rule.

    Attributes:
        rule: Its id.
        matches: Retained matches that were compared.
        before: How many of them the first version would suppress.
        after: How many the second one would.
        silenced: Those that alerted and would be suppressed.
        told: Those that were suppressed and would alert.
        examples: Some of those that would be silenced, else of those that would be told.
    """

    rule: RuleId
    matches: int
    before: int
    after: int
    silenced: int
    told: int
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions side by side, as if all their models may suppress.

    Attributes:
        rules: Rule by rule, the one with most changes first.
        matches: Retained matches that were compared.
        before: Recall of the first version on gate replays.
        after: Recall of the second one, on the same.
        lost: Chains that the first one catches and the second one does not.
        won: The other way round.
    """

    rules: tuple[Changed, ...]
    matches: int
    before: Recall
    after: Recall
    lost: tuple[str, ...]
    won: tuple[str, ...]


def compared(
    lake: Lake,
    tenant: TenantId,
    rules: RuleSet,
    pair: tuple[Foresight, Foresight],
    policy: Policy,
) -> Comparison:
    """What changes from the first version to the second.

    Args:
        lake: Where retained matches are.
        tenant: Whose.
        rules: Rules in use.
        pair: The models of both versions.
        policy: What predictions of both are held to.
    """
    retained = retained_matches(lake, tenant, {rule.id for rule in rules.rules if rule.foresee})
    sides = [_silent(each, retained, policy) for each in pair]
    found = (_changed(rule, own, sides) for rule, own in retained.items())
    replays = transplants(replays_under(rules, Use.GATE), retained, PLACEMENTS).replays
    before, after = _recalls(pair, replays, rules, policy)
    return Comparison(
        rules=tuple(sorted(found, key=lambda c: (-(c.silenced + c.told), c.rule))),
        matches=sum(map(len, retained.values())),
        before=before,
        after=after,
        lost=tuple(sorted(set(after.lost) - set(before.lost))),
        won=tuple(sorted(set(before.lost) - set(after.lost))),
    )


def retained_matches(
    lake: Lake, tenant: TenantId, marked: set[RuleId]
) -> dict[RuleId, list[Moment]]:
    """The latest retained matches by rule, in order of time."""
    own = pc.field("tenant") == tenant
    times = sorted(integers(lake.read("matches", ["time"], own), "time"))
    since = times[-MOST] if len(times) > MOST else 0
    table = lake.read("matches", None, own & (pc.field("time") >= since))
    rows = [row for row, rule in enumerate(texts(table, "rule_id")) if rule in marked]
    found: dict[RuleId, list[Moment]] = {}
    for moment in sorted(moments_of(table, rows=rows), key=lambda m: (m.time, m.uid)):
        found.setdefault(RuleId(moment.rule), []).append(moment)
    return dict(sorted(found.items()))


def _silent(
    foresight: Foresight, matches: Mapping[RuleId, Sequence[Moment]], policy: Policy
) -> set[str]:
    found = silent(foresight, matches, policy)
    return {moment.uid for moments in found.values() for moment in moments}


def _changed(rule: RuleId, own: Sequence[Moment], sides: Sequence[set[str]]) -> Changed:
    before, after = sides
    counts = Counter((moment.uid in before, moment.uid in after) for moment in own)
    silenced = [m for m in own if m.uid in after and m.uid not in before]
    told = [m for m in own if m.uid in before and m.uid not in after]
    examples = tuple(
        Example(m.uid, m.time, m.workload, m.act.exact, m.parent)
        for m in (silenced or told)[-EXAMPLES:][::-1]
    )
    return Changed(
        rule=rule,
        matches=len(own),
        before=counts[True, True] + len(told),
        after=counts[True, True] + len(silenced),
        silenced=len(silenced),
        told=len(told),
        examples=examples,
    )


def _recalls(
    pair: Sequence[Foresight], replays: Sequence[Replay], rules: RuleSet, policy: Policy
) -> list[Recall]:
    terms = terms_of(rules, policy)
    return [recall_on(each, replays, terms)[None] for each in pair]
