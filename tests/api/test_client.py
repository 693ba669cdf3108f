"""The Python client, against a real server: examples that run, errors, retries, resumed streams."""

import doctest
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import httpx
import pytest
from fastapi import FastAPI
from tests.api.alerting import an_alert, fill
from tests.api.people import Site, site

from foreseen.client import (
    BusyError,
    Client,
    InvalidError,
    MissingError,
    OutdatedError,
    ProblemError,
    RefusedError,
    TakenError,
    UnreachableError,
)
from foreseen.client import client as module
from foreseen.client.events import Event, events_of
from foreseen.control.scopes import Scope
from foreseen.core.errors import ConfigurationError, NotFoundError, StaleError, TransientError

Serve = Callable[[FastAPI], AbstractContextManager[httpx.Client]]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path) as made:
        fill(made.engine, an_alert("m0"), an_alert("m1", 1))
        yield made


@pytest.fixture
def url(place: Site, serve: Serve) -> Iterator[str]:
    with serve(place.app) as made:
        yield str(made.base_url)


@pytest.fixture
def token(place: Site) -> str:
    header = place.plain_token(Scope.READ, Scope.TRIAGE)["Authorization"]
    return header.removeprefix("Bearer ")


@pytest.fixture
def client(url: str, token: str) -> Iterator[Client]:
    with Client(url, token, wait=lambda _: None) as made:
        yield made


@pytest.mark.parametrize(
    "example",
    [each for each in doctest.DocTestFinder().find(module) if each.examples],
    ids=lambda each: each.name.removeprefix("foreseen.client.client."),
)
def test_the_examples_in_the_docstrings_are_true(
    example: doctest.DocTest, url: str, token: str, client: Client
) -> None:
    example.globs.update(url=url, token=token, client=client)
    told: list[str] = []
    result = doctest.DocTestRunner().run(example, out=told.append, clear_globs=False)
    assert result.failed == 0, "".join(told)


def test_refusals_are_errors_of_their_kind(client: Client, url: str) -> None:
    with pytest.raises(MissingError, match="no alert nowhere") as missing:
        client.alert("nowhere")
    assert isinstance(missing.value, NotFoundError)
    problem = missing.value.problem
    assert problem.status == 404
    assert problem.request_id
    assert problem.request_id in str(missing.value)
    with pytest.raises(InvalidError):
        list(client.alerts(sort="sideways"))
    with pytest.raises(TakenError, match="only an escalated one"):
        client.change("m0", resolved=True)
    with pytest.raises(OutdatedError) as stale:
        client.change("m0", assignee="ana", seen=999)
    assert isinstance(stale.value, StaleError)
    with pytest.raises(RefusedError, match="scope"):
        client.hunt("SELECT 1")
    with Client(url, "fsn_wrong") as stranger, pytest.raises(RefusedError, match="not valid"):
        stranger.alert("m0")


def test_pages_are_followed_to_the_end(place: Site, client: Client) -> None:
    fill(place.engine, *(an_alert(f"n{n}", 10 + n) for n in range(7)))
    found = [each["uid"] for each in client.alerts(limit=2, sort="time")]
    assert found == ["m0", "m1", *(f"n{n}" for n in range(7))]
    lines = [json.loads(line)["uid"] for line in client.export_lines(since="1970-01-01T00:00:00Z")]
    assert lines == found


def test_many_are_changed_and_put_back(client: Client) -> None:
    told = client.change_many(filter={}, status="acknowledged")
    assert told["changed"] == 2
    assert client.undo_many(told["id"])["changed"] == 2
    assert [each["action"] for each in client.history("m0")] == ["raise", "acknowledge", "release"]


def test_a_name_with_a_slash_stays_one_name(client: Client) -> None:
    with pytest.raises(MissingError):
        client.alert("a/../m0?x#y")
    with pytest.raises(MissingError, match="no alert a\\?x#y%2F"):
        client.alert("a?x#y%2F")


