"""Saved searches: kept, listed, changed and deleted by those who hunt."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi import Path as InPath
from pydantic import BaseModel, ConfigDict, Field

from foreseen.api.etags import IfMatch, etag, needed_version
from foreseen.api.idempotency import KEYED
from foreseen.api.problems import ProblemError, documented
from foreseen.api.scopes import Hunting
from foreseen.api.services import Serviced, Services
from foreseen.control import saved_searches
from foreseen.control.saved_searches import (
    LONGEST_NAME,
    LONGEST_TEXT,
    ChangedError,
    Saved,
    SavedSearch,
    SearchKind,
    Seen,
    TakenError,
)
from foreseen.core.errors import MalformedInputError
from foreseen.lake.asking.searchbox.statement import Wanted, statement
from foreseen.lake.tables import TABLES

router = APIRouter(prefix="/api/v1/saved-searches")

Number = Annotated[int, InPath(ge=1, lt=2**63)]


class NewSavedSearch(BaseModel):
    """What is kept; `table` is for a search."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
    kind: SearchKind
    text: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]
    table: Annotated[str, Field(max_length=100)] = "events"
    shared: bool = False


class SavedSearchView(BaseModel):
    """A saved search as it stands; times are ms UTC."""

    id: int
    name: str
    kind: SearchKind
    text: str
    table: str
    shared: bool
    owner: str
    version: int
    created: int
    changed: int


class SavedSearchPage(BaseModel):
    """Some saved searches, and the cursor of the next page if there is one."""

    saved_searches: list[SavedSearchView]
    next: str | None


@router.get("", responses=documented())
def list_saved_searches(
    services: Serviced,
    grant: Hunting,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=30)] = None,
) -> SavedSearchPage:
    """The caller's own and all shared ones, oldest first."""
    after = _after(cursor)
    found = saved_searches.saved_searches(
        services.control, grant.tenant, grant.name, after=after, limit=limit + 1
    )
    page = found[:limit]
    more = str(page[-1].number) if len(found) > limit else None
    return SavedSearchPage(saved_searches=[_view(each) for each in page], next=more)


@router.post(
    "", status_code=HTTPStatus.CREATED, dependencies=[KEYED], responses=documented(409, 413)
)
def create_saved_search(
    request: Request, response: Response, services: Serviced, grant: Hunting, new: NewSavedSearch
) -> SavedSearchView:
    """Keep a search for the caller; a search that cannot be understood is refused."""
    saved = _saved(new, services)
    try:
        made = saved_searches.create(
            services.control, grant.tenant, grant.actor(request), saved, now=services.clock()
        )
    except TakenError as error:
        raise ProblemError(HTTPStatus.CONFLICT, str(error)) from error
    response.headers["Location"] = f"{router.prefix}/{made.number}"
    return _tagged(made, response)


@router.get("/{number}", responses=documented())
def get_saved_search(
    services: Serviced, grant: Hunting, number: Number, response: Response
) -> SavedSearchView:
    """One that the caller may see; its ETag is needed to change it."""
    found = saved_searches.saved_search(services.control, grant.tenant, grant.name, number)
    return _tagged(found, response)


@router.put("/{number}", responses=documented(409, 412, 428))
def change_saved_search(  # noqa: PLR0913, PLR0917 (each is a part of the request)
    request: Request,
    response: Response,
    services: Serviced,
    grant: Hunting,
    number: Number,
    new: NewSavedSearch,
    if_match: IfMatch = None,
) -> SavedSearchView:
    """Put other values into one of the caller's own."""
    seen, saved = Seen(number, needed_version(if_match)), _saved(new, services)
    actor = grant.actor(request)
    try:
        made = saved_searches.change(
            services.control, grant.tenant, actor, seen, saved, now=services.clock()
        )
    except ChangedError as error:
        raise ProblemError(HTTPStatus.PRECONDITION_FAILED, str(error)) from error
    except TakenError as error:
        raise ProblemError(HTTPStatus.CONFLICT, str(error)) from error
    return _tagged(made, response)


@router.delete("/{number}", status_code=HTTPStatus.NO_CONTENT, responses=documented(412, 428))
def delete_saved_search(
    request: Request,
    services: Serviced,
    grant: Hunting,
    number: Number,
    if_match: IfMatch = None,
) -> None:
    """Delete one of the caller's own."""
    seen, actor = Seen(number, needed_version(if_match)), grant.actor(request)
    try:
        saved_searches.delete(services.control, grant.tenant, actor, seen, now=services.clock())
    except ChangedError as error:
        raise ProblemError(HTTPStatus.PRECONDITION_FAILED, str(error)) from error


def _saved(new: NewSavedSearch, services: Services) -> Saved:
    """What is to be kept; a search has to be one that can be asked."""
    if new.table not in TABLES:
        raise MalformedInputError(f"no table '{new.table}'; there are {', '.join(TABLES)}")
    if new.kind is SearchKind.SEARCH:
        statement(new.text, Wanted(new.table), now=services.clock())
    return Saved(new.name, new.kind, new.text, new.table, new.shared)


def _after(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not cursor.isascii() or not cursor.isdecimal() or int(cursor) >= 2**63:
        raise MalformedInputError("the cursor is none that this API gave")
    return int(cursor)


def _tagged(found: SavedSearch, response: Response) -> SavedSearchView:
    response.headers["ETag"] = etag(found.version)
    return _view(found)


def _view(found: SavedSearch) -> SavedSearchView:
    saved = found.saved
    return SavedSearchView(
        id=found.number,
        name=saved.name,
        kind=saved.kind,
        text=saved.text,
        table=saved.table,
        shared=saved.shared,
        owner=found.owner,
        version=found.version,
        created=found.created,
        changed=found.changed,
    )
