"""A person over time: what is told is what events, matches and alerts say, of this person alone."""

from pathlib import Path
from typing import Any

from tests.api.conftest import NOW, TENANT
from tests.api.lake_site import LakeSite, Row, commit, made_site

from foreseen.control.alert_commit import Decided, commit_decisions
from foreseen.control.cursors import Checkpoint
from foreseen.control.dispositions import Disposition, dispose
from foreseen.control.reasons import Verdict
from foreseen.core.alerts import Alert
from foreseen.core.ids import RuleId
from foreseen.lake.rollups import HOUR_MS

DAY = {"from": "2026-09-21T00:00:00Z", "until": "2026-09-22T00:00:00Z"}
LOGIN = {"class_uid": 3002, "status_id": 1, "auth_account": "ana", "user_uid": "1000"}
BY_NUMBER = {"user_uid": "1000"}
"""Ana's, as audit records tell of her: the number of whoever logged in, and no name."""


def hour(number: int) -> int:
    return NOW // HOUR_MS * HOUR_MS + number * HOUR_MS


def judged(site: LakeSite, *matches: tuple[str, int, str, Row]) -> None:
    """Matches with what was decided of each: uid, time, outcome, whose."""
    rows = [
        {"match_uid": uid, "time": at, "rule_id": "r", **whose} for uid, at, _, whose in matches
    ]
    commit(site.lake, "matches", rows, version=1)
    told = [
        {"match_uid": uid, "time": at, "outcome": outcome, "basis": "expected", "rule_id": "r"}
        for uid, at, outcome, _ in matches
    ]
    commit(site.lake, "predictions", told, version=1)


def raised(site: LakeSite, uid: str, rule: str, time: int, members: tuple[str, ...]) -> float:
    """An alert of these matches; its risk."""
    severity = "critical" if rule == "loud" else "low"
    made = Alert(
        uid, TENANT, RuleId(rule), "web", "web-1", "s", time, time, severity, "t", (), None,
        members, None, {"outcome": "alerted"},
    )  # fmt: skip
    commit_decisions(site.engine, TENANT, Decided((made,)), Checkpoint("judge", time))
    risk: float = site.get(f"/alerts/{uid}")["risk"]
    return risk


def test_the_course_of_a_person_is_what_they_did_by_name_and_by_number(tmp_path: Path) -> None:
    events: list[Row] = [
        {**LOGIN, "session_uid": "7", "time": hour(0)},
        {**LOGIN, "session_uid": "7", "status_id": 2, "time": hour(0) + 1},
        {**BY_NUMBER, "time": hour(2)},
        {"user_name": "ana", "time": hour(2) + 1},
        {"user_name": "bob", "time": hour(2) + 2},
    ]
    with made_site(tmp_path, *events) as site:
        judged(
            site,
            ("m1", hour(2), "alerted", BY_NUMBER),
            ("m2", hour(2), "suppressed", {"user_name": "ana"}),
            ("m3", hour(3), "suppressed", BY_NUMBER),
            ("m4", hour(3), "alerted", {"user_name": "bob"}),
        )
        told = site.get("/people/ana/course", **DAY, every="hour")["course"]
        names = ("events", "logins", "failed", "matches", "suppressed", "alerted")
        counted = {at["time"]: tuple(at[name] for name in names) for at in told}
        first, third, fourth = (f"2026-09-21T{14 + n}:00:00.000+00:00" for n in (0, 2, 3))
        assert counted == {
            first: (2, 2, 1, 0, 0, 0),
            third: (2, 0, 0, 2, 1, 1),
            fourth: (0, 0, 0, 1, 1, 0),
        }
        assert [at["time"] for at in told] == sorted(counted)
        days = site.get("/people/ana/course", **DAY)["course"]
        assert [at["events"] for at in days] == [4]
        assert site.get("/people/nobody/course", **DAY)["course"] == []
        site.get("/people/ana/course", 422, **{"from": "2020-01-01T00:00:00Z"}, every="hour")


def test_the_risk_of_a_person_is_that_of_alerts_with_matches_of_theirs(tmp_path: Path) -> None:
    events: list[Row] = [{**LOGIN, "session_uid": "7", "time": hour(0)}]
    with made_site(tmp_path, *events) as site:
        judged(
            site,
            ("m1", hour(1), "alerted", BY_NUMBER),
            ("m2", hour(2), "alerted", {"user_name": "bob"}),
            ("m3", hour(2), "alerted", {"user_name": "ana"}),
            ("m4", hour(3), "alerted", {"user_name": "bob"}),
        )
        low = raised(site, "a", "quiet", hour(1), ("m1",))
        high = raised(site, "b", "loud", hour(2), ("m2", "m3"))
        raised(site, "c", "loud", hour(3), ("m4",))  # of bob alone
        said = Disposition("b", "ann", Verdict.DISMISSED, "business operation", "", hour(5))
        dispose(site.engine, TENANT, said)
        told: dict[str, Any] = site.get("/people/ana/risk", **DAY, every="hour")
        points = {
            at["time"][11:13]: (at["waiting"], at["risk"], at["rule"]) for at in told["course"]
        }
        assert points["14"] == (0, 0, None)
        assert points["15"] == (1, low, "quiet")
        assert points["16"] == points["18"] == (2, high, "loud")
        assert points["19"] == (1, low, "quiet")
        assert [(of["rule"], of["risk"]) for of in told["shares"]] == [("quiet", low)]
        assert told["of_all"] is True
        later = {"from": "2026-09-22T00:00:00Z", "until": "2026-09-23T00:00:00Z"}
        assert site.get("/people/bob/risk", **later)["course"][-1]["waiting"] == 1
        assert site.get("/people/nobody/risk", **DAY)["shares"] == []
        answer = site.client.get("/api/v1/people/ana/risk", params=DAY, headers=site.other)
        assert answer.json()["shares"] == []


def test_what_is_new_of_a_person_is_told_apart_from_what_was_always_so(tmp_path: Path) -> None:
    events: list[Row] = [
        {**LOGIN, "session_uid": "6", "src_ip": "10.0.0.1", "time": hour(-5)},
        {**BY_NUMBER, "process_path": "/bin/ls", "time": hour(-5)},
        {**BY_NUMBER, "process_path": "/bin/old", "time": hour(-5)},
        {**LOGIN, "session_uid": "7", "src_ip": "203.0.113.9", "time": hour(0)},
        {**BY_NUMBER, "process_path": "/bin/ls", "time": hour(0)},
        {"user_name": "ana", "process_path": "/usr/bin/nc", "host": "db-1", "time": hour(0)},
        {"user_name": "bob", "process_path": "/bin/bob", "time": hour(0)},
    ]
    with made_site(tmp_path, *events) as site:
        found = site.get("/people/ana/baseline", **{**DAY, "from": "2026-09-21T13:00:00Z"})
        kinds: dict[str, Any] = {each["kind"]: each for each in found["kinds"]}
        new = {kind: [each["value"] for each in of["new"]] for kind, of in kinds.items()}
        assert new == {
            "program": ["/usr/bin/nc"],
            "host": ["db-1"],
            "source": ["203.0.113.9"],
            "destination": [],
            "folder": [],
        }
        assert [each["value"] for each in kinds["program"]["missed"]] == ["/bin/old"]
        assert site.get("/people/nobody/baseline", **DAY)["first_time"] is None
        site.get("/people/ana/baseline", 422, **DAY, past="2026-09-21T00:00:00Z")
