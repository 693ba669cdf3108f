"""Suppressions by hand: listed, shown, with every version that was."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi import Path as InPath
from pydantic import BaseModel, Field, TypeAdapter

from foreseen.api.cursors import Cursor, Limit, cursor_of, place_of
from foreseen.api.etags import etag
from foreseen.api.problems import documented
from foreseen.api.scopes import Reading
from foreseen.api.services import Serviced, Services
from foreseen.api.times import iso
from foreseen.api.workplaces import book_for
from foreseen.control import documents
from foreseen.control.documents import DocumentKind, Version
from foreseen.control.grants import Grant
from foreseen.runners.rules.suppression_desk import Standing, standing_of

router = APIRouter(prefix="/api/v1/suppressions")

KIND = DocumentKind.SUPPRESSION
SuppressionName = Annotated[str, InPath(min_length=1, max_length=200)]
Number = Annotated[int, Query(ge=1, lt=2**31)]
_PLACE: TypeAdapter[tuple[str]] = TypeAdapter(tuple[Annotated[str, Field(max_length=500)]])


class SuppressionView(BaseModel):
    """A suppression and whether it is in force.

    Attributes:
        version: Grows with each change; the ETag.
        state: `active`, `retired`: somebody ended it, `expired`, or `refused`: it is not sound
            beside the rules in use and hides nothing.
        problem: Why it is refused.
        rules: Names or ids of rules; empty for any.
        owner: Who answers for it.
        reason: Why these matches need nobody's attention.
        expires: From when on it hides nothing.
        author: Who made this version, and `changed` when, and `why`.
    """

    id: str
    version: int
    state: str
    problem: str | None
    title: str
    rules: list[str]
    owner: str
    reason: str
    created: str | None
    expires: str | None
    text: str
    author: str
    changed: str | None
    why: str


class SuppressionPage(BaseModel):
    """Some suppressions, and the cursor of the next page if there is one."""

    suppressions: list[SuppressionView]
    next: str | None


class VersionView(BaseModel):
    """One version of a text that people keep; it never changes."""

    version: int
    state: str
    text: str
    author: str
    time: str | None
    why: str


class VersionPage(BaseModel):
    """Versions, the newest first, and the cursor of the next page if there is one."""

    versions: list[VersionView]
    next: str | None


class DiffView(BaseModel):
    """What changed in a text, as a unified diff; empty where nothing did."""

    diff: str


@router.get("", responses=documented())
def list_suppressions(
    services: Serviced,
    grant: Reading,
    retired: Annotated[bool, Query(description="those that were ended, too")] = False,  # noqa: FBT002 (a query parameter)
    limit: Limit = 50,
    cursor: Cursor = None,
) -> SuppressionPage:
    """Suppressions of the caller's organisation, in the order of their ids."""
    rules, place = book_for(services, grant).current(), place_of(_PLACE, cursor)
    found = documents.documents(services.control, grant.tenant, KIND, retired=retired)
    left = sorted(
        (each for each in found if place is None or each.name > place[0]),
        key=lambda each: each.name,
    )
    more = cursor_of((left[limit - 1].name,)) if len(left) > limit else None
    shown = [view(standing_of(each, rules, now=services.clock())) for each in left[:limit]]
    return SuppressionPage(suppressions=shown, next=more)


@router.get("/{name}", responses=documented())
def get_suppression(
    services: Serviced, grant: Reading, name: SuppressionName, response: Response
) -> SuppressionView:
    """One suppression; its ETag is needed to change it."""
    return tagged(services, grant, name, response)


@router.get("/{name}/versions", responses=documented())
def list_suppression_versions(
    services: Serviced,
    grant: Reading,
    name: SuppressionName,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> VersionPage:
    """Every version that was: who made it, when and why."""
    found = documents.history(services.control, grant.tenant, KIND, name)
    return versions_page(found, limit, cursor)


@router.get("/{name}/diff", responses=documented())
def diff_suppression(
    services: Serviced, grant: Reading, name: SuppressionName, old: Number, new: Number
) -> DiffView:
    """What changed from one version to another."""
    before, after = (
        documents.document(services.control, grant.tenant, KIND, name, each) for each in (old, new)
    )
    return DiffView(diff=documents.diff(before, after))


def tagged(services: Services, grant: Grant, name: str, response: Response) -> SuppressionView:
    """A suppression as it stands, with its ETag."""
    rules = book_for(services, grant).current()
    found = documents.document(services.control, grant.tenant, KIND, name)
    response.headers["ETag"] = etag(found.number)
    return view(standing_of(found, rules, now=services.clock()))


def view(told: Standing) -> SuppressionView:
    """As a reader sees it."""
    version, found = told.version, told.found
    return SuppressionView(
        id=version.name,
        version=version.number,
        state=told.state,
        problem=told.problem,
        title=found.title if found else "",
        rules=list(found.rules) if found else [],
        owner=found.owner if found else "",
        reason=found.reason if found else "",
        created=iso(found.created) if found else None,
        expires=iso(found.expires) if found else None,
        text=version.text,
        author=version.author,
        changed=iso(version.time),
        why=version.reason,
    )


_NUMBER: TypeAdapter[tuple[int]] = TypeAdapter(tuple[Annotated[int, Field(ge=0, lt=2**31)]])


def versions_page(found: list[Version], limit: int, cursor: str | None) -> VersionPage:
    """Some versions, the newest first."""
    place = place_of(_NUMBER, cursor)
    left = [each for each in found if place is None or each.number < place[0]]
    more = cursor_of((left[limit - 1].number,)) if len(left) > limit else None
    shown = [
        VersionView(
            version=each.number,
            state=each.state.value,
            text=each.text,
            author=each.author,
            time=iso(each.time),
            why=each.reason,
        )
        for each in left[:limit]
    ]
    return VersionPage(versions=shown, next=more)
