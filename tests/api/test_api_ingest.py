"""Ingest: on the disk before it is acknowledged; hostile bodies are refused, never a 500."""

# ruff: noqa: ANN401 (test files cannot import the fixture's class from conftest)

import gzip
import http.client
import threading
import zlib
from pathlib import Path
from typing import Any

import pytest
import zstandard

from foreseen.api.app import Services, create_app
from foreseen.api.services import Standing
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.intake.log import IntakeLog, LogLimits

URL = "/api/v1/ingest/auditd"
MIB = 1 << 20


def stored(intake: IntakeLog) -> list[tuple[str, str, str, bytes]]:
    return [
        (each.entry.tenant, each.entry.source, each.entry.format, each.entry.data)
        for each in intake.read(intake.first, 1 << 30)
    ]


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"one\ntwo\n", {}),
        (b"one\ntwo", {"Content-Encoding": "identity"}),
        (gzip.compress(b"one\ntwo\n", mtime=0), {"Content-Encoding": "gzip"}),
        (
            gzip.compress(b"one\n", mtime=0) + gzip.compress(b"two\n", mtime=0),
            {"Content-Encoding": "GZIP"},
        ),
        (zstandard.compress(b"one\ntwo\n"), {"Content-Encoding": "zstd"}),
    ],
)
def test_lines_are_on_the_disk_when_acknowledged(
    api: Any, body: bytes, headers: dict[str, str]
) -> None:
    answer = api.client.post(URL, content=body, headers=headers | api.ingest)
    assert answer.status_code == 202
    assert answer.json() == {"acknowledged": 2, "offset": api.intake.end}
    ((tenant, source, form, data),) = stored(api.intake)
    assert (tenant, source, form) == ("default", "token-1", "auditd")
    assert data.split() == [b"one", b"two"]


def test_the_source_is_named_by_header_or_query(api: Any) -> None:
    named = api.ingest | {"X-Foreseen-Source": "web-1"}
    api.client.post(URL, content=b"x", headers=named)
    api.client.post(f"{URL}?source=web-2", content=b"x", headers=api.ingest)
    assert [source for _, source, _, _ in stored(api.intake)] == ["web-1", "web-2"]
    for bad in ("a b", "x" * 201, "é", ""):
        answer = api.client.post(URL, params={"source": bad}, content=b"x", headers=api.ingest)
        assert answer.status_code == 422


def test_an_empty_body_is_taken_and_not_stored(api: Any) -> None:
    answer = api.client.post(URL, content=b"", headers=api.ingest)
    assert (answer.status_code, answer.json()["acknowledged"]) == (202, 0)
    assert stored(api.intake) == []


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (b"no gzip", "gzip", 400),
        (gzip.compress(b"x" * 1000, mtime=0)[:-5], "gzip", 400),
        (gzip.compress(b"x" * 1000, mtime=0) + b"trailing", "gzip", 400),
        (gzip.compress(b"x", mtime=0)[:-8] + bytes(8), "gzip", 400),
        (b"no zstd", "zstd", 400),
        (zstandard.compress(bytes(range(256)) * 9)[:-5], "zstd", 400),
        (zstandard.compress(b"x") + b"trailing", "zstd", 400),
        (zlib.compress(b"x"), "deflate", 415),
        (b"x", "br, gzip", 415),
        (b"x" * (16 * MIB + 1), "", 413),
        (b"x" * (17 * MIB), "", 413),
        (gzip.compress(bytes(17 * MIB), mtime=0), "gzip", 413),
        (gzip.compress(bytes(9 * MIB), mtime=0) * 2, "gzip", 413),
        (zstandard.compress(bytes(512 * MIB)), "zstd", 413),
    ],
)
def test_hostile_bodies_are_refused_and_leave_nothing(
    api: Any, body: bytes, encoding: str, status: int
) -> None:
    headers = api.ingest | {"Content-Encoding": encoding}
    answer = api.client.post(URL, content=body, headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert stored(api.intake) == []


@pytest.mark.parametrize(
    "body", [b"\x00" * 100, bytes(range(256)), b"\n\n\n", b"\xff\xfe", "\u202e".encode()]
)
def test_odd_bytes_are_kept_as_they_came(api: Any, body: bytes) -> None:
    answer = api.client.post(URL, content=body, headers=api.ingest)
    assert answer.status_code == 202
    assert answer.json()["acknowledged"] == len(body.removesuffix(b"\n").split(b"\n"))
    assert [data for *_, data in stored(api.intake)] == [body]


def test_the_largest_body_fits(api: Any) -> None:
    body = b"x" * (16 * MIB)
    assert api.client.post(URL, content=body, headers=api.ingest).status_code == 202


def test_an_unknown_format_names_the_known_ones(api: Any) -> None:
    answer = api.client.post("/api/v1/ingest/evtx", content=b"x", headers=api.ingest)
    assert answer.status_code == 415
    assert "auditd, syslog" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("limits", "status"),
    [(LogLimits(backlog=10), 429), (LogLimits(keep_free=1 << 60), 503)],
)
def test_a_full_log_says_when_to_come_back(
    api: Any, serve: Any, tmp_path: Path, limits: LogLimits, status: int
) -> None:
    with IntakeLog.open(tmp_path / "full", limits=limits) as intake:
        services = Services(
            intake, api.engine, lambda: 0, frozenset({"auditd"}), frozenset({DEFAULT_TENANT})
        )
        with serve(create_app(services)) as client:
            answer = client.post(URL, content=b"x" * 100, headers=api.ingest)
            assert client.get("/readyz").status_code == (200 if status == 429 else 503)
        assert answer.status_code == status
        assert int(answer.headers["retry-after"]) > 0
        assert str(tmp_path) not in answer.text
        assert intake.end == 0


