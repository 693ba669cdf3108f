"""The audit log for admins: who changed what, and whether the chain is whole."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated

import pyarrow as pa
from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from foreseen.api.export_forms import (
    EXPORTING,
    Accepted,
    Exported,
    Part,
    Time,
    export_form_of,
    streamed,
)
from foreseen.api.identity.views import NO_NUL, milliseconds
from foreseen.api.problems import documented
from foreseen.api.scopes import Administering
from foreseen.api.services import Serviced, Services
from foreseen.api.times import iso
from foreseen.control.audit_log import Entry, verify
from foreseen.control.audit_reading import Sought, entries_sought
from foreseen.core.errors import CorruptError, MalformedInputError
from foreseen.core.ids import TenantId

router = APIRouter(prefix="/api/v1/audit-log")

_Word = Annotated[str | None, Query(max_length=200, pattern=NO_NUL)]
_DIGITS = 18
_PAGE = 500


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


def _of_query(  # noqa: PLR0913 (each is a query parameter of the API)
    *,
    actor: _Word = None,
    kind: _Word = None,
    action: _Word = None,
    text: Annotated[_Word, Query(description="a part of any name")] = None,
    since: Annotated[datetime | None, Query(alias="from")] = None,
    until: datetime | None = None,
) -> Sought:
    between = milliseconds(since, "from"), milliseconds(until, "until")
    return Sought(actor, kind, action, *between, text)


_Filtered = Annotated[Sought, Depends(_of_query)]


@router.get("", responses=documented())
def list_entries(
    services: Serviced,
    grant: Administering,
    sought: _Filtered,
    *,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=100)] = None,
) -> EntriesView:
    """Changes by people, tokens and the server, newest first."""
    before = None if cursor is None else _number(cursor)
    found = entries_sought(services.control, grant.tenant, sought, before=before, limit=limit + 1)
    more = str(found[limit - 1].number) if len(found) > limit else None
    return EntriesView(entries=[_view(each) for each in found[:limit]], next=more)


@router.get("/export", response_class=StreamingResponse, responses=EXPORTING)
def export_entries(
    services: Serviced, grant: Administering, sought: _Filtered, accept: Accepted = "*/*"
) -> StreamingResponse:
    """All such entries, newest first, as NDJSON, CSV or an Arrow stream, by `Accept`.

    With `hash` of each, whoever keeps the file can tell later whether the log still says the same.
    """
    return streamed(export_form_of(accept), _ENTRIES, _pages(services, grant.tenant, sought))


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


def _row(entry: Entry) -> dict[str, object]:
    shown = _view(entry).model_dump()
    for name in ("before", "after"):
        shown[name] = None if shown[name] is None else json.dumps(shown[name])
    return {**shown, "time": entry.time}


_TEXTS = ("actor", "way", "address", "action", "kind", "name", "before", "after", "hash")
_ENTRIES: Exported[Entry] = Exported(
    "audit-log",
    pa.schema({"number": pa.int64(), "time": Time} | dict.fromkeys(_TEXTS, pa.string())),
    lambda entry: _view(entry).model_dump(),
    _row,
)


def _pages(services: Services, tenant: TenantId, sought: Sought) -> Iterator[Sequence[Part[Entry]]]:
    before = None
    while True:
        found = entries_sought(services.control, tenant, sought, before=before, limit=_PAGE)
        yield [Part(each) for each in found]
        if len(found) < _PAGE:
            return
        before = found[-1].number
