"""What rules did over time."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from foreseen.api.problems import documented
from foreseen.api.scopes import Reading
from foreseen.api.services import Serviced
from foreseen.api.times import iso
from foreseen.api.workplaces import office_for, one_at_a_time
from foreseen.studies.rule_courses import rule_courses

router = APIRouter(prefix="/api/v1/figures/rules")

_DAY = 24 * 60 * 60 * 1000

Days = Annotated[int, Query(ge=1, le=366, description="how far back, until now")]
Spans = Annotated[int, Query(ge=2, le=96, description="into how many equal spans it is cut")]


class RuleCourseView(BaseModel):
    """Judged matches of a rule by span, the earliest first."""

    alerted: list[int]
    suppressed: list[int]


class CoursesView(BaseModel):
    """What rules did from `since` to `until`; rules without a judged match are left out."""

    since: str | None
    until: str | None
    rules: dict[str, RuleCourseView]


@router.get("/courses", responses=documented())
def rules_courses(
    services: Serviced, grant: Reading, days: Days = 7, spans: Spans = 28
) -> CoursesView:
    """Judged matches of each rule over time, alerted and suppressed."""
    office, until = office_for(services, grant), services.clock()
    since = until - days * _DAY
    with one_at_a_time():
        found = rule_courses(office.lake, grant.tenant, since=since, until=until, spans=spans)
    return CoursesView(
        since=iso(since),
        until=iso(until),
        rules={
            name: RuleCourseView(alerted=each.alerted, suppressed=each.suppressed)
            for name, each in found.items()
        },
    )
