"""Rates, request ids, the log's lines and the figures of requests."""

# ruff: noqa: ANN401 (test files cannot import the fixture's class from conftest)

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from foreseen.api.app import create_app
from foreseen.api.scopes import Reading
from foreseen.api.serving.rates import Busy, Policy, Rates
from foreseen.api.serving.traffic import Traffic
from foreseen.control.scopes import Scope
from foreseen.control.tokens import create_token
from foreseen.core.ids import TenantId
from foreseen.runners.config.sections import Limits, Log
from foreseen.runners.logs import set_up

ALERTS, INGEST = "/api/v1/alerts", "/api/v1/ingest/auditd"


@contextmanager
def served(api: Any, serve: Any, limits: Limits, **more: Any) -> Iterator[httpx.Client]:
    """The same stores, with other limits."""
    with serve(create_app(api.app.state.services, Traffic(limits, **more))) as client:
        yield client


def bearer(api: Any, tenant: str, *scopes: Scope) -> dict[str, str]:
    name = f"{tenant}-{len(scopes)}"
    token = create_token(api.engine, TenantId(tenant), name=name, scopes=set(scopes), now=0)
    return {"Authorization": f"Bearer {token}"}


def test_a_rate_lets_a_burst_in_and_then_an_even_flow() -> None:
    now = 100.0
    rates, policy = Rates(lambda: now), Policy("p", 60)
    assert [rates.ask(policy, "k").refused for _ in range(61)] == [False] * 60 + [True]
    assert not rates.ask(policy, "other").refused
    refused = rates.ask(policy, "k")
    assert refused.headers == {
        "RateLimit-Policy": '"p";q=60;w=60',
        "RateLimit": '"p";r=0;t=1',
        "Retry-After": "1",
    }
    now += 1.0
    assert not rates.ask(policy, "k").refused
    assert rates.ask(policy, "k").refused
    now += 60.0
    assert rates.ask(policy, "k").left == 59


def test_what_weighs_more_than_a_minute_is_taken_once_and_paid_for_afterwards() -> None:
    now = 0.0
    rates, policy = Rates(lambda: now), Policy("bytes", 1_000)
    assert not rates.ask(policy, "k", 5_000).refused
    now += 60.0
    assert rates.ask(policy, "k", 1).refused
    now += 240.0
    assert not rates.ask(policy, "k", 1).refused


def test_addresses_without_number_do_not_fill_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("foreseen.api.serving.rates._MOST_KEYS", 100)
    rates = Rates()
    for number in range(1_000):
        rates.ask(Policy("p", 5), f"2001:db8::{number}")
    assert len(rates._full_at) == 100  # noqa: SLF001 (memory is what this is about)


def test_too_much_is_told_as_a_problem_with_when_to_come_again(api: Any, serve: Any) -> None:
    with served(api, serve, Limits(token_per_minute=3)) as client:
        good = [client.get(ALERTS, headers=api.read) for _ in range(3)]
        assert [each.status_code for each in good] == [200, 200, 200]
        assert good[0].headers["ratelimit"] == '"token";r=2;t=20'
        assert good[0].headers["ratelimit-policy"] == '"token";q=3;w=60'
        refused = client.get(ALERTS, headers=api.read)
        assert refused.status_code == 429
        assert refused.headers["content-type"] == "application/problem+json"
        assert 1 <= int(refused.headers["retry-after"]) <= 20
        assert refused.json()["detail"] == "more than 3 a minute (token); retry later"
        assert client.get(ALERTS, headers=api.other_read).status_code == 200
        assert client.post(INGEST, headers=api.ingest, content=b"x\n").status_code == 202


def test_guessing_tokens_is_limited_by_address_and_health_with_it(api: Any, serve: Any) -> None:
    with served(api, serve, Limits(address_per_minute=5)) as client:
        wrong = {"Authorization": "Bearer fsn_guess"}
        codes = [client.get(ALERTS, headers=wrong).status_code for _ in range(7)]
        assert codes == [401] * 5 + [429] * 2
        assert client.post(INGEST, headers=api.ingest, content=b"x\n").status_code == 202


def test_logins_have_the_strictest_rate(api: Any, serve: Any) -> None:
    with served(api, serve, Limits(login_per_minute=2)) as client:
        codes = [client.post("/api/v1/auth/login", json={}).status_code for _ in range(4)]
        assert codes == [422, 422, 429, 429]
        assert client.get(ALERTS, headers=api.read).status_code == 200


def test_telemetry_is_limited_by_bytes_where_that_is_wanted(api: Any, serve: Any) -> None:
    with served(api, serve, Limits(ingest_bytes_per_minute=100)) as client:
        body = b"x" * 59 + b"\n"
        codes = [client.post(INGEST, headers=api.ingest, content=body).status_code for _ in "ab"]
        assert codes == [202, 429]
        other = bearer(api, "other", Scope.INGEST)
        assert client.post(INGEST, headers=other, content=body).status_code == 202


def test_who_is_alone_may_have_everything_and_who_is_not_a_share() -> None:
    now = 0.0
    busy = Busy(2, lambda: now)
    assert [busy.enter("a") for _ in range(3)] == [True] * 3
    assert busy.enter("b")
    assert not busy.enter("a")
    now += 61
    assert busy.enter("a")


