"""The audit log for admins: who changed what, and whether the chain is whole."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from foreseen.api.identity.views import NO_NUL, milliseconds
from foreseen.api.problems import documented
from foreseen.api.scopes import Administering
from foreseen.api.services import Serviced
from foreseen.api.times import iso
from foreseen.control.audit_log import Entry, verify
from foreseen.control.audit_reading import Sought, entries_sought
from foreseen.core.errors import CorruptError, MalformedInputError

router = APIRouter(prefix="/api/v1/audit-log")

_Word = Annotated[str | None, Query(max_length=200, pattern=NO_NUL)]
_DIGITS = 18


class EntryView(BaseModel):
    """A change: who, how they came, what, before and after."""

    number: int
    time: str | None
    actor: str
    way: str
    address: str | None
    action: str
    kind: str
    name: str
    before: dict[str, object] | None
    after: dict[str, object] | None
    hash: str


class EntriesView(BaseModel):
    """Some entries, newest first, and the cursor of the next page if there is one."""

    entries: list[EntryView]
    next: str | None


class VerificationView(BaseModel):
    """Whether the chain is whole, and up to where; `problem` says what is wrong."""

    whole: bool
    entries: int | None
    hash: str | None
    problem: str | None


@router.get("", responses=documented())
def list_entries(  # noqa: PLR0913 (each is a query parameter of the API)
    services: Serviced,
    grant: Administering,
    *,
    actor: _Word = None,
    kind: _Word = None,
    action: _Word = None,
    text: _Word = None,
    since: Annotated[datetime | None, Query(alias="from")] = None,
    until: datetime | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=100)] = None,
) -> EntriesView:
    """Changes by people, tokens and the server, newest first; `text` is a part of any name."""
    between = milliseconds(since, "from"), milliseconds(until, "until")
    sought = Sought(actor, kind, action, *between, text)
    before = None if cursor is None else _number(cursor)
    found = entries_sought(services.control, grant.tenant, sought, before=before, limit=limit + 1)
    more = str(found[limit - 1].number) if len(found) > limit else None
    return EntriesView(entries=[_view(each) for each in found[:limit]], next=more)


@router.get("/verification", responses=documented())
def verify_log(services: Serviced, grant: Administering) -> VerificationView:
    """Follow the whole chain of hashes."""
    try:
        checked = verify(services.control, grant.tenant)
    except CorruptError as error:
        return VerificationView(whole=False, entries=None, hash=None, problem=str(error))
    return VerificationView(whole=True, entries=checked.entries, hash=checked.hash, problem=None)


def _number(cursor: str) -> int:
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > _DIGITS:
        raise MalformedInputError("the cursor is none that this API gave")
    return int(cursor)


def _view(entry: Entry) -> EntryView:
    actor, change = entry.actor, entry.change
    return EntryView(
        number=entry.number,
        time=iso(entry.time),
        actor=actor.name,
        way=actor.way,
        address=actor.address,
        action=change.action,
        kind=change.kind,
        name=change.name,
        before=None if change.before is None else dict(change.before),
        after=None if change.after is None else dict(change.after),
        hash=entry.hash,
    )