@pytest.mark.parametrize("url", ["", "foreseen", "ftp://host", "file:///etc/passwd", "http://"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError):
        Client(url, "t")


@pytest.mark.parametrize("token", ["", "a b", "a\r\nX-Evil: 1", "\u00e9"])
def test_a_token_that_is_none_is_refused(token: str) -> None:
    with pytest.raises(ConfigurationError):
        Client("http://127.0.0.1:1", token)


class _Far(BaseHTTPRequestHandler):
    """The far side: answers as it was told, and notes what it was asked."""

    answers: ClassVar[list[tuple[int, dict[str, str], bytes]]] = []
    asked: ClassVar[list[tuple[str, str | None, str | None]]] = []

    def do_GET(self) -> None:
        """Answer the next."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        key, last = self.headers.get("Idempotency-Key"), self.headers.get("Last-Event-ID")
        self.asked.append((self.command, key, last))
        status, headers, body = self.answers.pop(0)
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_PATCH = do_GET  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def far() -> Iterator[str]:
    _Far.answers, _Far.asked = [], []
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Far)
    runner = threading.Thread(target=server.serve_forever)
    runner.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    runner.join()
    server.server_close()


BUSY: tuple[int, dict[str, str], bytes] = (503, {"Retry-After": "7"}, b"{}")
FINE: tuple[int, dict[str, str], bytes] = (200, {}, b'{"uid": "m0"}')


def test_what_fails_in_passing_is_sent_again_with_the_same_key(far: str) -> None:
    waited: list[float] = []
    _Far.answers += [BUSY, (409, {"Retry-After": "1"}, b""), (502, {}, b"<html>"), FINE]
    with Client(far, "t", wait=waited.append) as client:
        assert client.comment("m0", "hm") == {"uid": "m0"}
    keys = {key for _, key, _ in _Far.asked}
    assert (len(_Far.asked), len(keys), None in keys) == (4, 1, False)
    assert waited[:2] == [7.0, 1.0]
    assert 0 < waited[2] <= 2


def test_what_might_be_done_twice_is_not_sent_again(far: str) -> None:
    _Far.answers += [BUSY]
    with Client(far, "t", wait=lambda _: None) as client, pytest.raises(BusyError) as busy:
        client.hunt("SELECT 1")
    assert isinstance(busy.value, TransientError)
    assert len(_Far.asked) == 1


def test_it_gives_up_after_some_time(far: str) -> None:
    _Far.answers += [BUSY] * 3
    with (
        Client(far, "t", retries=2, wait=lambda _: None) as client,
        pytest.raises(BusyError, match="answered 503"),
    ):
        client.alert("m0")
    assert len(_Far.asked) == 3


def test_a_hostile_retry_after_is_not_obeyed(far: str) -> None:
    waited: list[float] = []
    for told in ("99999", "9" * 400, "-1", "soon", "1e9"):
        _Far.answers.append((503, {"Retry-After": told}, b""))
    _Far.answers.append(FINE)
    with Client(far, "t", retries=5, wait=waited.append) as client:
        client.alert("m0")
    assert all(0 <= each <= 60 for each in waited)


def test_a_problem_that_is_none_is_told_by_its_status(far: str) -> None:
    for body in (b"", b"[]", b"\xff", b'"x"'):
        _Far.answers.append((418, {"Content-Type": "application/problem+json"}, body))
        with Client(far, "t") as client, pytest.raises(ProblemError, match="answered 418"):
            client.alert("m0")


def test_nobody_there_is_said(far: str) -> None:
    del far
    with (
        Client("http://127.0.0.1:1", "t", retries=1, wait=lambda _: None) as client,
        pytest.raises(UnreachableError, match="refused"),
    ):
        client.alert("m0")


def test_a_stream_goes_on_where_it_was_cut(far: str) -> None:
    kind = {"Content-Type": "text/event-stream"}
    first = b': hi\n\nid: 5\nevent: alert.created\ndata: {"uid": "a"}\n\nid: 6\ndata: {"cut'
    second = b'id: 7\nevent: alert.updated\ndata: {"uid":\ndata: "b"}\n\n'
    _Far.answers += [
        (200, kind, first),
        (200, {**kind, "Content-Length": "9999"}, second),
        (200, kind, b"id: 8\ndata: 1\n\n"),
    ]
    with Client(far, "t", wait=lambda _: None) as client:
        events = client.events(last_id="4")
        found = [next(events) for _ in range(3)]
        events.close()
    assert found == [
        Event("5", "alert.created", {"uid": "a"}),
        Event("7", "alert.updated", {"uid": "b"}),
        Event("8", "message", 1),
    ]
    assert [last for _, _, last in _Far.asked] == ["4", "5", "7"]


def test_a_refusal_ends_a_stream(far: str) -> None:
    _Far.answers += [(401, {}, b"")]
    with Client(far, "t") as client, pytest.raises(RefusedError):
        next(client.events())


def test_events_are_read_by_the_letter() -> None:
    lines = ["data:1", "", "", ":c", "retry: 3", "id", "event: x", "data: 2", "", "data: 3"]
    assert list(events_of(lines)) == [Event("", "message", 1), Event("", "x", 2)]


def test_the_client_s_paths_are_those_of_the_api(place: Site, client: Client) -> None:
    """Each method that names a path is called once; what it asks is in the description."""
    described = place.app.openapi()["paths"]
    for method, path in (
        ("get", "/api/v1/alerts"),
        ("get", "/api/v1/alerts/{uid}"),
        ("patch", "/api/v1/alerts/{uid}"),
        ("get", "/api/v1/alerts/{uid}/members"),
        ("get", "/api/v1/alerts/{uid}/history"),
        ("post", "/api/v1/alerts/{uid}/comments"),
        ("post", "/api/v1/alerts/{uid}/dispositions"),
        ("delete", "/api/v1/alerts/{uid}/dispositions/{number}"),
        ("post", "/api/v1/alerts/bulk"),
        ("post", "/api/v1/alerts/bulk/{id}/undo"),
        ("get", "/api/v1/alerts/export"),
        ("get", "/api/v1/incidents"),
        ("get", "/api/v1/incidents/{uid}"),
        ("post", "/api/v1/hunts"),
        ("get", "/api/v1/stream"),
    ):
        assert method in described[path]
    with pytest.raises(RefusedError, match="no worker"):
        client.dispose("m0", "dismissed", "duplicate")
    with pytest.raises(RefusedError, match="no worker"):
        client.take_back("m0", 1)
    with pytest.raises(MissingError, match="no incident"):
        client.incident("x")
    assert list(client.incidents()) == []
    assert client.comment("m0", "hm")["uid"] == "m0"
