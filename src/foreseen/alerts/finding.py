"""An alert as an OCSF Detection Finding (class 2004), the form that leaves Foreseen."""

from collections.abc import Mapping

from foreseen.core.alerts import Alert
from foreseen.rules import Rule

OCSF_VERSION = "1.8.0"

_SEVERITY_ID: Mapping[str, int] = {
    "informational": 1,
    "low": 2,
    "medium": 3,
    "high": 4,
    "critical": 5,
}
_UNKNOWN_SEVERITY = 0
_NEW = 1
_RULE_ANALYTIC = 1


def finding_of(alert: Alert, rule: Rule | None) -> dict[str, object]:
    """The alert in OCSF 1.8; what OCSF has no attribute for stands under `unmapped`."""
    return {
        "class_uid": 2004,
        "class_name": "Detection Finding",
        "category_uid": 2,
        "activity_id": 1,
        "type_uid": 200401,
        "severity_id": _SEVERITY_ID.get(alert.severity, _UNKNOWN_SEVERITY),
        "status_id": _NEW,
        "time": alert.first_time,
        "start_time": alert.first_time,
        "end_time": alert.last_time,
        "count": alert.count,
        "message": " ".join(alert.sentences),
        "metadata": {
            "version": OCSF_VERSION,
            "uid": alert.uid,
            "tenant_uid": alert.tenant,
            "product": {"name": "Foreseen", "vendor_name": "Foreseen"},
        },
        "device": {"hostname": alert.host, "type_id": 0},
        "finding_info": _info(alert, rule),
        "unmapped": {
            "workload": alert.workload,
            "stream": alert.stream,
            "incident": alert.incident,
            "surprise_bits": alert.surprise,
            "sentences": list(alert.sentences),
            "decision": dict(alert.decision),
        },
    }


def _info(alert: Alert, rule: Rule | None) -> dict[str, object]:
    """What was found, by which rule, in which events."""
    name = rule.title if rule else alert.rule
    return {
        "uid": alert.uid,
        "title": alert.title,
        "desc": rule.description if rule else "",
        "analytic": {"type_id": _RULE_ANALYTIC, "uid": alert.rule, "name": name},
        "attacks": [_attack(technique) for technique in (rule.techniques if rule else ())],
        "related_events": [{"uid": member} for member in alert.members],
    }


def _attack(technique: str) -> dict[str, object]:
    """ATT&CK ids with a dot are sub-techniques, for which OCSF has an attribute of its own."""
    parent, dot, _ = technique.partition(".")
    sub = {"sub_technique": {"uid": technique}} if dot else {}
    return {"technique": {"uid": parent}, **sub}
