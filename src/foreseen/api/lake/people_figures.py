"""Whose matches alerted."""

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel

from foreseen.api.cursors import Limit
from foreseen.api.lake.desk import ANSWERS, Desked
from foreseen.api.lake.events import Moment
from foreseen.api.lake.people import From, between
from foreseen.api.scopes import Reading
from foreseen.api.services import Serviced
from foreseen.api.times import iso
from foreseen.lake.asking.narrowed import Asker
from foreseen.lake.asking.people_at_risk import people_at_risk

router = APIRouter(prefix="/api/v1/figures/people")


class PersonAtRiskView(BaseModel):
    """Somebody whose matches alerted.

    Attributes:
        rules: Rules whose matches alerted.
        matches: How many of theirs did.
        surprise: Sum of the greatest of each rule, bits; a rule without a model adds none.
    """

    name: str
    rules: int
    matches: int
    surprise: float
    last_time: str | None


class PeopleAtRiskView(BaseModel):
    """Those of most rules first."""

    people: list[PersonAtRiskView]
    since: str | None
    until: str | None


@router.get("", responses=ANSWERS)
async def people_figures(  # noqa: PLR0913, PLR0917 (each is a part of the request)
    request: Request,
    services: Serviced,
    desk: Desked,
    grant: Reading,
    since: From = None,
    until: Moment = None,
    limit: Limit = 10,
) -> PeopleAtRiskView:
    """People whose matches alerted in a time: without `from` and `until` in the last day."""
    span = between(services.clock(), since, until)

    def work(asker: Asker) -> list[dict[str, Any]]:
        return people_at_risk(asker, span, limit=limit)

    found = await desk.ask(request, grant, work)
    return PeopleAtRiskView(
        people=[
            PersonAtRiskView.model_validate({**each, "last_time": iso(each["last_time"])})
            for each in found
        ],
        since=iso(span[0]),
        until=iso(span[1]),
    )
