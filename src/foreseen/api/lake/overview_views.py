"""The overview's parts as answers have them."""

from pydantic import BaseModel

from foreseen.control.alert_times import Measure


class FunnelView(BaseModel):
    """How much becomes how little.

    Attributes:
        suppressed: Matches that were hidden; `alerted` those that were not.
        alerts: What the alerted ones were gathered into.
    """

    events: int
    matches: int
    suppressed: int
    alerted: int
    alerts: int
    incidents: int


class BasisView(BaseModel):
    """Matches that were decided for one reason."""

    outcome: str
    basis: str
    matches: int


class TookView(BaseModel):
    """How long alerts took, seconds, raised in the months that the time touches."""

    measure: Measure
    alerts: int
    mean: float
    p50: float
    p90: float
    p99: float


class TechniqueView(BaseModel):
    """An ATT&CK technique, and matches of rules that name it; one may count for several."""

    technique: str
    rules: list[str]
    matches: int
    alerted: int


class RiskView(BaseModel):
    """A workload by its alerts that wait: how many, and the highest risk of one."""

    workload: str
    alerts: int
    risk: float


class QuarantineView(BaseModel):
    """Lines that could not be read, for one reason."""

    reason: str
    lines: int


class RefusedView(BaseModel):
    """What was refused at the door since the beginning; lines as far as they are known."""

    outcome: str
    requests: int
    lines: int


class TelemetryView(BaseModel):
    """What is heard, and what is lost.

    Attributes:
        bytes: Of the sources' own records.
        received: Lines.
        quarantined: Lines that could not be read; `reasons` why.
        sources: How many sources sent lines.
        hosts: Machines with events in the time.
        silent_hosts: Those of them without one in the last hour of the time, or longer.
        last_hour: Begin of the last hour with events.
    """

    bytes: int
    received: int
    quarantined: int
    reasons: list[QuarantineView]
    refused: list[RefusedView]
    sources: int
    workloads: int
    hosts: int
    silent_hosts: int
    last_hour: str | None


class OverviewView(BaseModel):
    """Everything at a glance.

    Attributes:
        since: Begin of the hours that are counted; null: all.
        until: Their end.
        open_by_severity: Alerts that wait now, by severity.
        techniques: ATT&CK techniques with matches, the most alerted first.
        riskiest: Workloads by the risk of their alerts that wait now.
        riskiest_of_all: False: there were too many alerts to look at, and these are of the
            riskiest ones alone.
    """

    since: str | None
    until: str | None
    funnel: FunnelView
    decisions: list[BasisView]
    open_by_severity: dict[str, int]
    times: list[TookView]
    techniques: list[TechniqueView]
    riskiest: list[RiskView]
    riskiest_of_all: bool
    telemetry: TelemetryView
