"""A change that its caller sends again is not done again: answers kept by `Idempotency-Key`."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select
from tests.api.alerting import an_alert, fill
from tests.api.people import UNBOUNDED, A, B, Site, site
from tests.api.test_api_walker import all_routes

from foreseen.api.app import Services, create_app
from foreseen.api.idempotency import takes_key
from foreseen.api.serving.traffic import Traffic
from foreseen.control import alert_life, idempotency
from foreseen.control.alert_history import history
from foreseen.control.alert_life import Act
from foreseen.control.audit_log import Actor
from foreseen.control.database import reading
from foreseen.control.idempotency import KEPT_MS, LEASE_MS, Asked
from foreseen.control.idempotency_tables import IdempotencyRow
from foreseen.control.scopes import Role, Scope
from foreseen.core.errors import ConflictError
from foreseen.core.ids import TenantId

Serve = Callable[[FastAPI], AbstractContextManager[httpx.Client]]
COMMENT = "/api/v1/alerts/m1/comments"
KEY = {"Idempotency-Key": "8e03978e-40d5-43e8-bc93-6894a57f9324"}
ANA = Actor("ana", "token")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path) as made:
        fill(made.engine, an_alert("m1"), an_alert("m2", 1))
        yield made


@pytest.fixture
def client(place: Site, serve: Serve) -> Iterator[httpx.Client]:
    with serve(place.app) as made:
        made.headers.update(place.token(place.person("ana", Role.ADMIN), Role.ADMIN))
        yield made


def said(place: Site, uid: str = "m1") -> list[str]:
    return [each.text for each in history(place.engine, A, uid) if each.action == "comment"]


def rows(place: Site) -> list[IdempotencyRow]:
    with reading(place.engine) as session:
        return list(session.scalars(select(IdempotencyRow)))


def test_the_same_request_again_gets_the_same_answer_and_does_nothing(
    place: Site, client: httpx.Client
) -> None:
    first = client.post(COMMENT, json={"text": "hm"}, headers=KEY)
    again = client.post(COMMENT, json={"text": "hm"}, headers=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert again.headers["content-type"] == first.headers["content-type"]
    assert (first.headers.get("idempotent-replayed"), again.headers["idempotent-replayed"]) == (
        None,
        "true",
    )
    assert said(place) == ["hm"]
    client.post(COMMENT, json={"text": "hm"}, headers={"Idempotency-Key": "another"})
    assert said(place) == ["hm", "hm"]


def test_an_etag_is_kept_with_its_answer(client: httpx.Client) -> None:
    change = {"assignee": "ana"}
    first = client.patch("/api/v1/alerts/m1", json=change, headers=KEY)
    client.patch("/api/v1/alerts/m1", json={"assignee": "bob"})
    again = client.patch("/api/v1/alerts/m1", json=change, headers=KEY)
    assert again.headers["etag"] == first.headers["etag"]
    assert again.json()["assignee"] == "ana"
    assert client.get("/api/v1/alerts/m1").json()["assignee"] == "bob"


def test_a_quoted_key_is_the_same_key(place: Site, client: httpx.Client) -> None:
    for key in ("abc", '"abc"'):
        answer = client.post(COMMENT, json={"text": "hm"}, headers={"Idempotency-Key": key})
        assert answer.status_code == 201
    assert said(place) == ["hm"]


def test_a_key_stands_for_one_request(place: Site, client: httpx.Client) -> None:
    client.post(COMMENT, json={"text": "hm"}, headers=KEY)
    others = (
        client.post(COMMENT, json={"text": "other"}, headers=KEY),
        client.post(f"{COMMENT}?x=1", json={"text": "hm"}, headers=KEY),
        client.post("/api/v1/alerts/m2/comments", json={"text": "hm"}, headers=KEY),
        client.patch("/api/v1/alerts/m1", json={"text": "hm"}, headers=KEY),
        client.post(COMMENT, json={"text": "hm"}, headers={**KEY, "X-Foreseen-Second": "x"}),
    )
    assert [each.status_code for each in others] == [422] * 5
    assert all("another request" in each.json()["detail"] for each in others)
    assert (said(place), said(place, "m2")) == (["hm"], [])


def test_everybody_has_keys_of_their_own(place: Site, client: httpx.Client) -> None:
    fill(place.engine, an_alert("m1", tenant=B), tenant=B)
    bob = place.token(place.person("bob", Role.ANALYST), Role.ANALYST)
    far = place.token(place.person("ana", Role.ANALYST, B), Role.ANALYST, B)
    program = place.plain_token(Scope.TRIAGE)
    for who in ({}, bob, far, program):
        answer = client.post(COMMENT, json={"text": "hm"}, headers={**KEY, **who})
        assert "idempotent-replayed" not in answer.headers
        assert answer.status_code == 201
    assert len(said(place)) == 3


def test_an_answer_is_there_after_a_restart(
    place: Site, client: httpx.Client, serve: Serve
) -> None:
    first = client.post(COMMENT, json={"text": "hm"}, headers=KEY)
    with serve(_anew(place)) as other:
        headers = {**KEY, "Authorization": client.headers["Authorization"]}
        again = other.post(COMMENT, json={"text": "hm"}, headers=headers)
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")
    assert said(place) == ["hm"]


def test_an_answer_is_kept_for_a_day(place: Site, client: httpx.Client) -> None:
    client.post(COMMENT, json={"text": "hm"}, headers=KEY)
    place.clock.passes(seconds=KEPT_MS / 1000)
    client.post(COMMENT, json={"text": "hm"}, headers=KEY)
    assert said(place) == ["hm"]
    place.clock.passes(seconds=1)
    client.post(COMMENT, json={"text": "hm"}, headers=KEY)
    assert said(place) == ["hm", "hm"]
    assert len(rows(place)) == 1


def test_a_refusal_is_not_kept(place: Site, client: httpx.Client) -> None:
    nowhere = "/api/v1/alerts/m3/comments"
    assert client.post(nowhere, json={"text": "hm"}, headers=KEY).status_code == 404
    assert client.post(COMMENT, json={"text": ""}, headers=KEY).status_code == 422
    assert client.post(COMMENT, content=b"{", headers=KEY).status_code == 422
    assert rows(place) == []
    fill(place.engine, an_alert("m3", 2))
    assert client.post(nowhere, json={"text": "hm"}, headers=KEY).status_code == 201


def test_at_the_same_time_it_is_done_once(place: Site, client: httpx.Client) -> None:
    def ask(_: int) -> httpx.Response:
        return client.post(COMMENT, json={"text": "hm"}, headers=KEY)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(24)))
    assert said(place) == ["hm"]
    assert {each.status_code for each in answers} <= {201, 409}
    assert sum("idempotent-replayed" not in each.headers for each in answers) >= 1
    for each in answers:
        if each.status_code == 409:
            assert each.headers["retry-after"] == "1"


def _claimed(place: Site, client: httpx.Client) -> Asked:
    """A request that another process began: its key is claimed as the server claims it."""
    client.post(COMMENT, json={"text": "hm"}, headers={"Idempotency-Key": "pattern"})
    digest = rows(place)[0].digest
    asked = Asked(KEY["Idempotency-Key"], digest, "the first")
    assert idempotency.claim(place.engine, A, "person ana", asked, now=place.clock()) is None
    return asked


def test_while_the_first_is_at_work_the_second_waits(place: Site, client: httpx.Client) -> None:
    _claimed(place, client)
    place.clock.passes(seconds=LEASE_MS / 1000 - 1)
    answer = client.post(COMMENT, json={"text": "hm"}, headers=KEY)
    assert (answer.status_code, answer.headers["retry-after"]) == (409, "1")
    assert said(place) == ["hm"]


def test_what_died_before_it_changed_anything_is_done(place: Site, client: httpx.Client) -> None:
    asked = _claimed(place, client)
    place.clock.passes(seconds=LEASE_MS / 1000)
    assert client.post(COMMENT, json={"text": "hm"}, headers=KEY).status_code == 201
    assert said(place) == ["hm", "hm"]
    act = Act("m1", ANA, place.clock())
    with idempotency.asking(asked), pytest.raises(ConflictError, match="repetition"):
        alert_life.comment(place.engine, A, act, "from the dead")
    assert said(place) == ["hm", "hm"]


def test_what_died_after_its_change_is_not_done_again(place: Site, client: httpx.Client) -> None:
    asked = _claimed(place, client)
    with idempotency.asking(asked):
        alert_life.comment(place.engine, A, Act("m1", ANA, place.clock()), "hm")
    place.clock.passes(seconds=LEASE_MS / 1000)
    for _ in range(2):
        answer = client.post(COMMENT, json={"text": "hm"}, headers=KEY)
        assert (answer.status_code, "retry-after" in answer.headers) == (409, False)
        assert "its answer is lost" in answer.json()["detail"]
    assert said(place) == ["hm", "hm"]


def test_a_change_that_is_rolled_back_leaves_no_mark(place: Site) -> None:
    asked = Asked("k", "d", "h")
    assert idempotency.claim(place.engine, A, "person ana", asked, now=1) is None
    with idempotency.asking(asked), pytest.raises(ConflictError):
        alert_life.change(
            place.engine,
            A,
            Act("m1", ANA, 1),
            alert_life.Wanted(assigns=True, assignee="x", resolved=True),
        )
    assert [each.state for each in rows(place)] == ["running"]
    idempotency.release(place.engine, asked)
    assert rows(place) == []


@pytest.mark.parametrize(
    "path",
    ["/api/v1/tokens", "/api/v1/users/ana/link", "/api/v1/me/password", "/api/v1/auth/login"],
)
def test_a_route_whose_answer_is_a_secret_takes_no_key(
    place: Site, client: httpx.Client, path: str
) -> None:
    by_login = place.login("ana")
    answer = client.post(path, json={}, headers={**by_login, **KEY, "Authorization": ""})
    assert (answer.status_code, rows(place)) == (400, [])
    assert "takes no Idempotency-Key" in answer.json()["detail"]


def test_routes_that_take_keys_are_these(place: Site) -> None:
    """A new one is for a reviewer to see: its answers are kept as they are, so no secret in it."""
    found = sorted(
        f"{method} {route.path}"
        for route in all_routes(place.app.routes)
        for method in route.methods or ()
        if any(each.call is takes_key for each in route.dependant.dependencies)
    )
    assert found == [
        "PATCH /api/v1/alerts/{uid}",
        "PATCH /api/v1/users/{name}",
        "POST /api/v1/alerts/bulk",
        "POST /api/v1/alerts/bulk/{id}/undo",
        "POST /api/v1/alerts/{uid}/comments",
        "POST /api/v1/alerts/{uid}/dispositions",
        "POST /api/v1/matches/{uid}/restore",
        "POST /api/v1/models/compare",
        "POST /api/v1/models/ledger",
        "POST /api/v1/models/promises",
        "POST /api/v1/models/train",
        "POST /api/v1/saved-searches",
        "POST /api/v1/suppressions",
        "POST /api/v1/users",
        "POST /api/v1/what-if",
    ]


def test_a_job_that_is_asked_for_again_is_queued_once(client: httpx.Client) -> None:
    first = client.post("/api/v1/models/promises", json={"days": 7}, headers=KEY)
    again = client.post("/api/v1/models/promises", json={"days": 7}, headers=KEY)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.headers["Location"] == again.headers["Location"]
    assert len(client.get("/api/v1/jobs").json()["jobs"]) == 1


@pytest.mark.parametrize("key", ["", '"', '""', "a b", "a,b", "é", "x" * 201, "'; --"])
def test_a_key_that_is_none_is_refused(place: Site, client: httpx.Client, key: str) -> None:
    headers = [(b"Idempotency-Key", key.encode()), (b"Content-Type", b"application/json")]
    answer = client.post(COMMENT, content=b'{"text": "hm"}', headers=headers)
    assert (answer.status_code, said(place)) == (400, [])


def test_two_keys_are_none(place: Site, client: httpx.Client) -> None:
    headers = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    assert client.post(COMMENT, json={"text": "hm"}, headers=headers).status_code == 400
    assert said(place) == []


def test_a_body_that_is_too_large_is_refused_at_once(place: Site, client: httpx.Client) -> None:
    answer = client.post(COMMENT, content=b" " * (3 << 20), headers=KEY)
    assert (answer.status_code, rows(place)) == (413, [])


def test_without_the_right_to_it_nothing_is_claimed(place: Site, client: httpx.Client) -> None:
    for headers in (place.plain_token(Scope.READ), {"Authorization": "Bearer x"}):
        answer = client.post(COMMENT, json={"text": "hm"}, headers={**KEY, **headers})
        assert answer.status_code in {401, 403}
    assert rows(place) == []


def test_reading_does_not_mind_a_key(client: httpx.Client) -> None:
    assert client.get("/api/v1/alerts", headers=KEY).status_code == 200


def _anew(place: Site) -> FastAPI:
    """The app of a process that starts on the same stores."""
    services: Services = place.app.state.services
    tenants = frozenset({A, TenantId("other")})
    made = Services(
        None, place.engine, place.clock, services.formats, tenants, identity=place.identity
    )
    return create_app(made, Traffic(UNBOUNDED))
