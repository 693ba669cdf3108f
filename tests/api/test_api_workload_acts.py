"""A workload up close: what is told is what events and alerts say, of this workload alone."""

from pathlib import Path
from typing import Any

from tests.api.conftest import NOW, TENANT
from tests.api.lake_site import LakeSite, Row, made_site

from foreseen.control.alert_commit import Decided, commit_decisions
from foreseen.control.cursors import Checkpoint
from foreseen.control.dispositions import Disposition, dispose, undo
from foreseen.control.reasons import Verdict
from foreseen.core.alerts import Alert
from foreseen.core.ids import RuleId
from foreseen.lake.rollups import HOUR_MS

DAY = {"from": "2026-09-21T00:00:00Z", "until": "2026-09-22T00:00:00Z"}
FILE = {"class_uid": 1001, "activity_id": 3, "event_type": "openat", "process_path": "/bin/sh"}
PORT = {"class_uid": 4001, "activity_id": 7, "event_type": "bind", "process_path": "/usr/bin/nc"}


def raised(site: LakeSite, uid: str, rule: str, time: int, severity: str) -> float:
    """An alert; its risk."""
    made = Alert(
        uid, TENANT, RuleId(rule), "web", "web-1", "s", time, time, severity, "t", (), None,
        (uid,), None, {"outcome": "alerted"},
    )  # fmt: skip
    commit_decisions(site.engine, TENANT, Decided((made,)), Checkpoint("judge", time))
    risk: float = site.get(f"/alerts/{uid}")["risk"]
    return risk


def dismissed(site: LakeSite, uid: str, time: int) -> int:
    """Somebody says that an alert is nothing; the number of the word."""
    said = Disposition(uid, "ann", Verdict.DISMISSED, "business operation", "", time)
    return dispose(site.engine, TENANT, said)


def test_the_risk_is_that_of_the_alerts_that_waited_then(tmp_path: Path) -> None:
    with made_site(tmp_path) as site:
        low = raised(site, "a", "quiet", NOW, "low")
        high = raised(site, "b", "loud", NOW + 2 * HOUR_MS, "critical")
        assert low < high
        number = dismissed(site, "b", NOW + 4 * HOUR_MS)
        told = site.get("/workloads/web/risk", **DAY, every="hour")
        assert {at["time"][11:16] for at in told["course"][1:]} >= {"14:00", "23:00", "00:00"}
        points = {at["time"]: (at["waiting"], at["risk"], at["rule"]) for at in told["course"]}
        assert points["2026-09-21T14:00:00.000+00:00"] == (0, 0, None)
        assert points["2026-09-21T15:00:00.000+00:00"] == (1, low, "quiet")
        assert points["2026-09-21T17:00:00.000+00:00"] == (2, high, "loud")
        assert points["2026-09-21T19:00:00.000+00:00"] == (1, low, "quiet")
        assert [(of["rule"], of["risk"]) for of in told["shares"]] == [("quiet", low)]
        undo(site.engine, TENANT, number, now=NOW + 6 * HOUR_MS)
        again = site.get("/workloads/web/risk", **DAY, every="hour")
        leading = {at["time"]: at["rule"] for at in again["course"]}
        assert leading["2026-09-21T19:00:00.000+00:00"] == "quiet"
        assert leading["2026-09-21T21:00:00.000+00:00"] == "loud"
        assert [of["rule"] for of in again["shares"]] == ["loud", "quiet"]
        site.get(
            "/workloads/web/risk", status=422, **{"from": "2020-01-01T00:00:00Z"}, every="hour"
        )
        assert site.get("/workloads/nowhere/risk", **DAY)["shares"] == []


