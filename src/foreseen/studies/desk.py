"""Where a person's word is weighed: a tenant's stores, rules and models, and one rule's lessons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Engine

from foreseen.alerts.decide import Policy
from foreseen.control import audit_sample, taint
from foreseen.core.decisions import Stage
from foreseen.core.ids import RuleId, TenantId
from foreseen.lake.lake import Lake
from foreseen.models.foresight import Foresight
from foreseen.models.moments.moment import Moment
from foreseen.rules import RuleSet
from foreseen.studies.anchor import together
from foreseen.studies.history import Evidence, lessons_of
from foreseen.studies.relabelled import still_matching

Lessons = Sequence[Moment]

DAYS = 30
"""Days of retained matches that are judged, unless the caller says otherwise."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where changes are weighed.

    Attributes:
        tenant: Organisation.
        lake: Its matches and predictions.
        engine: Its dispositions.
        rules: Rules in use.
        models: Its models of what people accepted: what taught itself since cannot silence more.
            None before the first training.
        policy: What their predictions are held to.
        accepted_until: End of the history that a person accepted, ms UTC.
        seed: As in the last training.
        stages: How far each model is trusted; a rule that is not named may suppress.
        days: How many of the last days of retained matches are judged.
    """

    tenant: TenantId
    lake: Lake
    engine: Engine
    rules: RuleSet
    models: Foresight | None
    policy: Policy
    accepted_until: int = 0
    seed: int = 0
    stages: Mapping[RuleId, Stage] = field(default_factory=dict)
    days: int = DAYS


def matches_of_rule(desk: Desk, rule: RuleId) -> pa.Table:
    """All retained matches of a rule, without those that an edit of it excludes."""
    own = (pc.field("tenant") == desk.tenant) & (pc.field("rule_id") == rule)
    return still_matching(desk.lake.read("matches", None, own), desk.rules)


def evidence_of(desk: Desk) -> Evidence:
    """What people said of matches; what no person has spoken of is not asked."""
    hits = audit_sample.audit_hits(desk.engine, desk.tenant)
    return Evidence(
        accepted_until=desk.accepted_until,
        dismissed=taint.dismissed(desk.engine, desk.tenant),
        tainted=taint.tainted(desk.engine, desk.tenant) | hits,
    )


def spoken(rows: pa.Table, rule: RuleId, evidence: Evidence) -> list[Moment]:
    """Matches of a rule that people accepted or dismissed, in order of time."""
    lessons = lessons_of(rows, evidence, {rule}, 0)
    return together(lessons.accepted, lessons.dismissed).get(rule, [])