@pytest.mark.long
def test_the_flood_of_one_organisation_leaves_places_for_another(api: Any, serve: Any) -> None:
    def slow(grant: Reading) -> str:
        time.sleep(0.3)
        return grant.name

    def flood() -> None:
        with httpx.Client(base_url=client.base_url, timeout=30) as one:
            while not stop.is_set():
                codes.append(one.get("/slow", headers=api.read).status_code)

    app = create_app(api.app.state.services)
    app.add_api_route("/slow", slow)
    codes: list[int] = []
    stop = threading.Event()
    with serve(app) as client:
        assert client.get(ALERTS, headers=api.other_read).status_code == 200
        flooding = [threading.Thread(target=flood) for _ in range(60)]
        for each in flooding:
            each.start()
        time.sleep(0.5)
        for _ in range(10):
            assert client.get(ALERTS, headers=api.other_read).status_code == 200
        stop.set()
        for each in flooding:
            each.join()
    assert set(codes) == {200, 429}


def test_bodies_together_have_so_much_memory(api: Any, serve: Any) -> None:
    with served(api, serve, Limits(body_bytes=1_000)) as client:
        refused = client.post(INGEST, headers=api.ingest, content=b"x" * 1_001)
        assert refused.status_code == 503
        assert refused.headers["retry-after"] == "5"
        assert client.post(INGEST, headers=api.ingest, content=b"x" * 999).status_code == 202


def test_a_sane_request_id_is_kept_and_any_other_made(api: Any) -> None:
    kept = api.client.get("/healthz", headers={"X-Request-ID": "abc-1.2_3"})
    assert kept.headers["x-request-id"] == "abc-1.2_3"
    for odd in ("a b", "x" * 65, "\u00e9", '"', ""):
        made = api.client.get("/nothing", headers={"X-Request-ID": odd.encode()})
        assert len(made.headers["x-request-id"]) == 32
        assert made.json()["request_id"] == made.headers["x-request-id"]


def test_requests_are_counted_by_template_and_never_by_path(api: Any) -> None:
    for path in (f"{ALERTS}/a", f"{ALERTS}/b", "/x/1", "/x/2"):
        assert api.client.get(path, headers=api.read).status_code == 404
    api.client.request("FROB", "/healthz")
    figures = api.app.state.traffic.figures
    assert figures.requests["GET", "/api/v1/alerts/{uid}", 404] == 2
    assert figures.requests["GET", "(none)", 404] == 2
    assert not any("FROB" in key for key in figures.requests)
    names = {family.name for family in figures.families()}
    assert {"http_requests_total", "http_request_seconds", "http_connections"} <= names


@pytest.fixture
def logged(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Sets the log up in a form, and gives what it says; as it was at the end."""
    monkeypatch.setenv("FORESEEN_LOG_OF_SERVER", "")  # so that it is as it was at the end
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def said(form: str) -> str:
        set_up(Log(format=form, level="debug"))
        return ""

    yield said, lambda: capsys.readouterr().err
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)


def _lines(told: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in told.splitlines() if line.startswith("{")]


def awaited(said: Callable[[], str], *any_of: str) -> str:
    """What was logged, once it has one of these: the server answers first, and logs then."""
    told, end = said(), time.monotonic() + 10
    while not any(each in told for each in any_of) and time.monotonic() < end:
        time.sleep(0.01)
        told += said()
    return told


def test_a_request_has_one_line_with_who_and_what(api: Any, logged: Any) -> None:
    begin, said = logged
    begin("json")
    headers = {**api.read, "X-Request-ID": "r-1"}
    assert api.client.get(f"{ALERTS}/secret-path?token=hunter2", headers=headers).status_code == 404
    told = awaited(said, '"event": "request"', '"event":"request"')
    (line,) = [each for each in _lines(told) if each["event"] == "request"]
    assert line["ms"] > 0
    expected = {
        "route": "/api/v1/alerts/{uid}",
        "method": "GET",
        "status": 404,
        "tenant": "default",
        "actor": "token-1",
        "request_id": "r-1",
        "address": "127.0.0.1",
        "level": "info",
        "logger": "foreseen.access",
    }
    assert {key: line[key] for key in expected} == expected
    assert "hunter2" not in told
    assert "secret-path" not in told
    assert "fsn_" not in told


@pytest.mark.parametrize("form", ["json", "console"])
def test_hostile_text_stays_on_its_line_and_secrets_stay_away(logged: Any, form: str) -> None:
    begin, said = logged
    begin(form)
    log = logging.getLogger("foreseen.test")
    log.warning("a\nb\x1b[31m\u202e %s", "fsn_abcdefghijklmnop")
    log.warning("Authorization: Bearer abcdefghijkl; nats://u:hunter2@h/x ?token=hunter2&x=1")
    log.info("more", extra={"password": "password=hunter2", "key": "x\ny"})
    told = said()
    assert len(told.splitlines()) == 3
    assert "\x1b[31m" not in told
    assert "\u202e" not in told
    for secret in ("hunter2", "abcdefghijkl"):
        assert secret not in told
    assert "fsn_***" in told


def test_an_error_has_its_traceback_and_the_requests_id(api: Any, logged: Any) -> None:
    begin, said = logged
    begin("json")

    def broken() -> None:
        raise RuntimeError("fsn_abcdefghijklmnop")

    api.app.add_api_route("/broken", broken)

    answer = api.client.get("/broken", headers={"X-Request-ID": "r-9"})
    assert (answer.status_code, answer.headers["x-request-id"]) == (500, "r-9")
    assert answer.json()["request_id"] == "r-9"
    told = awaited(said, "Traceback")
    errors = [each for each in _lines(told) if each["level"] == "error"]
    assert errors[0]["request_id"] == "r-9"
    assert "Traceback" in errors[0]["exception"]
    assert "abcdefgh" not in errors[0]["exception"]
