"""What rules did over time."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from foreseen.api.lake.events import Moment
from foreseen.api.problems import documented
from foreseen.api.scopes import Reading
from foreseen.api.services import Serviced
from foreseen.api.times import iso, moment
from foreseen.api.workplaces import office_for
from foreseen.studies.rule_courses import Spans, rule_courses

router = APIRouter(prefix="/api/v1/figures/rules")

_HOURS = 24  # of a day

Days = Annotated[int, Query(ge=1, le=366, description="how far back")]
Number = Annotated[int, Query(ge=2, le=96, description="into how many equal spans it is cut")]


class RuleCourseView(BaseModel):
    """Matches of a rule by span, the earliest first; what was not judged is history."""

    matches: list[int]
    alerted: list[int]
    suppressed: list[int]


class CoursesView(BaseModel):
    """What rules did from `since` to `until`, whole hours; rules without a match are left out."""

    since: str | None
    until: str | None
    rules: dict[str, RuleCourseView]


@router.get("/courses", responses=documented())
def rules_courses(
    services: Serviced, grant: Reading, days: Days = 7, spans: Number = 28, until: Moment = None
) -> CoursesView:
    """Matches of each rule over time, and what became of them; without `until` until now."""
    office, end = office_for(services, grant), moment(until)
    asked = Spans.before(services.clock() if end is None else end, days * _HOURS, spans)
    found = rule_courses(office.lake, grant.tenant, asked)
    return CoursesView(
        since=iso(asked.since),
        until=iso(asked.until),
        rules={name: RuleCourseView.model_validate(asdict(each)) for name, each in found.items()},
    )