def test_files_that_changed_are_told_with_who_changed_them(tmp_path: Path) -> None:
    rows: list[Row] = [
        {**FILE, "file_path": "/etc/passwd", "user_name": "ana"},
        {**FILE, "file_path": "/etc/passwd", "activity_id": 7, "event_type": "chmod"},
        {**FILE, "file_path": "/etc/ssh/sshd_config", "activity_id": 2},  # read alone
        {**FILE, "file_path": "/var/log/a/b.log", "user_name": "<b>\u202e"},
        {**FILE, "file_path": "notes.txt"},
        {**FILE, "file_path": "/etc/shadow", "workload": "db"},
    ]
    with made_site(tmp_path, *rows) as site:
        found = site.get("/workloads/web/files", **DAY)
        folders = {each["folder"]: (each["events"], each["files"]) for each in found["folders"]}
        assert folders == {"/etc": (2, 1), "/var/log": (1, 1), "": (1, 1)}
        files = {each["file_path"]: each for each in found["files"]}
        assert set(files) == {"/etc/passwd", "/var/log/a/b.log", "notes.txt"}
        assert files["/etc/passwd"]["acts"] == ["chmod", "openat"]
        assert files["/var/log/a/b.log"]["last_user"] == "<b>\u202e"
        under = site.get("/workloads/web/files", **DAY, under="/etc/")
        assert [each["file_path"] for each in under["files"]] == ["/etc/passwd"]
        assert site.get("/workloads/web/files", **DAY, under="/e%c'")["files"] == []
        assert len(site.get("/workloads/web/files", **DAY, limit=1)["files"]) == 1


def test_ports_are_told_with_the_programs_that_opened_them(tmp_path: Path) -> None:
    rows: list[Row] = [
        {**PORT, "dst_ip": "10.0.0.1", "dst_port": 4444},
        {**PORT, "dst_ip": "10.0.0.2", "dst_port": 4444},
        {**PORT, "src_ip": "::", "src_port": 80, "process_path": "/usr/sbin/nginx"},
        {**PORT, "activity_id": 1, "dst_ip": "10.0.0.9", "dst_port": 443},  # a connection
        {**PORT, "dst_path": "/run/socket"},
    ]
    with made_site(tmp_path, *rows) as site:
        ports = site.get("/workloads/web/ports", **DAY)["ports"]
        told = [(each["port"], each["program"], each["addresses"]) for each in ports]
        assert told == [
            (80, "/usr/sbin/nginx", ["::"]),
            (4444, "/usr/bin/nc", ["10.0.0.1", "10.0.0.2"]),
        ]


def test_what_is_new_is_told_apart_from_what_was_always_so(tmp_path: Path) -> None:
    before = NOW - 5 * HOUR_MS
    rows: list[Row] = [
        {"process_path": "/bin/ls", "time": before},
        {"process_path": "/bin/old", "time": before},
        {"process_path": "/tmp/a1B2/run", "time": before},
        {"process_path": "/bin/ls"},
        {"process_path": "/tmp/c3D4/run"},
        {"process_path": "/tmp/c3D4/xX9"},
        {"process_path": "/usr/bin/nc"},
        {"process_path": "/usr/bin/nc"},
        {**PORT, "dst_ip": "10.0.0.1", "dst_port": 4444},
        {"process_path": "/bin/elsewhere", "workload": "db"},
    ]
    with made_site(tmp_path, *rows) as site:
        found = site.get("/workloads/web/baseline", **{**DAY, "from": "2026-09-21T13:00:00Z"})
        kinds: dict[str, Any] = {each["kind"]: each for each in found["kinds"]}
        program = kinds["program"]
        assert [(each["value"], each["lately"]) for each in program["new"]] == [
            ("/usr/bin/nc", 2),
            ("/tmp/…", 1),
        ]
        assert [each["value"] for each in program["missed"]] == ["/bin/old"]
        counted = [program[name] for name in ("lately", "before", "fresh", "gone")]
        assert counted == [4, 3, 2, 1]
        assert [each["value"] for each in kinds["port"]["new"]] == ["4444"]
        assert kinds["destination"] == {
            "kind": "destination", "lately": 0, "before": 0, "fresh": 0, "gone": 0,
            "new": [], "missed": [],
        }  # fmt: skip
        assert found["first_time"] is not None
        empty = site.get("/workloads/nowhere/baseline", **DAY)
        assert empty["first_time"] is None
        site.get("/workloads/web/baseline", status=422, **DAY, past="2026-09-21T00:00:00Z")
