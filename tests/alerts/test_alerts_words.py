"""Alerts in words and as OCSF findings: what happened and why; hostile text stays data."""

from collections.abc import Mapping
from dataclasses import replace

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.models.histories import hostile_text, matches

from foreseen.alerts.compose import (
    alert_of,
    as_json,
    joined,
    opened_with,
    severity_of,
    what_happened,
)
from foreseen.alerts.finding import finding_of
from foreseen.alerts.thresholds import NO_THRESHOLD, Standing
from foreseen.core.alerts import Alert
from foreseen.core.decisions import Basis, Decision, Evidence, Outcome, Prediction
from foreseen.core.ids import DEFAULT_TENANT, ContentHash, EventUid, RuleId
from foreseen.models.moments.moment import moments_of
from foreseen.rules import Logsource, Rule
from foreseen.rules.rule import Alerting

RULE = Rule(
    id=RuleId("download_tool"),
    uuid="",
    title="Download tool",
    description="Runs a download tool.",
    level="high",
    severity=1,
    techniques=("T1105", "T1059.004"),
    tactics=(),
    logsource=Logsource("process_creation", "linux"),
    foresee=True,
    alerting=Alerting(),
    compliance=(),
    fields=(),
    columns=(),
    falsepositives=(),
    path="download_tool.yml",
    line=1,
)
ODD = Prediction(
    0.001,
    9.97,
    (
        Evidence("parent", 8.0, "'nginx' never led to curl."),
        Evidence("act", 3.0, "curl was seen 4 times, never in this way."),
        Evidence("user", 0.2, "user 33 did this 900 times."),
    ),
    ContentHash("hash"),
)


def decision(basis: Basis = Basis.UNEXPECTED, prediction: Prediction | None = ODD) -> Decision:
    return Decision(
        tenant=DEFAULT_TENANT,
        match_uid="match",
        event_uid=EventUid("event"),
        rule=RULE.id,
        outcome=Outcome.ALERTED,
        basis=basis,
        prediction=prediction,
        incident="match",
        artefacts={"rules": ContentHash("r")},
    )


def alert(said: Decision | None = None, **columns: object) -> Alert:
    return alert_on(columns, said)


def alert_on(columns: Mapping[str, object], said: Decision | None = None) -> Alert:
    row = {
        "match_uid": "match",
        "time": 1_700_000_000_000,
        "user_uid": "1000",
        "process_cmd_line": "curl http://203.0.113.9/x",
        "parent_cmd_line": "nginx -g daemon",
        **columns,
    }
    table = matches([row])
    (moment,) = moments_of(table)
    return alert_of(table.to_pylist()[0], moment, said or decision(), RULE)


def test_the_first_sentence_says_who_did_what_where_and_from_what() -> None:
    said = alert().sentences[0]
    for word in ("web-1", "1000", "curl http://203.0.113.9/x", "nginx -g daemon"):
        assert word in said


def test_the_other_sentences_give_the_strongest_evidence_first_and_no_weak_one() -> None:
    assert alert().sentences[1:] == (ODD.evidence[0].sentence, ODD.evidence[1].sentence)


WEAK = Prediction(0.01, 6.6, (Evidence("act", 0.9, "curl is rare."),), ContentHash("hash"))


SILENT = {Basis.EXPECTED, Basis.COUNTED, Basis.SUPPRESSED_BY_HAND, Basis.BELOW_THRESHOLD}


@pytest.mark.parametrize(
    ("basis", "prediction"),
    [
        (basis, prediction)
        for basis in Basis
        for prediction in (None, WEAK, ODD)
        if basis not in SILENT
        and (prediction is not None or basis is not Basis.UNEXPECTED)  # a prediction's word
    ],
)
def test_every_alert_says_why(basis: Basis, prediction: Prediction | None) -> None:
    sentences = alert(decision(basis, prediction)).sentences
    assert len(sentences) >= 2
    assert "" not in sentences
    assert all(sentence.endswith(".") for sentence in sentences)


_NETWORK = {"class_uid": 4001, "dst_ip": "8.8.8.8", "dst_port": 53}
_FILE = {"class_uid": 1001, "file_path": "/etc/passwd"}


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({**_NETWORK, "event_type": "connect"}, "connected to 8.8.8.8:53"),
        ({**_NETWORK, "event_type": "bind"}, "listened on 8.8.8.8:53"),
        ({**_FILE, "activity_id": 2}, "read /etc/passwd"),
        ({**_FILE, "activity_id": 4}, "removed /etc/passwd"),
        ({**_FILE, "activity_id": 99, "event_type": "openat"}, "openat /etc/passwd"),
        ({"process_cmd_line": None}, "/usr/bin/curl"),
        ({"process_cmd_line": None, "process_path": None, "process_name": "kworker"}, "kworker"),
        ({"process_cmd_line": None, "process_path": None}, "a process"),
    ],
)
def test_the_title_says_what_happened(columns: dict[str, object], words: str) -> None:
    title = alert_on(columns).title
    assert title.startswith("Download tool: ")
    assert words in title


