"""Alerts for tests of the API, as the judge stores them."""

from sqlalchemy import Engine

from foreseen.control.alert_commit import Decided, commit_decisions
from foreseen.control.cursors import Checkpoint, version_of
from foreseen.core.alerts import Alert, AlertStatus
from foreseen.core.ids import RuleId, TenantId

A = TenantId("default")


def an_alert(uid: str, time: int = 0, tenant: TenantId = A, **more: object) -> Alert:
    """An alert with one match, or what else is said of it."""
    values: dict[str, object] = {
        "uid": uid,
        "tenant": tenant,
        "rule": RuleId("r"),
        "workload": "web",
        "host": "h",
        "stream": "h/1",
        "first_time": time,
        "last_time": time,
        "severity": "high",
        "title": f"title of {uid}",
        "sentences": ("not seen before",),
        "surprise": 3.5,
        "members": (uid,),
        "incident": None,
        "decision": {"outcome": "alerted"},
        "status": AlertStatus.OPEN,
    }
    return Alert(**{**values, **more})  # type: ignore[arg-type]


def fill(engine: Engine, *alerts: Alert, tenant: TenantId = A) -> None:
    """Store alerts as a step of the judge does."""
    reached = (version_of(engine, tenant, "judge") or 0) + 1
    commit_decisions(engine, tenant, Decided(alerts), Checkpoint("judge", reached))
