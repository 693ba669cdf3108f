"""Suppressed matches made alerts of by a person's word, and that taken back."""

from functools import partial
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from foreseen.api.alerts import AlertView, view
from foreseen.api.idempotency import KEYED
from foreseen.api.lake.desk import Desked
from foreseen.api.problems import documented
from foreseen.api.scopes import Triaging
from foreseen.api.services import Serviced, Services
from foreseen.api.workplaces import book_for
from foreseen.control import restoring
from foreseen.control.alert_life import LONGEST_TEXT
from foreseen.control.alerts import listed_by_uid
from foreseen.control.grants import Grant
from foreseen.core.errors import NotFoundError
from foreseen.core.ids import RuleId
from foreseen.lake.asking.match_list import Judged, judged_match
from foreseen.rules import Rule
from foreseen.studies.restoring import restored_alert

router = APIRouter(prefix="/api/v1/matches/{uid}/restore")


class NewRestoring(BaseModel):
    """Why a suppressed match should be told."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(max_length=LONGEST_TEXT)] = ""


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    dependencies=[KEYED],
    responses={
        **documented(409, 413, 504),
        HTTPStatus.OK: {"description": "It has an alert already", "model": AlertView},
    },
)
async def restore_match(  # noqa: PLR0913, PLR0917 (each is a part of the request)
    request: Request,
    response: Response,
    services: Serviced,
    desk: Desked,
    grant: Triaging,
    uid: str,
    new: NewRestoring,
) -> AlertView:
    """Make an open alert of a suppressed match; what was decided of it stays on record.

    Done again it changes nothing. While the alert is not dismissed, no model learns from it.
    """
    found = await desk.ask(request, grant, lambda asker: judged_match(asker, uid))
    work = partial(_restored, request, services, grant, found, new.text)
    told, is_new = await run_in_threadpool(work)
    if not is_new:
        response.status_code = HTTPStatus.OK
    return told


@router.delete("", status_code=HTTPStatus.NO_CONTENT, responses=documented(409))
def undo_restore(request: Request, services: Serviced, grant: Triaging, uid: str) -> None:
    """Take the alert of a restored match away; only who restored it may, and only at once.

    When somebody has done anything with the alert, it is dismissed like any other.
    """
    restoring.take_back(
        services.control, grant.tenant, uid, by=grant.actor(request), now=services.clock()
    )


def _restored(
    request: Request, services: Services, grant: Grant, found: Judged, text: str
) -> tuple[AlertView, bool]:
    alert = restored_alert(found, _rule(services, grant, found), grant.name)
    is_new = restoring.restore(
        services.control,
        grant.tenant,
        alert,
        by=grant.actor(request),
        text=text,
        now=services.clock(),
    )
    return view(listed_by_uid(services.control, grant.tenant, alert.uid)), is_new


def _rule(services: Services, grant: Grant, found: Judged) -> Rule | None:
    """The rule that matched, as it is now; None where it is no longer in use."""
    book, name = book_for(services, grant), RuleId(found.match["rule_id"] or "")
    try:
        return book.current().rule(name)
    except NotFoundError:
        return None