@given(text=hostile_text.filter(bool), long=st.integers(0, 5_000))
def test_hostile_text_is_kept_as_it_is_and_short(text: str, long: int) -> None:
    found = alert(process_cmd_line=text + "x" * long, parent_cmd_line="<b>\x1b[2J" + "y" * long)
    assert len(found.title) < 200
    assert all(len(sentence) < 700 for sentence in found.sentences)
    assert text[:100] in found.title
    assert orjson.loads(orjson.dumps(finding_of(found, RULE)))["finding_info"]["title"] == (
        found.title
    )


def test_what_happened_never_lacks_a_word() -> None:
    assert what_happened({}) == "a process"


def test_an_alert_takes_like_matches_and_keeps_the_worst_surprise() -> None:
    first = alert()
    worse = Prediction(0.0001, 13.3, (), ContentHash("hash"))
    grown = joined(joined(first, "m2", 10**14, worse), "m3", first.first_time - 5, None)
    assert grown.members == ("match", "m2", "m3")
    assert grown.count == 3
    assert (grown.first_time, grown.last_time) == (first.first_time, 10**14)
    assert grown.surprise == 13.3
    assert grown.uid == first.uid


def test_surprise_is_unknown_until_a_member_has_one() -> None:
    bare = alert(decision(Basis.NO_MODEL, None))
    assert bare.surprise is None
    assert joined(bare, "m2", 1, None).surprise is None
    assert joined(bare, "m2", 1, ODD).surprise == ODD.surprise


def test_the_decision_in_an_alert_names_all_that_it_depended_on() -> None:
    told = orjson.loads(orjson.dumps(as_json(decision())))
    assert told["basis"] == "unexpected"
    assert told["artefacts"] == {"rules": "r"}
    assert told["prediction"]["model"] == "hash"
    assert [e["member"] for e in told["prediction"]["evidence"]] == ["parent", "act", "user"]
    assert as_json(decision(Basis.NO_MODEL, None))["prediction"] is None


@pytest.mark.parametrize("rule", [RULE, None])
def test_a_finding_has_what_ocsf_requires(rule: Rule | None) -> None:
    finding = orjson.loads(orjson.dumps(finding_of(alert(), rule)))
    assert finding["class_uid"] == 2004
    assert finding["category_uid"] == finding["class_uid"] // 1000
    assert finding["type_uid"] == finding["class_uid"] * 100 + finding["activity_id"]
    assert finding["activity_id"] == 1
    assert isinstance(finding["severity_id"], int)
    assert finding["time"] == 1_700_000_000_000
    assert finding["metadata"]["version"] == "1.8.0"
    assert finding["metadata"]["product"]["name"]
    assert finding["metadata"]["product"]["vendor_name"]
    assert finding["finding_info"]["uid"] == finding["metadata"]["uid"] == "match"
    assert finding["finding_info"]["title"]
    assert finding["finding_info"]["analytic"]["type_id"] == 1
    assert finding["device"]["type_id"] == 0
    assert [event["uid"] for event in finding["finding_info"]["related_events"]] == ["match"]


@pytest.mark.parametrize(
    ("level", "own", "severity"),
    [
        ("critical", 1, "critical"),
        ("high", 1, "high"),
        ("high", 2, "medium"),
        ("critical", 3, "low"),
        ("informational", 3, "informational"),
        ("informational", 1, "high"),
        ("medium", 2, "medium"),
    ],
)
def test_a_severity_of_the_rules_own_goes_before_its_level(
    level: str, own: int, severity: str
) -> None:
    assert severity_of(replace(RULE, level=level, severity=own)) == severity


def test_an_alert_of_a_rule_that_is_gone_has_a_severity_and_a_title() -> None:
    table = matches([{"match_uid": "match", "time": 1, "process_cmd_line": "curl x"}])
    (moment,) = moments_of(table)
    found = alert_of(table.to_pylist()[0], moment, decision(), None)
    assert (found.severity, found.title) == ("medium", "download_tool: curl x")


def test_an_alert_opens_with_those_that_waited_in_front() -> None:
    first = alert()
    time = first.first_time
    waited = ((time - 9, "a"), (time + 5, "b"))
    opened = opened_with(first, Standing(waited=waited, why="3 matches."))
    assert opened.members == ("a", "b", "match")
    assert (opened.first_time, opened.last_time) == (time - 9, time + 5)
    assert opened.sentences == ("3 matches.", *first.sentences)
    assert opened.uid == first.uid
    assert opened_with(first, NO_THRESHOLD) == first


@pytest.mark.parametrize(
    ("level", "severity"),
    [
        ("informational", 1),
        ("low", 2),
        ("medium", 3),
        ("high", 4),
        ("critical", 5),
        ("unheard", 0),
        ("", 0),
    ],
)
def test_levels_become_ocsf_severities(level: str, severity: int) -> None:
    found = alert()
    leveled = Alert(
        **{name: getattr(found, name) for name in Alert.__dataclass_fields__} | {"severity": level}
    )
    assert finding_of(leveled, RULE)["severity_id"] == severity


def test_a_finding_names_techniques_and_sub_techniques() -> None:
    finding = orjson.loads(orjson.dumps(finding_of(alert(), RULE)))
    technique, sub = finding["finding_info"]["attacks"]
    assert technique == {"technique": {"uid": "T1105"}}
    assert sub["sub_technique"] == {"uid": "T1059.004"}
    assert sub["technique"] == {"uid": "T1059"}
