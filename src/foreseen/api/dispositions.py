"""What people say of alerts: dismissed or escalated, with the receipt of what it moves."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from foreseen.alerts.interest import HOW_SECOND, Speaker
from foreseen.api.idempotency import KEYED
from foreseen.api.problems import ProblemError, documented
from foreseen.api.scopes import Triaging
from foreseen.api.services import Serviced, Services
from foreseen.api.workplaces import office_for
from foreseen.control.dispositions import disposition
from foreseen.control.grants import Grant
from foreseen.control.reasons import LONGEST_TEXT, Verdict
from foreseen.control.scopes import Scope
from foreseen.control.tokens import grant_of
from foreseen.core.alerts import AlertStatus
from foreseen.core.errors import ConfigurationError, DeniedError, NotFoundError, TransientError
from foreseen.studies.feedback import Word, say, take_back

router = APIRouter(prefix="/api/v1/alerts/{uid}/dispositions")

Second = Annotated[
    str | None,
    Header(
        alias="X-Foreseen-Second",
        max_length=200,
        description="token of the second person who stands for it, where one is needed",
    ),
]
_WAIT_SECONDS = 60.0
_RECEIPTS = threading.Lock()  # one is computed at a time: each fits models and reads history


class NewDisposition(BaseModel):
    """What is said. The reasons are a closed list, which a refusal names."""

    model_config = ConfigDict(extra="forbid")

    verdict: Verdict
    reason: Annotated[str, Field(max_length=100)]
    text: Annotated[str, Field(max_length=LONGEST_TEXT)] = ""
    dry_run: bool = False


class SaidView(BaseModel):
    """What became of it.

    Attributes:
        number: For taking it back; null when it was only tried.
        receipt: What it moves; null when that could not be told.
        problem: Why not.
    """

    number: int | None
    receipt: dict[str, object] | None
    problem: str | None


class StatusView(BaseModel):
    """The alert's status now."""

    status: AlertStatus


@router.post(
    "", status_code=HTTPStatus.CREATED, dependencies=[KEYED], responses=documented(409, 413)
)
def create_disposition(  # noqa: PLR0913, PLR0917 (each is a part of the request)
    request: Request,
    services: Serviced,
    grant: Triaging,
    uid: str,
    new: NewDisposition,
    response: Response,
    x_foreseen_second: Second = None,
) -> SaidView:
    """Say what an alert of the token's tenant was; the answer tells what that moves.

    With `dry_run` nothing is recorded and the status is 200.
    """
    office = replace(office_for(services, grant), by=grant.actor(request))
    speaker = speaker_of(services, grant, x_foreseen_second)
    word = Word(uid, new.verdict, new.reason, new.text)
    recorded_first = new.verdict is Verdict.ESCALATED and not new.dry_run
    with nullcontext() if recorded_first else one_receipt_at_a_time(), told_here():
        said = say(office, word, speaker, dry=new.dry_run)
    if said.number is None:
        response.status_code = HTTPStatus.OK
    receipt = said.receipt.dump() if said.receipt else None
    return SaidView(number=said.number, receipt=receipt, problem=said.problem)


@router.delete("/{number}", responses=documented(409))
def undo_disposition(  # noqa: PLR0913, PLR0917 (each is a part of the request)
    request: Request,
    services: Serviced,
    grant: Triaging,
    uid: str,
    number: Annotated[int, Field(ge=1, lt=2**63)],
    x_foreseen_second: Second = None,
) -> StatusView:
    """Take back what was said; it stays in the record, with who took it back."""
    office = replace(office_for(services, grant), by=grant.actor(request))
    speaker = speaker_of(services, grant, x_foreseen_second)
    if disposition(services.control, grant.tenant, number).alert != uid:
        raise NotFoundError(f"no disposition {number} of alert {uid}")
    with told_here():
        return StatusView(status=take_back(office, number, speaker))


def speaker_of(services: Services, grant: Grant, second: str | None) -> Speaker:
    """The token's name is who speaks; the second person proves to be one by a token, too.

    Raises:
        ProblemError: 403, the second's token is not one of the organisation that may triage.
    """
    if second is None:
        return Speaker(grant.name, grant.name)
    try:
        other = grant_of(services.control, second, now=services.clock())
    except DeniedError as error:
        raise ProblemError(
            HTTPStatus.FORBIDDEN, "the token of the second person is not valid"
        ) from error
    if other.tenant != grant.tenant or Scope.TRIAGE not in other.scopes:
        raise ProblemError(
            HTTPStatus.FORBIDDEN,
            f"the second person needs a token of your organisation of scope {Scope.TRIAGE}",
        )
    return Speaker(grant.name, grant.name, other.name)


@contextmanager
def one_receipt_at_a_time() -> Iterator[None]:
    """Wait for other receipts.

    Raises:
        TransientError: It takes too long.
    """
    if not _RECEIPTS.acquire(timeout=_WAIT_SECONDS):
        raise TransientError("another receipt is being computed; retry later")
    try:
        yield
    finally:
        _RECEIPTS.release()


@contextmanager
def told_here() -> Iterator[None]:
    """What the rules or settings of this server lack is no damage and no fault of the caller."""
    try:
        yield
    except DeniedError as error:
        here = str(error).replace(HOW_SECOND, "header X-Foreseen-Second")
        raise DeniedError(here) from error
    except ConfigurationError as error:
        raise ProblemError(HTTPStatus.CONFLICT, f"it cannot be weighed here: {error}") from error
