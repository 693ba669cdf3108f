"""Suppressions by hand: added, changed, ended, and any of that undone."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from foreseen.api.etags import IfMatch, needed_version
from foreseen.api.faults import Fault, faults_of, refuse, warn
from foreseen.api.idempotency import KEYED
from foreseen.api.problems import documented
from foreseen.api.scopes import Engineering
from foreseen.api.services import Serviced, Services
from foreseen.api.suppressions import KIND, SuppressionName, SuppressionView, tagged
from foreseen.api.workplaces import book_for, office_for, one_at_a_time
from foreseen.control import documents
from foreseen.control.audit_log import Actor
from foreseen.control.documents import Edit
from foreseen.control.grants import Grant
from foreseen.core.errors import ConflictError, MalformedInputError, StaleError
from foreseen.rules import Problem
from foreseen.rules.suppression.lint import SHARE
from foreseen.rules.suppression.suppression import Suppression
from foreseen.rules.suppression.suppressions import load_suppressions
from foreseen.runners.rules.suppression_desk import Past, one_a_file, regrets

router = APIRouter(prefix="/api/v1/suppressions")
checks = APIRouter(prefix="/api/v1/suppression-checks")

_PLACE = "suppression"
LONGEST_TEXT = 50_000
Why = Annotated[str, Field(max_length=1_000)]


class SuppressionText(BaseModel):
    """A suppression's text, to be looked at.

    Attributes:
        text: YAML, as a file has it; one suppression.
        share: Part of a rule's past matches that is too much to hide.
    """

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]
    share: Annotated[float, Field(ge=0, le=1)] = SHARE


class NewSuppression(SuppressionText):
    """A suppression to be kept.

    Attributes:
        why: For the history.
        anyway: Keep it though the linter warns.
    """

    why: Why = ""
    anyway: bool = False


class Restored(BaseModel):
    """Which version shall be in force again, and why."""

    model_config = ConfigDict(extra="forbid")

    version: Annotated[int, Field(ge=1, lt=2**31)]
    why: Why = ""


class CheckedView(BaseModel):
    """What is wrong with a text, by line.

    Attributes:
        faults: With these it is refused.
        warnings: With these it is kept only `anyway`.
    """

    faults: list[Fault]
    warnings: list[Fault]


@dataclass(frozen=True, slots=True)
class _Checked:
    found: tuple[Suppression, ...]
    faults: list[Fault]
    warnings: list[Fault]


@checks.post("", responses=documented())
def check_suppression(services: Serviced, grant: Engineering, new: SuppressionText) -> CheckedView:
    """Say what is wrong with a suppression, on past matches too; nothing is kept."""
    told = _checked(services, grant, new)
    return CheckedView(faults=told.faults, warnings=told.warnings)


@router.post(
    "", status_code=HTTPStatus.CREATED, dependencies=[KEYED], responses=documented(409, 413)
)
def create_suppression(
    request: Request,
    response: Response,
    services: Serviced,
    grant: Engineering,
    new: NewSuppression,
) -> SuppressionView:
    """Put a suppression into force; judges take it up with their next batch."""
    name = _sound(services, grant, new)
    edit = _edit(name, grant.actor(request), new.why, services.clock(), 0)
    try:
        documents.put(services.control, grant.tenant, edit, new.text)
    except StaleError as error:
        raise ConflictError(f"there is a suppression '{name}': change that one (PUT)") from error
    response.headers["Location"] = f"{router.prefix}/{name}"
    return tagged(services, grant, name, response)


@router.put("/{name}", responses=documented(409, 412, 428))
def change_suppression(  # noqa: PLR0913, PLR0917 (each is a part of the request)
    request: Request,
    response: Response,
    services: Serviced,
    grant: Engineering,
    name: SuppressionName,
    new: NewSuppression,
    if_match: IfMatch = None,
) -> SuppressionView:
    """Give a suppression another text, as a new version; one that was ended is in force again."""
    seen = needed_version(if_match)
    documents.document(services.control, grant.tenant, KIND, name)
    said = _sound(services, grant, new)
    if said != name:
        raise MalformedInputError(f"the text is of suppression '{said}', not '{name}'")
    edit = _edit(name, grant.actor(request), new.why, services.clock(), seen)
    documents.put(services.control, grant.tenant, edit, new.text)
    return tagged(services, grant, name, response)


@router.delete("/{name}", responses=documented(412, 428))
def end_suppression(  # noqa: PLR0913, PLR0917 (each is a part of the request)
    request: Request,
    response: Response,
    services: Serviced,
    grant: Engineering,
    name: SuppressionName,
    why: Annotated[str, Query(max_length=1_000)] = "",
    if_match: IfMatch = None,
) -> SuppressionView:
    """Put a suppression out of force; its versions stay, and any can be restored."""
    edit = _edit(name, grant.actor(request), why, services.clock(), needed_version(if_match))
    documents.retire(services.control, grant.tenant, edit)
    return tagged(services, grant, name, response)


@router.post("/{name}/restore", responses=documented(412, 428))
def restore_suppression(  # noqa: PLR0913, PLR0917 (each is a part of the request)
    request: Request,
    response: Response,
    services: Serviced,
    grant: Engineering,
    name: SuppressionName,
    wanted: Restored,
    if_match: IfMatch = None,
) -> SuppressionView:
    """Put an old version into force again, as a new one: the undo of a change and of an end."""
    seen = needed_version(if_match)
    edit = _edit(name, grant.actor(request), wanted.why, services.clock(), seen)
    documents.restore(services.control, grant.tenant, edit, wanted.version)
    return tagged(services, grant, name, response)


def _edit(name: str, actor: Actor, why: str, now: int, seen: int | None) -> Edit:
    return Edit(KIND, name, actor.name, why, now, seen, actor)


def _sound(services: Services, grant: Grant, new: NewSuppression) -> str:
    """Its id, if it may be kept.

    Raises:
        ProblemError: 422, it is wrong; 409, people will regret it and do not say `anyway`.
        MalformedInputError: It is not one suppression.
    """
    told = _checked(services, grant, new)
    refuse(told.faults)
    one_a_file(told.found)
    if not told.found:
        raise MalformedInputError("the text holds no suppression")
    if not new.anyway:
        warn(told.warnings)
    return told.found[0].id


def _checked(services: Services, grant: Grant, new: SuppressionText) -> _Checked:
    rules, texts = book_for(services, grant).current(), [(_PLACE, new.text)]
    loaded = load_suppressions(texts, rules)
    wrong = [Problem(each.path, each.line, each.message) for each in loaded.problems]
    if wrong:
        return _Checked((), faults_of(wrong), [])
    lake = office_for(services, grant).lake if services.office is not None else None
    past = Past(lake, services.control, grant.tenant, new.share)
    with one_at_a_time():
        told = regrets(texts, rules, past, now=services.clock())
    return _Checked(loaded.suppressions.suppressions, [], faults_of(told))
