"""Rules changed: local ones put and removed, any tuned or disabled, and all of it undone."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from foreseen.api.cursors import Cursor, Limit
from foreseen.api.etags import IfMatch
from foreseen.api.faults import Fault, faults_of, refuse
from foreseen.api.problems import ProblemError, documented
from foreseen.api.rule_checks import Text
from foreseen.api.rule_views import text_tag
from foreseen.api.rules import RuleName
from foreseen.api.scopes import Engineering, Reading
from foreseen.api.services import Serviced, Services
from foreseen.api.suppression_changes import Restored, Why
from foreseen.api.suppressions import DiffView, Number, VersionPage, versions_page
from foreseen.api.workplaces import book_for, one_at_a_time
from foreseen.control import documents
from foreseen.control.documents import DocumentKind
from foreseen.control.grants import Grant
from foreseen.core.errors import NotFoundError
from foreseen.runners.rules import editing
from foreseen.runners.rules.editing import Keeper, Place, place_of_rule, place_of_tuning
from foreseen.runners.rules.trying import Tried

router = APIRouter(prefix="/api/v1/rules")

KIND = DocumentKind.RULE
_Value = bool | int | float | str | list[str]


class RuleText(BaseModel):
    """A rule's text, and why it is what it is."""

    model_config = ConfigDict(extra="forbid")

    text: Text
    why: Why = ""


class NewTuning(BaseModel):
    """What is to be other than a rule says; it never touches what the rule matches.

    Attributes:
        enabled: Whether the rule labels at all.
        foreseen: Overrides, as the `foreseen` of a rule's file: `model`, `severity`, ...
        why: Written into the tuning, too.
    """

    model_config = ConfigDict(extra="forbid")

    enabled: bool = True
    foreseen: Annotated[dict[str, _Value], Field(max_length=50)] = {}
    why: Why = ""


class KeptView(BaseModel):
    """What is kept now; workers take it up within seconds.

    Attributes:
        text: What the file says; null: it is gone.
        ruleset: Content hash of all rules as they will be.
        warnings: What people will miss.
    """

    text: str | None
    ruleset: str
    warnings: list[Fault]


class TuningView(BaseModel):
    """The tuning of a rule that was kept over HTTP.

    Attributes:
        text: As its file says it.
        enabled: Whether the rule labels at all.
        foreseen: What is other than the rule says.
        reason: Why, in the words of whoever tuned it.
    """

    text: str
    enabled: bool
    foreseen: dict[str, Any]
    reason: str


@router.put("/{rule}", responses=documented(409, 412, 428))
def put_rule(  # noqa: PLR0913, PLR0917 (each is a part of the request)
    request: Request,
    response: Response,
    services: Serviced,
    grant: Engineering,
    rule: RuleName,
    new: RuleText,
    if_match: IfMatch = None,
) -> KeptView:
    """Keep a local rule; wrong ones are refused with every fault, and nothing changes."""
    keeper = _keeper(request, services, grant, new.why)
    place = _seen(place_of_rule(keeper.book, rule), if_match)
    with one_at_a_time():
        found = editing.keep_rule(keeper, place, new.text)
    return _kept(response, keeper, found, new.text)


@router.delete("/{rule}", responses=documented(409, 412, 428))
def delete_rule(  # noqa: PLR0913, PLR0917 (each is a part of the request)
    request: Request,
    response: Response,
    services: Serviced,
    grant: Engineering,
    rule: RuleName,
    why: Annotated[str, Query(max_length=1_000)] = "",
    if_match: IfMatch = None,
) -> KeptView:
    """Take a local rule away; its versions stay, and any can be restored."""
    keeper = _keeper(request, services, grant, why)
    place = _seen(place_of_rule(keeper.book, rule), if_match)
    with one_at_a_time():
        found = editing.remove(keeper, place)
    return _kept(response, keeper, found, None)


@router.post("/{rule}/restore", responses=documented(409, 412, 428))
def restore_rule(  # noqa: PLR0913, PLR0917 (each is a part of the request)
    request: Request,
    response: Response,
    services: Serviced,
    grant: Engineering,
    rule: RuleName,
    wanted: Restored,
    if_match: IfMatch = None,
) -> KeptView:
    """Put an old version of a local rule into force again: the undo of a change and of an end."""
    keeper = _keeper(request, services, grant, wanted.why)
    old = documents.document(services.control, grant.tenant, KIND, rule, wanted.version)
    place = _seen(place_of_rule(keeper.book, rule), if_match)
    with one_at_a_time():
        found = editing.keep_rule(keeper, place, old.text)
    return _kept(response, keeper, found, old.text)


