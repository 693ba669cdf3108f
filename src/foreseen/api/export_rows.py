"""Columns of exports."""

import json
from collections.abc import Mapping

import pyarrow as pa

from foreseen.api.alerts import view
from foreseen.api.export_forms import Exported, Time
from foreseen.api.incidents import incident_view
from foreseen.control.alerts import Listed
from foreseen.control.incidents import Story

_TEXTS = pa.list_(pa.string())


def _schema(columns: Mapping[str, pa.DataType]) -> pa.Schema:
    return pa.schema(columns)


def _alert(found: Listed) -> dict[str, object]:
    alert, life = found.alert, found.life
    return {
        "uid": alert.uid,
        "version": life.version,
        "rule": alert.rule,
        "workload": alert.workload,
        "host": alert.host,
        "stream": alert.stream,
        "first_time": alert.first_time,
        "last_time": alert.last_time,
        "count": alert.count,
        "severity": alert.severity,
        "surprise": alert.surprise,
        "risk": found.risk,
        "status": life.status.value,
        "assignee": life.assignee,
        "raised": life.raised,
        "known": life.known,
        "resolved": life.resolved,
        "title": alert.title,
        "sentences": "\n".join(alert.sentences),
        "incident": alert.incident,
        "decision": json.dumps(dict(alert.decision)),
    }


def _incident(found: Story) -> dict[str, object]:
    return {
        "uid": found.uid,
        "opened": found.opened,
        "last_time": found.last_time,
        "keys": list(found.keys),
        "alerts": found.alerts,
        "open": found.open,
        "matches": found.matches,
        "risk": found.risk,
        "hosts": list(found.hosts),
        "rules": list(found.rules),
        "host_count": found.host_count,
        "rule_count": found.rule_count,
    }


ALERTS: Exported[Listed] = Exported(
    "alerts",
    _schema(
        {
            "uid": pa.string(),
            "version": pa.int64(),
            "rule": pa.string(),
            "workload": pa.string(),
            "host": pa.string(),
            "stream": pa.string(),
            "first_time": Time,
            "last_time": Time,
            "count": pa.int64(),
            "severity": pa.string(),
            "surprise": pa.float64(),
            "risk": pa.float64(),
            "status": pa.string(),
            "assignee": pa.string(),
            "raised": Time,
            "known": Time,
            "resolved": Time,
            "title": pa.string(),
            "sentences": pa.string(),
            "incident": pa.string(),
            "decision": pa.string(),
        }
    ),
    lambda found: view(found).model_dump(),
    _alert,
)

INCIDENTS: Exported[Story] = Exported(
    "incidents",
    _schema(
        {
            "uid": pa.string(),
            "opened": Time,
            "last_time": Time,
            "keys": _TEXTS,
            "alerts": pa.int64(),
            "open": pa.int64(),
            "matches": pa.int64(),
            "risk": pa.float64(),
            "hosts": _TEXTS,
            "rules": _TEXTS,
            "host_count": pa.int64(),
            "rule_count": pa.int64(),
        }
    ),
    lambda found: incident_view(found).model_dump(),
    _incident,
)
