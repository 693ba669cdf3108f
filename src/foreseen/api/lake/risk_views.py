"""The risk over time of some alerts, as the API tells it."""

from collections.abc import Sequence

from pydantic import BaseModel

from foreseen.api.lake.every import Every
from foreseen.api.times import iso
from foreseen.control.risk_course import Wait, course_of, shares_at


class RiskPointView(BaseModel):
    """Alerts that waited at the end of a bucket, the highest risk of one, and that one's rule."""

    time: str | None
    waiting: int
    risk: float
    rule: str | None


class RiskShareView(BaseModel):
    """What a rule adds at the end: alerts that wait, the highest risk of one, since when."""

    rule: str
    waiting: int
    risk: float
    since: str | None


class RiskCourseView(BaseModel):
    """The risk over time, of a workload or a person.

    Attributes:
        course: By hour or day, the oldest first.
        shares: What each rule adds at the end, the riskiest first.
        of_all: False: there is more than the newest 5,000, which were looked at (alerts of a
            workload; matches of a person that alerted).
    """

    course: list[RiskPointView]
    shares: list[RiskShareView]
    of_all: bool
    since: str | None
    until: str | None


def risk_view(
    waits: Sequence[Wait], span: tuple[int, int], every: Every, *, of_all: bool
) -> RiskCourseView:
    """The course of alerts that waited.

    Args:
        waits: They.
        span: First time, and time after the last, ms UTC.
        every: Length of a bucket.
        of_all: Whether there are no others.

    Raises:
        MalformedInputError: These are too many buckets.
    """
    return RiskCourseView(
        course=[
            RiskPointView(time=iso(at.time), waiting=at.waiting, risk=at.risk, rule=at.rule)
            for at in course_of(waits, every.ends(span))
        ],
        shares=[
            RiskShareView(rule=of.rule, waiting=of.waiting, risk=of.risk, since=iso(of.since))
            for of in shares_at(waits, span[1])
        ],
        of_all=of_all,
        since=iso(span[0]),
        until=iso(span[1]),
    )
