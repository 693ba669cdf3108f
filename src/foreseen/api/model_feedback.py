"""Feedback on a rule's model: dispositions of its alerts, answers on what it silenced."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter
from fastapi import Path as InPath
from pydantic import BaseModel, Field, TypeAdapter

from foreseen.api.cursors import Cursor, Limit, cursor_of, place_of
from foreseen.api.problems import documented
from foreseen.api.scopes import Reading
from foreseen.api.services import Serviced
from foreseen.api.times import iso
from foreseen.control import model_versions, rule_feedback
from foreseen.control.audit_sample import Finding
from foreseen.control.model_versions import Version
from foreseen.control.reasons import TEACHES_NOTHING, Verdict
from foreseen.control.rule_feedback import OnAlert, OnMatch
from foreseen.core.ids import RuleId

router = APIRouter(prefix="/api/v1/models/{rule}")

Rule = Annotated[str, InPath(min_length=1, max_length=200)]
_PLACE: TypeAdapter[tuple[int]] = TypeAdapter(tuple[Annotated[int, Field(ge=1, lt=2**63)]])


class OnAlertView(BaseModel):
    """What a person said of an alert.

    Attributes:
        second: The second person who stands for it, where there is one.
        undone: When it was taken back; null while it stands.
        matches: How many matches the alert had then.
        teaches: Whether the alert's matches count as expected by it; else they never teach.
        version: The first version that was trained after it was said and before it was taken back;
            null: there is none yet.
        receipt: What it was told to move then; null where that could not be told.
    """

    number: int
    alert: str
    title: str
    actor: str
    second: str | None
    verdict: Verdict
    reason: str
    text: str
    time: str | None
    undone: str | None
    undone_by: str | None
    matches: int | None
    teaches: bool
    version: int | None
    receipt: dict[str, object] | None


class OnAlertPage(BaseModel):
    """Some dispositions, newest first, and the cursor of the next page if there is one."""

    dispositions: list[OnAlertView]
    next: str | None


class OnMatchView(BaseModel):
    """What a person said of a suppressed match that was drawn.

    Attributes:
        finding: `wanted`: nothing around it may teach a model; `unneeded`: it may.
        version: The first version that was trained after it; null: there is none yet.
    """

    number: int
    match: str
    actor: str
    finding: Finding
    text: str
    time: str | None
    version: int | None


class OnMatchPage(BaseModel):
    """Some answers, newest first, and the cursor of the next page if there is one."""

    answers: list[OnMatchView]
    next: str | None


@router.get("/dispositions", responses=documented())
def list_model_dispositions(
    services: Serviced, grant: Reading, rule: Rule, limit: Limit = 50, cursor: Cursor = None
) -> OnAlertPage:
    """What people said of the rule's alerts, with receipts, and which training came after it."""
    control, tenant = services.control, grant.tenant
    found = rule_feedback.on_alerts(
        control, tenant, RuleId(rule), before=_before(cursor), limit=limit + 1
    )
    versions = model_versions.versions(control, tenant) if found else []
    shown = [_on_alert(each, versions) for each in found[:limit]]
    return OnAlertPage(dispositions=shown, next=_next(found, limit))


@router.get("/audit-answers", responses=documented())
def list_model_audit_answers(
    services: Serviced, grant: Reading, rule: Rule, limit: Limit = 50, cursor: Cursor = None
) -> OnMatchPage:
    """What people said of matches that the rule's model suppressed and the audit drew."""
    control, tenant = services.control, grant.tenant
    found = rule_feedback.on_matches(
        control, tenant, RuleId(rule), before=_before(cursor), limit=limit + 1
    )
    versions = model_versions.versions(control, tenant) if found else []
    shown = [_on_match(each, versions) for each in found[:limit]]
    return OnMatchPage(answers=shown, next=_next(found, limit))


def _on_alert(each: OnAlert, versions: Sequence[Version]) -> OnAlertView:
    said = each.said
    return OnAlertView(
        number=each.number,
        alert=said.alert,
        title=each.title,
        actor=said.actor,
        second=said.second,
        verdict=said.verdict,
        reason=said.reason,
        text=said.text,
        time=iso(said.time),
        undone=iso(said.undone),
        undone_by=said.undone_by,
        matches=said.matches,
        teaches=said.verdict is Verdict.DISMISSED and said.reason not in TEACHES_NOTHING,
        version=_trained_in(versions, said.time, said.undone),
        receipt=said.receipt,
    )


def _on_match(each: OnMatch, versions: Sequence[Version]) -> OnMatchView:
    return OnMatchView(
        number=each.number,
        match=each.said.match,
        actor=each.said.actor,
        finding=each.said.finding,
        text=each.said.text,
        time=iso(each.said.time),
        version=_trained_in(versions, each.said.time, None),
    )


def _trained_in(versions: Sequence[Version], since: int, until: int | None) -> int | None:
    """The first version that was ordered in a time."""
    found = (
        each.number
        for each in versions
        if each.time > since and (until is None or each.time < until)
    )
    return min(found, default=None)


def _next(found: Sequence[OnAlert | OnMatch], limit: int) -> str | None:
    return cursor_of((found[limit - 1].number,)) if len(found) > limit else None


def _before(cursor: str | None) -> int | None:
    place = place_of(_PLACE, cursor)
    return place[0] if place else None
