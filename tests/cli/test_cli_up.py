"""`foreseen up` as a program: tokens once, telemetry in, alerts out, stopped and started again."""

import signal
import socket
import time
from pathlib import Path

import pytest
import zstandard
from sqlalchemy import text
from tests.api.people import RULE
from tests.cli.commands import execve, foreseen
from tests.cli.serving import (
    MAIN,
    STOP_SECONDS,
    alerts_of,
    client_of,
    post,
    running,
    token_of,
)
from tests.recording import extract
from tests.runners.installation import drain, fill

from foreseen.control.database import open_database, writing
from foreseen.intake.log import IntakeLog


@pytest.mark.parametrize(
    "sign", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)]
)
def test_lines_become_alerts_and_a_restart_goes_on(tmp_path: Path, sign: signal.Signals) -> None:
    with running(tmp_path) as server, client_of(server) as client:
        ingest, read = token_of(server, "ingest"), token_of(server, "read")
        post(client, ingest, execve(1, "id") + extract(1_500))  # cut in the middle of an event
        before = alerts_of(client, read, 3)
        code, out = server.end(sign)
        assert out == ""
        assert code == 0
        assert "Traceback" not in "".join(server.said)
    with running(tmp_path) as server, client_of(server) as client:
        after = {alert["uid"]: alert for alert in alerts_of(client, read, len(before))}
        assert {alert["uid"] for alert in before} <= set(after)
        post(client, ingest, extract(4_000)[len(extract(1_500)) :])
        assert set(after) < {alert["uid"] for alert in alerts_of(client, read, len(after) + 1)}
        assert "fsn_" not in "".join(server.said)  # tokens are shown once


@pytest.mark.slow
def test_a_request_that_hangs_does_not_hold_up_the_end(tmp_path: Path) -> None:
    with running(tmp_path) as server, client_of(server) as client:
        token = token_of(server, "ingest")["Authorization"]
        address = (str(client.base_url.host), client.base_url.port or 0)
        with socket.create_connection(address) as hanging:
            head = f"POST /api/v1/ingest/auditd HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\n"
            hanging.sendall(f"{head}Content-Length: 1000\r\n\r\nhalf".encode())
            time.sleep(0.2)
            assert server.end(signal.SIGTERM) == (0, "")


@pytest.mark.slow
def test_what_was_acknowledged_is_judged_after_a_failure_for_good(tmp_path: Path) -> None:
    harm = "partition.dump_shard = lambda _: 1 / 0"
    broken = f"from foreseen.runners.shards import partition; {harm}; {MAIN}"
    with running(tmp_path, code=broken) as server, client_of(server) as client:
        ingest, read = token_of(server, "ingest"), token_of(server, "read")
        post(client, ingest, execve(1, "id"))
        assert server.process.wait(STOP_SECONDS) == 1
    assert "the worker failed; the server stops" in "".join(server.said)
    with running(tmp_path) as server, client_of(server) as client:
        (alert,) = alerts_of(client, read, 1)
        assert alert["rule"] == "discovery_command"


@pytest.mark.long
def test_a_server_that_does_all_has_a_folder_where_people_keep_rules(tmp_path: Path) -> None:
    with running(tmp_path) as server, client_of(server) as client:
        read = token_of(server, "read")
        assert client.get("/api/v1/rules?limit=1", headers=read).json()["can_keep"]
        own = RULE.replace("download_tool", "own").replace("0001", "0009")
        (tmp_path / "rules" / "own.yml").write_text(own)
        server.wait_for("rules are now")
        assert server.end(signal.SIGTERM)[0] == 0
    with running(tmp_path) as server, client_of(server) as client:
        shown = client.get("/api/v1/rules/own", headers=read).json()
        assert (shown["kept"], shown["path"]) == ("local", "local/own.yml")


def test_a_second_server_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    with IntakeLog.open(tmp_path / "intake"):
        ran = foreseen("up", "--data", tmp_path, "--port", "0")
    assert (ran.code, ran.out) == (2, "")
    assert "another process has this log open" in ran.err


def test_a_port_that_is_taken_is_named_and_no_token_is_made(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = foreseen("up", "--data", tmp_path / "new", "--port", str(port))
    assert (ran.code, ran.out) == (2, "")
    assert f"127.0.0.1:{port}: cannot listen there" in ran.err
    assert not (tmp_path / "new").exists()


def test_a_state_that_cannot_be_read_ends_it_with_what_is_wrong(tmp_path: Path) -> None:
    fill(tmp_path, [execve(1, "id")])
    drain(tmp_path)
    control = open_database(tmp_path / "control.db")
    with writing(control) as session:
        harm = text("UPDATE cursor SET state = :state WHERE name NOT LIKE 'division%'")
        session.execute(harm, {"state": zstandard.compress(b"[]")})
    control.dispose()
    ran = foreseen("up", "--data", tmp_path, "--port", "0")
    assert (ran.code, ran.out) == (1, "")
    assert "error: a snapshot of state" in ran.err
