"""Whether the server lives and whether it can work."""

from typing import Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel
from sqlalchemy import text

from foreseen.api.problems import documented
from foreseen.api.scopes import public
from foreseen.api.services import Serviced
from foreseen.control.database import reading

router = APIRouter(dependencies=[Depends(public)])


class Health(BaseModel):
    """A good state; a bad one is a problem."""

    status: str


@router.get("/healthz", responses=documented())
def healthz() -> Health:
    """The process answers."""
    return Health(status="alive")


@router.get("/readyz", responses=documented(429))
def readyz(services: Serviced) -> Health:
    """The stores can be used: intake takes data, the control database answers."""
    services.intake.check()
    with reading(services.control) as session:
        session.execute(text("SELECT 1 FROM alert LIMIT 1"))
    return Health(status="ready")


@router.get("/api/v1/openapi.json", responses=documented())
def openapi(request: Request) -> dict[str, Any]:
    """This description of the API."""
    described: dict[str, Any] = request.app.openapi()
    return described
