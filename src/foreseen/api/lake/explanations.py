"""Why a match alerted or was suppressed: by the very model that answered."""

from collections.abc import Mapping
from dataclasses import asdict

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from foreseen.api.alerts import AlertView, view
from foreseen.api.lake.desk import ANSWERS, Desked
from foreseen.api.scopes import Reading
from foreseen.api.services import Serviced, Services
from foreseen.api.times import iso
from foreseen.control.alerts import listed_by_uid
from foreseen.core.decisions import Basis, Outcome
from foreseen.lake.asking.narrowed import Asker
from foreseen.lake.asking.rendering import as_json
from foreseen.studies.explanation import explain_match

router = APIRouter(prefix="/api/v1")


class MatchExplanation(BaseModel):
    """Why a match is what it was decided to be; the same whenever it is asked.

    Attributes:
        happened: What the event did, in one line.
        verdict: Outcome and basis in a sentence or two.
        budget: Probability above which it was expected; null when the settings are gone.
        answer: The model's answer taken apart: members and weights, what each event weighs, the
            nearest expected matches side by side, the smallest change that would have turned it;
            null where that cannot be done.
        same: Whether the answer made again is the stored one, to the last bit.
        gone: Nearest expected matches that are no longer in the lake.
        notes: What could not be done, and what to know besides.
    """

    match: str
    rule: str
    workload: str
    time: str | None
    happened: str
    outcome: Outcome
    basis: Basis
    verdict: str
    budget: float | None
    probability: float | None
    surprise: float | None
    model: str | None
    answer: dict[str, object] | None
    same: bool
    gone: list[str]
    notes: list[str]


class AlertExplanation(MatchExplanation):
    """Why the match that opened an alert was told; `/alerts/{uid}/members` lists the others."""

    alert: AlertView


@router.get("/alerts/{uid}/explanation", response_model=AlertExplanation, responses=ANSWERS)
async def explain_alert(
    request: Request, services: Serviced, desk: Desked, grant: Reading, uid: str
) -> Response:
    """Explain why an alert was raised; what `foreseen alerts explain` tells."""

    def work(asker: Asker) -> Response:
        alert = view(listed_by_uid(services.control, asker.tenant, uid))
        return _shown(asker, services, uid, {"alert": alert.model_dump(mode="json")})

    return await desk.ask(request, grant, work)


@router.get("/matches/{uid}/explanation", response_model=MatchExplanation, responses=ANSWERS)
async def explain(
    request: Request, services: Serviced, desk: Desked, grant: Reading, uid: str
) -> Response:
    """Explain the last decision on a match, also on one that was suppressed."""

    def work(asker: Asker) -> Response:
        return _shown(asker, services, uid, {})

    return await desk.ask(request, grant, work)


def _shown(asker: Asker, services: Services, uid: str, more: Mapping[str, object]) -> Response:
    found = explain_match(asker.lake, services.control, asker.tenant, uid)
    told = {**more, **asdict(found), "time": iso(found.time)}
    return Response(as_json(told), media_type="application/json")
