"""What rules did over time."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from foreseen.api.lake.events import Moment
from foreseen.api.problems import documented
from foreseen.api.scopes import Reading
from foreseen.api.services import Serviced
from foreseen.api.times import iso, moment
from foreseen.api.workplaces import office_for, one_at_a_time
from foreseen.studies.rule_courses import rule_courses

router = APIRouter(prefix="/api/v1/figures/rules")

_DAY = 24 * 60 * 60 * 1000

Days = Annotated[int, Query(ge=1, le=366, description="how far back")]
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
    services: Serviced, grant: Reading, days: Days = 7, spans: Spans = 28, until: Moment = None
) -> CoursesView:
    """Judged matches of each rule over time, alerted and suppressed; without `until` until now."""
    office, end = office_for(services, grant), moment(until)
    end = services.clock() if end is None else end
    since = end - days * _DAY
    with one_at_a_time():
        found = rule_courses(office.lake, grant.tenant, since=since, until=end, spans=spans)
    return CoursesView(
        since=iso(since),
        until=iso(end),
        rules={
            name: RuleCourseView(alerted=each.alerted, suppressed=each.suppressed)
            for name, each in found.items()
        },
    )
