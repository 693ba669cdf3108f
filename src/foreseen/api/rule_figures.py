"""What rules did, what they can match, and what they cover."""

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query
from pydantic import BaseModel

from foreseen.api.problems import documented
from foreseen.api.scopes import Reading
from foreseen.api.services import Serviced, Services
from foreseen.api.times import iso
from foreseen.api.workplaces import book_for, office_for, one_at_a_time
from foreseen.control.grants import Grant
from foreseen.core.ids import RuleId
from foreseen.reports.coverage import Coverage, coverage
from foreseen.reports.coverage_layer import layer
from foreseen.runners.rules.reaching import Collected, reach_of_late
from foreseen.runners.rules.telling import done_row, every, reach_row
from foreseen.studies.rule_stats import Done, rule_stats

router = APIRouter(prefix="/api/v1/figures")

Hours = Annotated[int, Query(ge=1, le=168, description="how far back telemetry is looked at")]


Lately = Annotated[
    int | None,
    Query(ge=1, le=168, description="also look at what came in so many hours; else unknown"),
]
_TITLE = "ATT&CK coverage of the rules in use"


class RuleDone(BaseModel):
    """What one rule did with retained history.

    Attributes:
        loaded: Whether the rule is in use; else only its history is there.
        judged: Matches that were judged; the others are history that models learned from.
        share_suppressed: Suppressed matches among those judged; null where none was.
        last: Event time of the last match.
    """

    id: str
    title: str | None
    level: str | None
    logsource: str | None
    loaded: bool
    matches: int
    judged: int
    alerted: int
    suppressed: int
    alerts: int
    last: str | None
    share_suppressed: float | None


class RulesDone(BaseModel):
    """What rules did, those with the most alerts first."""

    rules: list[RuleDone]


class ReachView(BaseModel):
    """Whether a rule can match what is collected, and if not, why.

    Attributes:
        enabled: False where a tuning disabled it: it could match, and does not.
    """

    reachable: bool
    reason: str
    enabled: bool


class RulesReach(BaseModel):
    """Which rules can match what came of late.

    Attributes:
        events: Events that were looked at.
        since: From when on.
        complete: False when there were so many that the oldest of them were not looked at.
    """

    rules: dict[str, ReachView]
    events: int
    since: str | None
    complete: bool


class CoverageView(BaseModel):
    """ATT&CK techniques by what covers them; what `foreseen rules coverage --json` tells."""

    rules: int
    techniques: list[dict[str, Any]]
    tactics: list[dict[str, Any]]
    without_technique: list[str]


@router.get("/rules", responses=documented())
def rules_done(services: Serviced, grant: Reading) -> RulesDone:
    """Matches, alerts and what was suppressed, by rule; the rules that never matched, too."""
    office = office_for(services, grant)
    known = every(book_for(services, grant).current())
    with one_at_a_time():
        done = rule_stats(office.lake, services.control, grant.tenant)
    rows = [
        RuleDone.model_validate({**done_row(name, known.get(name), one), "last": iso(one.last)})
        for name in {*known, *done}
        for one in [done.get(name, Done())]
    ]
    return RulesDone(rules=sorted(rows, key=lambda row: (-row.alerts, -row.matches, row.id)))


@router.get("/reach", responses=documented())
def rules_reach(services: Serviced, grant: Reading, hours: Hours = 24) -> RulesReach:
    """Which rules can match events like those that came of late, and why not."""
    found, idle = _collected(services, grant, hours), book_for(services, grant).idle()
    disabled = {str(rule.id) for rule in idle.rules} if idle else set()
    return RulesReach(
        rules={
            name: ReachView.model_validate({**row, "enabled": name not in disabled})
            for name, row in reach_row(found.rules).items()
        },
        events=found.events,
        since=iso(found.since),
        complete=found.complete,
    )


@router.get("/coverage", responses=documented())
def rules_coverage(services: Serviced, grant: Reading, hours: Lately = None) -> CoverageView:
    """Which ATT&CK techniques have rules, tests and telemetry."""
    found = _covered(services, grant, hours)
    return CoverageView.model_validate(orjson.loads(orjson.dumps(found)))


@router.get("/coverage/navigator", responses=documented())
def rules_coverage_layer(
    services: Serviced, grant: Reading, hours: Lately = None
) -> dict[str, Any]:
    """The same as a layer for the ATT&CK Navigator."""
    told: dict[str, Any] = orjson.loads(
        orjson.dumps(layer(_covered(services, grant, hours), _TITLE))
    )
    return told


def _covered(services: Services, grant: Grant, hours: int | None) -> Coverage:
    book = book_for(services, grant)
    telemetry = dict[RuleId, bool | None]()
    if hours is not None:
        found = _collected(services, grant, hours)
        telemetry = {name: one.reachable for name, one in found.rules.items()}
    with one_at_a_time():
        rules = book.current()
        return coverage(rules.rules, book.tested(), telemetry)


def _collected(services: Services, grant: Grant, hours: int) -> Collected:
    book, office = book_for(services, grant), office_for(services, grant)
    with one_at_a_time():
        idle = book.idle()
        rules = [book.current(), *([idle] if idle else [])]
        return reach_of_late(office.lake, rules, grant.tenant, now=services.clock(), hours=hours)
