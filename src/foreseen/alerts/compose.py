"""Alerts in words: what happened, where, why it was not to be expected."""

from collections.abc import Mapping
from dataclasses import replace

from foreseen.alerts.thresholds import Standing
from foreseen.alerts.titles import title_from
from foreseen.core.alerts import Alert
from foreseen.core.decisions import Basis, Decision, Prediction
from foreseen.core.ids import TenantId
from foreseen.models.moments.moment import Moment
from foreseen.rules import Rule
from foreseen.rules.rule import SEVERITY_OF_LEVEL

_SENTENCES = 3
_LONGEST = 160

BASIS_SENTENCES: Mapping[Basis, str] = {
    Basis.NO_MODEL: "The rule has no trained model yet, so no match of it is expected.",
    Basis.NOT_FORESEEN: "No model may silence this rule.",
    Basis.COLD_START: "This workload has too little clean history for the rule's model to speak.",
    Basis.BROKEN_MODEL: "The rule's model failed, so the match alerts.",
    Basis.OBSERVED: "The rule's model expected it, but only observes: it may not silence yet.",
    Basis.ASSISTED: "The rule's model expected it, but only assists: it may not silence yet.",
    Basis.INCOMPLETE_WINDOW: "Telemetry is missing before the match, so it cannot be judged.",
    Basis.OPEN_INCIDENT: "It belongs to an open incident by its process lineage or login session.",
}

_UNUSUAL = "Its act and context together are rarer than any part: {share:.2%} of expected matches."


def alert_of(
    row: Mapping[str, object], moment: Moment, decision: Decision, rule: Rule | None
) -> Alert:
    """A new alert from a row of the matches table and the decision on it.

    Its title is the rule's template if the rule has one.
    """
    template = rule.alerting.title if rule else ""
    title = f"{rule.title if rule else decision.rule}: {what_happened(row)}"
    return Alert(
        uid=moment.uid,
        tenant=TenantId(decision.tenant),
        rule=decision.rule,
        workload=moment.workload,
        host=str(row["host"]),
        stream=str(row["stream"]),
        first_time=moment.time,
        last_time=moment.time,
        severity=severity_of(rule),
        title=title_from(template, row) if template else title,
        sentences=tuple(_sentences(row, moment, decision)),
        surprise=decision.prediction.surprise if decision.prediction else None,
        members=(moment.uid,),
        incident=decision.incident,
        decision=as_json(decision),
    )


def severity_of(rule: Rule | None) -> str:
    """The rule's level; where it has a severity of its own, the level that this stands for."""
    if rule is None:
        return "medium"
    own = rule.severity != SEVERITY_OF_LEVEL[rule.level]
    return _LEVEL_OF_SEVERITY[rule.severity] if own else rule.level


_LEVEL_OF_SEVERITY = {1: "high", 2: "medium", 3: "low"}


def opened_with(alert: Alert, standing: Standing) -> Alert:
    """A new alert with the matches that waited for it in front, and why it alerts now."""
    times = [alert.first_time, alert.last_time, *(time for time, _ in standing.waited)]
    return replace(
        alert,
        members=(*(uid for _, uid in standing.waited), *alert.members),
        first_time=min(times),
        last_time=max(times),
        sentences=(standing.why, *alert.sentences) if standing.why else alert.sentences,
    )


def joined(alert: Alert, match_uid: str, time: int, prediction: Prediction | None) -> Alert:
    """The alert with one more like match in it, and `members` with it."""
    surprises = [alert.surprise, prediction.surprise if prediction else None]
    return replace(
        alert,
        members=(*alert.members, match_uid),
        last_time=max(alert.last_time, time),
        surprise=max((bits for bits in surprises if bits is not None), default=None),
    )


HAPPENED_COLUMNS = (
    "process_path",
    "process_name",
    "activity_id",
    "event_type",
    "dst_ip",
    "dst_port",
    "class_uid",
    "file_path",
    "process_cmd_line",
)
"""What `what_happened` reads of a row."""


def what_happened(row: Mapping[str, object]) -> str:
    """One line on what the event did."""
    image = str(row.get("process_path") or row.get("process_name") or "a process")
    activity, event_type = str(row.get("activity_id")), str(row.get("event_type"))
    if row.get("dst_ip"):
        verb = _NETWORK_VERBS.get(event_type, event_type)
        return _short(f"{image} {verb} {row['dst_ip']}:{row['dst_port']}")
    if row.get("class_uid") == _FILE and row.get("file_path"):
        return _short(f"{image} {_FILE_VERBS.get(activity, event_type)} {row['file_path']}")
    return _short(str(row.get("process_cmd_line") or image))


_FILE = 1001
_FILE_VERBS = {
    "1": "created",
    "2": "read",
    "3": "changed",
    "4": "removed",
    "5": "renamed",
    "6": "changed the attributes of",
    "7": "changed the permissions of",
    "14": "opened",
}
_NETWORK_VERBS = {"connect": "connected to", "bind": "listened on", "sendto": "sent to"}


def _sentences(row: Mapping[str, object], moment: Moment, decision: Decision) -> list[str]:
    """What happened, then the basis or the strongest evidence, most surprising first."""
    parent = row.get("parent_cmd_line") or row.get("parent_path")
    started = f", started by '{_short(str(parent))}'" if parent else ""
    said = [f"On {row['host']}, user {moment.who}: {what_happened(row)}{started}."]
    if decision.basis in BASIS_SENTENCES:
        said.append(BASIS_SENTENCES[decision.basis])
    if decision.prediction:
        surprising = [e.sentence for e in decision.prediction.evidence if e.surprise > 1]
        said.extend(surprising[:_SENTENCES])
        if decision.basis is Basis.UNEXPECTED and not surprising:
            said.append(_UNUSUAL.format(share=decision.prediction.probability))
    return said


def as_json(decision: Decision) -> dict[str, object]:
    """The decision as plain values, for the store and the API."""
    prediction = decision.prediction
    return {
        "outcome": decision.outcome.value,
        "basis": decision.basis.value,
        "event_uid": decision.event_uid,
        "artefacts": dict(decision.artefacts),
        "prediction": None
        if prediction is None
        else {
            "probability": prediction.probability,
            "surprise": prediction.surprise,
            "model": prediction.model,
            "evidence": [
                {"member": e.member, "surprise": e.surprise, "sentence": e.sentence}
                for e in prediction.evidence
            ],
        },
    }


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
