"""Alerts and what goes out because of them, as plain data for the judge, the store and the API."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from foreseen.core.ids import RuleId, TenantId


class AlertStatus(StrEnum):
    """Where an alert stands with people."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    DISMISSED = "dismissed"
    ESCALATED = "escalated"


@dataclass(frozen=True, slots=True)
class Alert:
    """A match, or a group of like matches, that a person should see.

    Attributes:
        uid: `match_uid` of the match that opened it: the same in every replay.
        tenant: Organisation.
        rule: Rule whose matches it groups.
        workload: Role that the stream plays.
        host: Machine that reported the match that opened it.
        stream: Stream of that match.
        first_time: Event time of the first match, ms UTC.
        last_time: Event time of the last match, ms UTC.
        severity: Sigma level of the rule, e.g. `high`; its own severity, if it says one, as level.
        title: One line for a list.
        sentences: Why it alerts, in sentences that a person reads.
        surprise: Bits, of the most surprising member; None without a prediction.
        members: `match_uid` of its last matches, in the order in which they were told: those that
            a step of the judge added, or all of them, as who gives it says.
        incident: Incident that it belongs to.
        decision: JSON-ready: outcome, basis, prediction, artefact hashes of the first match.
        status: Where it stands with people.
        earlier: How many matches were told before `members`.
    """

    uid: str
    tenant: TenantId
    rule: RuleId
    workload: str
    host: str
    stream: str
    first_time: int
    last_time: int
    severity: str
    title: str
    sentences: tuple[str, ...]
    surprise: float | None
    members: tuple[str, ...]
    incident: str | None
    decision: Mapping[str, object]
    status: AlertStatus = AlertStatus.OPEN
    earlier: int = 0

    @property
    def count(self) -> int:
        """How many matches it groups."""
        return self.earlier + len(self.members)


@dataclass(frozen=True, slots=True)
class Incident:
    """Alerts, suppressed matches and events that one story ties together.

    Attributes:
        uid: Deterministic name.
        tenant: Organisation.
        opened: Event time of its first member, ms UTC.
        keys: What ties its members: lineage, session and principal ids.
    """

    uid: str
    tenant: TenantId
    opened: int
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One alert to be told to one output, once.

    Attributes:
        alert: Uid of the alert.
        output: Name of the configured output, e.g. `slack`.
    """

    alert: str
    output: str