def test_concurrent_senders_and_broken_ones_are_served(api: Any) -> None:
    port = api.client.base_url.port
    answers: list[int] = []

    def send(name: str) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        for number in range(10):
            body = f"{name}-{number}\n".encode()
            connection.request("POST", URL, body, api.ingest)
            answer = connection.getresponse()
            answer.read()
            answers.append(answer.status)
        connection.close()

    broken = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    broken.putrequest("POST", URL)
    for key, value in (api.ingest | {"Content-Length": "1000"}).items():
        broken.putheader(key, value)
    broken.endheaders(b"half a body")
    broken.close()
    senders = [threading.Thread(target=send, args=(f"s{k}",)) for k in range(8)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert answers == [202] * 80
    assert len({data for *_, data in stored(api.intake)}) == 80


def test_data_of_an_organisation_that_no_worker_reads_are_refused_not_lost(
    api: Any, serve: Any, tmp_path: Path
) -> None:
    with IntakeLog.open(tmp_path / "unread") as intake:
        services = Services(intake, api.engine, lambda: 0, frozenset({"auditd"}), frozenset())
        with serve(create_app(services)) as client:
            answer = client.post(URL, content=b"line\n", headers=api.ingest)
        assert answer.status_code == 403
        assert "no worker" in answer.json()["detail"]
        assert intake.end == 0


def counted(api: Any) -> dict[str, dict[str, Any]]:
    answer = api.client.get("/api/v1/intake", headers=api.read)
    assert answer.status_code == 200
    return {each["source"]: each for each in answer.json()["sources"]}


def test_what_is_taken_and_what_is_refused_is_counted_by_source_and_reason(api: Any) -> None:
    def send(source: str, body: bytes, form: str = "auditd", encoding: str = "") -> None:
        headers = api.ingest | {"X-Foreseen-Source": source, "Content-Encoding": encoding}
        api.client.post(f"/api/v1/ingest/{form}", content=body, headers=headers)

    send("web-1", b"one\ntwo\n")
    send("web-1", b"three")
    send("web-1", b"")
    send("web-1", b"no gzip", encoding="gzip")
    send("web-2", b"x\n", form="evtx")
    send("web-2", b"x" * (16 * MIB + 1))
    found = counted(api)
    assert found["web-1"]["taken"] == 3
    assert found["web-1"]["requests"] == {"taken": 3, "damaged": 1}
    assert found["web-2"]["requests"] == {"unknown format": 1, "too large": 1}
    assert found["web-2"]["taken"] == 0
    for each in found.values():
        assert each["received"] == each["taken"] + sum(each["rejected"].values())
    other = api.client.get("/api/v1/intake", headers=api.other_read)
    assert other.json()["sources"] == []


def test_lines_that_a_full_intake_refused_are_counted_and_kept_over_a_restart(
    api: Any, serve: Any, tmp_path: Path
) -> None:
    with IntakeLog.open(tmp_path / "full", limits=LogLimits(backlog=1000)) as intake:
        services = Services(
            intake, api.engine, lambda: 5, frozenset({"auditd"}), frozenset({DEFAULT_TENANT})
        )
        with serve(create_app(services)) as client:
            for _ in range(3):
                client.post(URL, content=b"x" * 300 + b"\nline\n", headers=api.ingest)
            answer = client.post(URL, content=b"x" * 300, headers=api.ingest)
            assert (answer.status_code, answer.headers["retry-after"]) == (429, "5")
            client.get("/api/v1/intake", headers=api.read)
    (found,) = counted(api).values()
    assert (found["taken"], found["rejected"], found["last"]) == (4, {"backlog": 3}, 5)
    assert found["received"] == 7


def test_how_far_the_pipeline_is_behind_is_shown(api: Any, serve: Any) -> None:
    places = [Standing(0, 100, 900, 700), Standing(1, 1 << 28, 9 << 28, 4 << 28, in_records=True)]
    services = Services(
        api.intake,
        api.engine,
        lambda: 0,
        frozenset(),
        frozenset(),
        standing=lambda _tenant: places,
    )
    with serve(create_app(services)) as client:
        answer = client.get("/api/v1/intake", headers=api.read).json()
    assert [(each["partition"], each["lag"]) for each in answer["partitions"]] == [(0, 200), (1, 5)]
    assert answer["partitions"][0]["consumed"] == 700
