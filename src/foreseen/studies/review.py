"""Look at the models in use: what speaks against one sends it back, agreement lets it suppress."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Engine

from foreseen.alerts.decide import Policy
from foreseen.control import audit_sample, model_stages, model_versions, taint
from foreseen.control.model_stages import Cause, Placed
from foreseen.core.decisions import Stage
from foreseen.core.ids import RuleId, TenantId
from foreseen.lake.lake import Lake
from foreseen.models.explaining.phrases import several, span
from foreseen.models.moments.moment import moments_of
from foreseen.studies.drift import Limits, Recent, objection, unknown_share
from foreseen.studies.gates import Bars
from foreseen.studies.stored import Stored

REVIEW = "review"
"""Author of what it decides."""

_COLUMNS = ["match_uid", "rule_id", "time", "probability", "model"]
_SAMPLE = 1_000
"""Matches of a rule, the latest, whose tokens and windows are looked at."""


@dataclass(frozen=True, slots=True)
class Reviewer:
    """What the review asks for.

    Attributes:
        policy: What predictions are held to.
        now: Time that periods are measured to, ms UTC.
        bars: How long a model assists, and on how many matches.
        limits: What is too much.
    """

    policy: Policy
    now: int
    bars: Bars = field(default_factory=Bars)
    limits: Limits = field(default_factory=Limits)

    @property
    def since(self) -> int:
        """Where the days begin that it looks at, ms UTC."""
        return self.now - self.bars.agreement - _DAY


@dataclass(slots=True)
class _Judged:
    """What became of one rule's matches lately.

    Attributes:
        uids: Those that the model in use has judged, each once, oldest first.
        doubted: Those of them that it did not expect.
        expected: Those that it, or a model of the rule before it, expected, told or not.
        times: When matches were that any of them judged, ms UTC.
    """

    uids: dict[str, None] = field(default_factory=dict)
    doubted: set[str] = field(default_factory=set)
    expected: set[str] = field(default_factory=set)
    times: list[int] = field(default_factory=list)


_ByRule = dict[RuleId, _Judged]


@dataclass(frozen=True, slots=True)
class _Said:
    """What people and earlier reviews said.

    Attributes:
        history: Every placement, newest first.
        missed: Matches that were escalated, or that a person wanted to see.
        alerts: Alert of each match that is in one.
        unknown: Share of unknown tokens when the models learned, by rule.
    """

    history: Sequence[Placed]
    missed: frozenset[str]
    alerts: Mapping[str, str]
    unknown: Mapping[str, float]


def review(
    lake: Lake, engine: Engine, tenant: TenantId, used: Stored, reviewer: Reviewer
) -> list[Placed]:
    """Place models anew where what came of them asks for it; returns what was changed.

    A model that may assist or suppress goes back to observing on drift, on a match that it expected
    and a person escalated or missed, and when telemetry is missing. One that has assisted for as
    long as asked, and against which nothing speaks, may suppress.

    Args:
        lake: Predictions and matches.
        engine: The control database.
        tenant: Whose.
        used: The models in use, with their stages.
        reviewer: What it asks for.
    """
    last = model_stages.placements(engine, tenant)
    trusted = [rule for rule, stage in used.stages.items() if stage is not Stage.OBSERVE]
    judged, said = _judged(lake, tenant, used, reviewer), _said(engine, tenant, used)
    changes: list[Placed] = []
    for rule in trusted:
        own = judged.get(rule, _Judged())
        recent = _recent(lake, used, rule, own, said)
        why = objection(recent, reviewer.policy.budget, reviewer.limits)
        now = replace(last[rule], author=REVIEW, time=reviewer.now, evidence=recent.missed)
        if why:
            changes.append(replace(now, stage=Stage.OBSERVE, cause=Cause.REVIEWED, reason=why))
        elif used.stages[rule] is Stage.ASSIST and (why := _agreement(rule, own, said, reviewer)):
            changes.append(replace(now, stage=Stage.SUPPRESS, cause=Cause.AGREED, reason=why))
    if changes:
        model_stages.place(engine, tenant, changes)
    return changes


def looked_at(
    lake: Lake, engine: Engine, tenant: TenantId, used: Stored, reviewer: Reviewer
) -> dict[RuleId, Recent]:
    """What came lately of the matches of every model in use: what a review goes by."""
    judged, said = _judged(lake, tenant, used, reviewer), _said(engine, tenant, used)
    return {
        rule: _recent(lake, used, rule, judged.get(rule, _Judged()), said)
        for rule in sorted(used.foresight.models)
    }


def _judged(lake: Lake, tenant: TenantId, used: Stored, reviewer: Reviewer) -> _ByRule:
    """What models said lately; of a match that was judged more than once the last word."""
    own = (pc.field("tenant") == tenant) & (pc.field("time") >= reviewer.since)
    rows = lake.read("predictions", _COLUMNS, own & ~pc.field("model").is_null())
    found: dict[RuleId, _Judged] = {}
    for row in rows.sort_by("time").to_pylist():
        rule, uid = RuleId(row["rule_id"]), row["match_uid"]
        judged = found.setdefault(rule, _Judged())
        doubts = not (row["probability"] or 0.0) > reviewer.policy.budget
        (judged.expected.discard if doubts else judged.expected.add)(uid)
        judged.times.append(row["time"])
        if row["model"] == used.foresight.hashes.get(rule):
            judged.uids.pop(uid, None)
            judged.uids[uid] = None
            (judged.doubted.add if doubts else judged.doubted.discard)(uid)
    return found


def _said(engine: Engine, tenant: TenantId, used: Stored) -> _Said:
    told = model_versions.version(engine, tenant, used.version).report.get("unknown")
    return _Said(
        history=model_stages.history(engine, tenant),
        missed=taint.escalated(engine, tenant) | audit_sample.audit_hits(engine, tenant),
        alerts=taint.alert_of(engine, tenant),
        unknown=told if isinstance(told, dict) else {},
    )


def _recent(lake: Lake, used: Stored, rule: RuleId, own: _Judged, said: _Said) -> Recent:
    """What came of the rule's matches; like matches that became one alert count once."""
    known = {
        uid
        for placed in said.history
        if placed.rule == rule and placed.cause is Cause.REVIEWED
        for uid in placed.evidence
    }
    missed = sorted(uid for uid in own.expected if uid in said.missed and uid not in known)
    latest = list(own.uids)[-_SAMPLE:]
    rows = lake.read("matches", None, pc.field("match_uid").isin(pa.array(latest, pa.string())))
    whole = rows.column("window_complete").to_pylist()
    return Recent(
        judged=len(own.uids),
        alerts=len({said.alerts.get(uid, uid) for uid in own.doubted}),
        incomplete=round(sum(each is not True for each in whole) * _scale(own, latest)),
        unknown=unknown_share(used.foresight.models[rule], moments_of(rows)),
        unknown_before=float(said.unknown.get(rule, 0.0)),
        missed=tuple(missed),
    )


def _scale(own: _Judged, latest: Sequence[str]) -> float:
    """How many judged matches one of the sample stands for."""
    return len(own.uids) / len(latest) if latest else 0.0


def _agreement(rule: RuleId, own: _Judged, said: _Said, reviewer: Reviewer) -> str | None:
    """Why a model that assists may suppress; None while it has not assisted for long enough."""
    since = reviewer.now
    for placed in (each for each in said.history if each.rule == rule):
        if placed.stage is not Stage.ASSIST:
            break
        since = placed.time
    judged = sum(time >= since for time in own.times)
    enough = judged >= reviewer.bars.least_judged
    if reviewer.now - since < reviewer.bars.agreement or not enough:
        return None
    return (
        f"It assisted for {span(reviewer.now - since)} and"
        f" {several(judged, 'match', 'matches')}; it expected {len(own.expected):,} lately, and no"
        " person escalated one of these."
    )


_DAY = 24 * 60 * 60 * 1000
