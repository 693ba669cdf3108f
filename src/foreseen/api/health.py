"""Whether the server lives and whether it can work."""

from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy import text

from foreseen.api.problems import MEDIA_TYPE, Problem, documented
from foreseen.api.scopes import public
from foreseen.api.services import Serviced, Services, State
from foreseen.control.database import reading
from foreseen.core.errors import ForeseenError, TransientError
from foreseen.intake.protocol import Appender, BacklogFullError

router = APIRouter(dependencies=[Depends(public)])

_FULL = "full"


class Health(BaseModel):
    """A good state; a bad one is a problem."""

    status: str


class DependencyView(BaseModel):
    """A thing that the server needs.

    Attributes:
        state: `ok`, or what is the matter.
        lag: What waits for it: bytes of our own log, records of a broker.
    """

    state: str
    lag: int | None = None


class Readiness(BaseModel):
    """The server can work; each thing that it needs is named with its state."""

    status: str
    dependencies: dict[str, DependencyView]


class NotReady(Problem):
    """The server cannot work now; what it lacks is named."""

    dependencies: dict[str, DependencyView]


@router.get("/healthz", responses=documented())
def healthz() -> Health:
    """The process answers."""
    return Health(status="alive")


@router.get(
    "/readyz", responses=documented(429), response_model=Readiness, response_model_exclude_none=True
)
def readyz(services: Serviced) -> Readiness | JSONResponse:
    """The stores can be used, and who works with them does; told by name.

    A backlog that is full answers 429: others can still be answered.
    """
    found = {name: _state(check) for name, check in _checks(services).items()}
    lacking = [name for name, state in found.items() if not state.usable]
    seen = {name: DependencyView(state=state.word, lag=state.lag) for name, state in found.items()}
    if not lacking:
        return Readiness(status="ready", dependencies=seen)
    full = all(found[name].word == _FULL for name in lacking)
    status = HTTPStatus.TOO_MANY_REQUESTS if full else HTTPStatus.SERVICE_UNAVAILABLE
    told = NotReady(
        title=status.phrase,
        status=status,
        detail=f"not ready: {', '.join(lacking)}",
        dependencies=seen,
    )
    shown = told.model_dump(exclude_none=True)
    return JSONResponse(shown, status, {"Retry-After": "5"}, media_type=MEDIA_TYPE)


def _checks(services: Services) -> Mapping[str, Callable[[], State]]:
    found: dict[str, Callable[[], State]] = {"control": partial(_control, services)}
    if services.intake is not None:
        found["intake"] = partial(_intake, services.intake)
    return found | dict(services.checks)


def _state(check: Callable[[], State]) -> State:
    """What a check says; the words of errors name paths of ours, which are not for everyone."""
    try:
        return check()
    except BacklogFullError:
        return State(_FULL, usable=False)
    except TransientError:
        return State("unavailable", usable=False)
    except ForeseenError:
        return State("broken", usable=False)


def _intake(intake: Appender) -> State:
    intake.check()
    return State()


def _control(services: Services) -> State:
    with reading(services.control) as session:
        session.execute(text("SELECT 1 FROM alert LIMIT 1"))
    return State()


@router.get("/api/v1/openapi.json", responses=documented())
def openapi(request: Request) -> dict[str, Any]:
    """This description of the API."""
    described: dict[str, Any] = request.app.openapi()
    return described
