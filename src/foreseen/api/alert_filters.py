"""Which alerts are meant: the same words in the query of lists and exports, and in bulk changes."""

from typing import Annotated, Literal

from fastapi import Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from foreseen.api.times import moment
from foreseen.control.alerts import AlertFilter
from foreseen.core.alerts import AlertStatus
from foreseen.core.ids import RuleId

Severity = Literal["critical", "high", "medium", "low", "informational"]
_Short = Annotated[str | None, Query(max_length=1_000)]
_Named = Annotated[str | None, Field(max_length=1_000)]
_Moment = Annotated[str | None, Field(max_length=50)]


class FilterBody(BaseModel):
    """The filter of the list of alerts, as a body; what is not named is not looked at."""

    model_config = ConfigDict(extra="forbid")

    status: Annotated[list[AlertStatus], Field(max_length=20)] = []
    severity: Annotated[list[Severity], Field(max_length=20)] = []
    rule: _Named = None
    workload: _Named = None
    host: _Named = None
    assignee: Annotated[str | None, Field(max_length=200, description="empty: nobody")] = None
    incident: _Named = None
    since: Annotated[_Moment, Field(alias="from")] = None
    until: _Moment = None
    q: Annotated[str | None, Field(max_length=200, description="letters of the title")] = None

    def filter(self) -> AlertFilter:
        """As the store takes it.

        Raises:
            MalformedInputError: A moment is none.
        """
        return AlertFilter(
            status=tuple(self.status),
            severity=tuple(self.severity),
            rule=None if self.rule is None else RuleId(self.rule),
            workload=self.workload,
            host=self.host,
            assignee=self.assignee,
            incident=self.incident,
            since=moment(self.since),
            until=moment(self.until),
            text=self.q,
        )


def _of_query(  # noqa: PLR0913 (each is a query parameter of the API)
    *,
    status: Annotated[list[AlertStatus] | None, Query()] = None,
    severity: Annotated[list[Severity] | None, Query()] = None,
    rule: _Short = None,
    workload: _Short = None,
    host: _Short = None,
    assignee: Annotated[str | None, Query(max_length=200, description="empty: nobody")] = None,
    incident: _Short = None,
    since: Annotated[str | None, Query(alias="from", max_length=50)] = None,
    until: Annotated[str | None, Query(max_length=50)] = None,
    q: Annotated[str | None, Query(max_length=200, description="letters of the title")] = None,
) -> AlertFilter:
    return AlertFilter(
        status=tuple(status or ()),
        severity=tuple(severity or ()),
        rule=None if rule is None else RuleId(rule),
        workload=workload,
        host=host,
        assignee=assignee,
        incident=incident,
        since=moment(since),
        until=moment(until),
        text=q,
    )


Filtered = Annotated[AlertFilter, Depends(_of_query)]
