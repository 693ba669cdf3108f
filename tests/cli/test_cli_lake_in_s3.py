"""An installation whose lake lies in S3 is whole: the server, its API, and every command."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine, text
from tests.cli.commands import execve, foreseen
from tests.cli.serving import alerts_of, client_of, post, running, token_of
from tests.cli.test_cli_models_life import RULE
from tests.lake.object_store import BUCKET, options, s3_server
from tests.models.histories import matches

from foreseen.control import jobs, model_versions
from foreseen.control.database import opened, writing
from foreseen.control.jobs import Job
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.lake.lake import Cursor, Lake
from foreseen.runners.life.retraining import RETRAIN

ADDRESS = f"s3://{BUCKET}/whole"
BEFORE = 1_795_200_000_000
UNTIL = "2026-11-21T12:00:00"
HOUR = 60 * 60 * 1000
SETTINGS = "rhythm: {look: 1s, pause: 1m}\n"
_PATIENCE_SECONDS = 120


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A fresh S3 server, which the environment names."""
    with s3_server() as found:
        named = {"ACCESS_KEY_ID": "key", "SECRET_ACCESS_KEY": "the-secret", "REGION": "us-east-1"}
        for name, value in named.items():
            monkeypatch.setenv(f"AWS_{name}", value)
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", found)
        yield found


def remembered(endpoint: str) -> None:
    """500 matches of a day before."""
    rows = [
        {
            "match_uid": f"m-{number}",
            "event_uid": f"e-{number}",
            "time": BEFORE + number * 1_000,
            "ingested_time": BEFORE + number * 1_000,
            "process_cmd_line": f"curl -{'sxv'[number % 3]} http://10.0.0.{number % 4}/health",
        }
        for number in range(500)
    ]
    lake = Lake.open(ADDRESS, s3=options(endpoint))
    lake.commit({"matches": matches(rows)}, Cursor("before", 1))


def older(engine: Engine) -> None:
    """As if the models were trained an hour ago, so that the pause after it is over."""
    with writing(engine) as session:
        session.execute(text("UPDATE model_version SET time = time - :hour"), {"hour": HOUR})


def trained_again(engine: Engine) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not (found := retrainings(engine)) or found[0].progress < 1:
        assert time.monotonic() < deadline, found
        assert all(job.error is None for job in found), found
        time.sleep(0.2)


def retrainings(engine: Engine) -> list[Job]:
    return [job for job in jobs.jobs(engine, DEFAULT_TENANT) if job.kind == RETRAIN]


def dismissed(client: httpx.Client, triage: dict[str, str], uid: str) -> None:
    said = {"verdict": "dismissed", "reason": "expected change"}
    path = f"/api/v1/alerts/{uid}/dispositions"
    answer = client.post(path, headers=triage, json=said, timeout=_PATIENCE_SECONDS)
    assert answer.status_code == 201, answer.text
    assert (answer.json()["problem"], answer.json()["number"]) == (None, 1)
    assert answer.json()["receipt"] is not None


@pytest.mark.slow
def test_alerts_words_models_and_commands_all_work_on_it(tmp_path: Path, endpoint: str) -> None:
    data, rules, settings = tmp_path / "data", tmp_path / "rules", tmp_path / "settings.yml"
    rules.mkdir()
    (rules / "download_tool.yml").write_text(RULE.replace("/curl", "/id"))
    settings.write_text(SETTINGS)
    served = ("--port", "0", "--rules", str(rules), "--settings", str(settings))
    with running(data, *served, "--lake", ADDRESS) as server, client_of(server) as client:
        tokens = {scope: token_of(server, scope) for scope in ("ingest", "read", "triage")}
        post(client, tokens["ingest"], execve(1, "id"))
        (alert,) = alerts_of(client, tokens["read"], 1)
        assert server.end(signal.SIGTERM) == (0, "")
    remembered(endpoint)
    trained = foreseen("models", "train", "--until", UNTIL, "--rules", rules, "--data", data)
    assert trained.code == 0, trained.err
    with opened(data / "control.db") as engine:
        older(engine)
        with running(data, *served) as server, client_of(server) as client:
            dismissed(client, tokens["triage"], alert["uid"])
            trained_again(engine)
            assert server.end(signal.SIGTERM) == (0, "")
        newest = model_versions.versions(engine, DEFAULT_TENANT)[0]
    assert (newest.number, newest.author) == (2, "retraining")
    every_command_asks(data, rules, alert["uid"])
    assert not (data / "lake").exists()


def every_command_asks(data: Path, rules: Path, alert: str) -> None:
    (event,) = foreseen("search", "--json", "--data", data).rows
    assert event["process_cmd_line"] == "id"
    (counted,) = foreseen("hunt", "SELECT count(*) n FROM matches", "--json", "--data", data).rows
    assert counted == {"n": 501}
    for typed in (
        ("models", "ledger", "--rules", rules),
        ("alerts", "explain", alert),
        ("models", "explain", alert),
        ("models", "promises"),
        ("models", "compare", "1", "2", "--rules", rules),
        ("models", "audit", "list"),
        (
            "alerts",
            "escalate",
            alert,
            "--reason",
            "suspected attack",
            "--dry-run",
            "--rules",
            rules,
        ),
        ("alerts", "undo", "1"),
        ("rules", "coverage"),
        ("rules", "stats"),
        ("rules", "diff", "--rules", rules),
        ("quarantine", "list"),
        ("suppressions", "lint"),
        ("lake", "status"),
        ("lake", "verify"),
        ("lake", "compact"),
        ("lake", "expire"),
        ("export", data.parent / "out"),
    ):
        ran = foreseen(*typed, "--data", data)
        assert ran.code == 0, (typed, ran.err)


@pytest.mark.long
def test_tokens_are_shown_by_the_first_start_that_succeeds(
    tmp_path: Path, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as without:
        without.delenv("AWS_ACCESS_KEY_ID")
        ran = foreseen("up", "--data", tmp_path, "--port", "0", "--lake", ADDRESS)
        assert (ran.code, ran.out) == (2, "")
        assert "AWS_ACCESS_KEY_ID" in ran.err
    with running(tmp_path, "--port", "0", "--lake", ADDRESS) as server, client_of(server):
        token_of(server, "triage")
    ran = foreseen("up", "--data", tmp_path, "--port", "0", "--lake", "s3://lake/other")
    assert (ran.code, ran.out) == (2, "")
    assert f"its lake lies in {ADDRESS}, not in s3://lake/other" in ran.err
    assert endpoint not in ran.err


@pytest.mark.slow
def test_what_needs_the_lake_in_the_folder_says_so(tmp_path: Path, endpoint: str) -> None:
    data = tmp_path / "data"
    with running(data, "--port", "0", "--lake", ADDRESS) as server:
        token_of(server, "read")  # it has opened its stores
        held = foreseen("lake", "moved", data / "lake", "--data", data)
        assert (held.code, "another server works on this folder" in held.err) == (2, True)
    (tmp_path / "audit.log").write_bytes(execve(1, "id"))
    for typed in (("lake", "backup", tmp_path / "copy"), ("replay", tmp_path / "audit.log")):
        ran = foreseen(*typed, "--data", data)
        assert (ran.code, f"its lake lies in {ADDRESS}" in ran.err) == (2, True), ran.err
    assert not (tmp_path / "copy").exists()
    del endpoint
