"""What a call on many alerts takes and tells."""

from typing import Annotated

from pydantic import BaseModel, Field, model_validator

from foreseen.api.alert_filters import FilterBody
from foreseen.api.alerts import AlertChange
from foreseen.api.times import iso
from foreseen.control.alert_bulk import Done, Outcome
from foreseen.control.bulk_reading import Bulk
from foreseen.control.reasons import Verdict

MOST = 10_000
"""Alerts of one call."""

_Uid = Annotated[str, Field(min_length=1, max_length=200)]


class BulkBody(AlertChange):
    """What shall become of which alerts: those of `uids`, or the newest that `filter` finds.

    Attributes:
        uids: Alerts by uid.
        filter: Instead: as the list of alerts is filtered.
        limit: Most alerts that the filter may choose.
        verdict: Dismissed or escalated, with its reason, and `text` for `other`.
        dry_run: Tell how many it would be, and change nothing.
    """

    uids: Annotated[list[_Uid], Field(min_length=1, max_length=MOST)] | None = None
    filter: FilterBody | None = None
    limit: Annotated[int, Field(ge=1, le=MOST)] = 1_000
    verdict: Verdict | None = None
    reason: Annotated[str | None, Field(max_length=100)] = None
    dry_run: bool = False

    @model_validator(mode="after")
    def _is_one_thing(self) -> "BulkBody":
        if (self.uids is None) == (self.filter is None):
            raise ValueError("name either uids or filter")
        changes = {"status", "assignee", "resolved"} & self.model_fields_set
        if (self.verdict is None) != (self.reason is None):
            raise ValueError("a verdict needs a reason, and a reason a verdict")
        if bool(changes) == (self.verdict is not None):
            raise ValueError("name what shall change, or a verdict, and not both")
        return self


class ReceiptView(BaseModel):
    """What became of one alert.

    Attributes:
        outcome: `unchanged`: it was so already; `skipped`: it could not be, for the reason.
        version: Its version now, where it was changed.
        disposition: The number of the word on it.
        receipt: What the word moves, where that could be told.
    """

    uid: str
    outcome: Outcome
    reason: str | None = None
    version: int | None = None
    disposition: int | None = None
    receipt: dict[str, object] | None = None


class BulkResult(BaseModel):
    """What became of all of them.

    Attributes:
        id: For undoing it; null where nothing was to be changed.
        matched: How many alerts the filter finds, or how many of the uids there are.
        chosen: How many of them this call is about.
        receipts: One for each chosen alert; none when it was only tried.
    """

    id: str | None
    matched: int
    chosen: int
    changed: int
    unchanged: int
    skipped: int
    receipts: list[ReceiptView]


class BulkView(BaseModel):
    """A word on many alerts; `alerts` is how many it changed."""

    id: str
    actor: str
    created: str | None
    asked: dict[str, object]
    alerts: int
    undone: str | None
    undone_by: str | None


class BulkPage(BaseModel):
    """Some words on many alerts, and the cursor of the next page if there is one."""

    bulks: list[BulkView]
    next: str | None


def asked_of(body: BulkBody) -> dict[str, object]:
    """For the record; of uids their number, each alert has its own entry."""
    asked: dict[str, object] = body.model_dump(
        mode="json", by_alias=True, exclude_unset=True, exclude={"uids"}
    )
    return asked if body.uids is None else {**asked, "uids": len(body.uids)}


def result_of(
    id_: str | None, matched: int, chosen: int, receipts: list[ReceiptView]
) -> BulkResult:
    """All of it, counted."""
    outcomes = [each.outcome for each in receipts]
    return BulkResult(
        id=id_,
        matched=matched,
        chosen=chosen,
        changed=outcomes.count(Outcome.CHANGED),
        unchanged=outcomes.count(Outcome.UNCHANGED),
        skipped=outcomes.count(Outcome.SKIPPED),
        receipts=receipts,
    )


def receipt_of(done: Done) -> ReceiptView:
    """What became of an alert."""
    return ReceiptView(uid=done.uid, outcome=done.outcome, reason=done.reason, version=done.version)


def view_of(found: Bulk) -> BulkView:
    """As a reader sees it."""
    return BulkView(
        id=found.id,
        actor=found.actor,
        created=iso(found.created),
        asked=found.asked,
        alerts=found.alerts,
        undone=iso(found.undone),
        undone_by=found.undone_by,
    )