@router.get("/{rule}/versions", responses=documented())
def list_rule_versions(
    services: Serviced, grant: Reading, rule: RuleName, limit: Limit = 50, cursor: Cursor = None
) -> VersionPage:
    """Versions of a local rule that were kept over HTTP, and those that it found in the folder."""
    try:
        found = documents.history(services.control, grant.tenant, KIND, rule)
    except NotFoundError:
        book_for(services, grant).rule(rule)
        found = []
    return versions_page(found, limit, cursor)


@router.get("/{rule}/diff", responses=documented())
def diff_rule(
    services: Serviced, grant: Reading, rule: RuleName, old: Number, new: Number
) -> DiffView:
    """What changed from one version to another."""
    before, after = (
        documents.document(services.control, grant.tenant, KIND, rule, each) for each in (old, new)
    )
    return DiffView(diff=documents.diff(before, after))


@router.get("/{rule}/tuning", responses=documented(409))
def get_tuning(
    services: Serviced, grant: Reading, rule: RuleName, response: Response
) -> TuningView:
    """How a rule is tuned; its ETag is needed to change that."""
    place = place_of_tuning(book_for(services, grant), rule)
    if place.text is None:
        raise NotFoundError(f"no tuning of '{rule}' was kept over HTTP")
    response.headers["ETag"] = text_tag(place.text)
    return TuningView.model_validate({**editing.tuning_said(place), "text": place.text})


@router.put("/{rule}/tuning", responses=documented(409, 412, 428))
def put_tuning(  # noqa: PLR0913, PLR0917 (each is a part of the request)
    request: Request,
    response: Response,
    services: Serviced,
    grant: Engineering,
    rule: RuleName,
    new: NewTuning,
    if_match: IfMatch = None,
) -> KeptView:
    """Tune any rule, or disable it (`enabled: false`); what it matches stays as its file says."""
    keeper = _keeper(request, services, grant, new.why)
    place = _seen(place_of_tuning(keeper.book, rule), if_match)
    said: dict[str, object] = {"enabled": new.enabled}
    said |= {"foreseen": dict(new.foreseen)} if new.foreseen else {}
    text = editing.tuning_text(rule, said | ({"reason": new.why} if new.why else {}))
    with one_at_a_time():
        found = editing.keep_tuning(keeper, place, text)
    return _kept(response, keeper, found, text)


@router.delete("/{rule}/tuning", responses=documented(409, 412, 428))
def delete_tuning(  # noqa: PLR0913, PLR0917 (each is a part of the request)
    request: Request,
    response: Response,
    services: Serviced,
    grant: Engineering,
    rule: RuleName,
    why: Annotated[str, Query(max_length=1_000)] = "",
    if_match: IfMatch = None,
) -> KeptView:
    """Let a rule be as its file says."""
    keeper = _keeper(request, services, grant, why)
    place = _seen(place_of_tuning(keeper.book, rule), if_match)
    with one_at_a_time():
        found = editing.remove(keeper, place)
    return _kept(response, keeper, found, None)


def _keeper(request: Request, services: Services, grant: Grant, why: str) -> Keeper:
    book, actor = book_for(services, grant), grant.actor(request)
    return Keeper(book, services.control, grant.tenant, actor, why, services.clock())


def _seen(place: Place, if_match: str | None) -> Place:
    """The place, if the caller saw what is there.

    Raises:
        ProblemError: 428, they do not say; 412, it is something else now, or nothing.
    """
    if if_match is None and place.text is not None:
        raise ProblemError(
            HTTPStatus.PRECONDITION_REQUIRED, "send If-Match with the ETag that you saw"
        )
    known = None if place.text is None else text_tag(place.text)
    if if_match is not None and if_match.strip() != known and (known is None or if_match != "*"):
        raise ProblemError(HTTPStatus.PRECONDITION_FAILED, "it is another text now: look again")
    return place


def _kept(response: Response, keeper: Keeper, found: Tried, text: str | None) -> KeptView:
    """What is kept; raises what `refuse` raises."""
    shown = keeper.book.shown
    refuse(faults_of(found.faults, shown))
    if text is not None:
        response.headers["ETag"] = text_tag(text)
    return KeptView(text=text, ruleset=found.rules.hash, warnings=faults_of(found.warnings, shown))
