"""Logins by HTTP: set-up, password, second factor, sessions, lockout, roles, tokens, audit log."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest
from fastapi import FastAPI
from tests.api.people import OPERATOR, A, Site, console, cookie_in, site

from foreseen.api.identity import audit_log
from foreseen.api.identity.settings import TenantSettings
from foreseen.control.identity.links import Purpose, make_link
from foreseen.control.identity.lockout import Attempt, admit, tell_failure
from foreseen.control.scopes import Role, Scope
from foreseen.control.tokens import Terms, create_token

Serve = Callable[[FastAPI], AbstractContextManager[httpx.Client]]
PASSWORD = "correct horse battery"  # noqa: S105 (of a test)
LOGIN = "/api/v1/auth/login"
SETUP = "/api/v1/auth/setup"
ME = "/api/v1/me"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path) as made:
        yield made


@pytest.fixture
def client(place: Site, serve: Serve) -> Iterator[httpx.Client]:
    with serve(place.app) as made:
        yield made


def link(place: Site, purpose: Purpose, user: str | None) -> str:
    return make_link(place.engine, A, purpose, by=OPERATOR, now=place.clock(), user=user)


def set_up(place: Site, client: httpx.Client) -> dict[str, str]:
    """The first admin's console."""
    body = {"link": link(place, Purpose.SETUP, None), "name": "ada", "password": PASSWORD}
    answer = client.post(SETUP, json=body)
    assert answer.status_code == 200, answer.text
    client.cookies.clear()
    return console(cookie_in(answer))


def log_in(client: httpx.Client, name: str = "ada", **more: str) -> httpx.Response:
    body = {"name": name, "password": PASSWORD, **more}
    answer = client.post(LOGIN, json=body, headers=console(None))
    client.cookies.clear()
    return answer


def test_a_set_up_link_makes_the_first_admin_once(place: Site, client: httpx.Client) -> None:
    first = link(place, Purpose.SETUP, None)
    body = {"link": link(place, Purpose.SETUP, None), "name": "ada", "password": PASSWORD}
    assert client.post(SETUP, json={**body, "link": first}).status_code == 403  # a later one is
    assert client.post(SETUP, json={**body, "password": "short"}).status_code == 422
    assert client.post(SETUP, json={**body, "name": "A b"}).status_code == 422
    entered = client.post(SETUP, json=body)
    assert entered.json() == {"tenant": "default", "name": "ada"}
    cookie = entered.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie  # plain http, on this machine itself
    client.cookies.clear()
    me = client.get(ME, headers=console(cookie_in(entered))).json()
    assert (me["user"]["role"], me["way"]) == ("admin", "link")
    assert client.post(SETUP, json={**body, "name": "eve"}).status_code == 403  # used
    late = {**body, "link": link(place, Purpose.SETUP, None), "name": "eve"}
    assert client.post(SETUP, json=late).status_code == 403  # there is an admin
    stale = link(place, Purpose.PASSWORD, "ada")
    place.clock.passes(seconds=15 * 60)
    assert client.post(SETUP, json={"link": stale, "password": PASSWORD}).status_code == 403


def test_behind_tls_the_cookie_is_secure_and_bound_to_the_host(
    place: Site, client: httpx.Client
) -> None:
    body = {"link": link(place, Purpose.SETUP, None), "name": "ada", "password": PASSWORD}
    answer = client.post(SETUP, json=body, headers={"Host": "foreseen.example"})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-foreseen-session=")
    assert all(part in cookie for part in ("Secure", "Path=/", "HttpOnly"))
    assert "Domain" not in cookie


def words(answer: httpx.Response) -> dict[str, Any]:
    """A problem without what differs with each request."""
    return {name: said for name, said in answer.json().items() if name != "request_id"}


def test_wrong_and_unknown_names_and_passwords_are_told_alike(
    place: Site, client: httpx.Client
) -> None:
    set_up(place, client)
    place.person("without-password", Role.VIEWER)
    told = []
    for name, password in (
        ("ada", "another password"),
        ("nobody", PASSWORD),
        ("without-password", PASSWORD),
        ("ada", "x" * 900),
    ):
        body = {"name": name, "password": password}
        answer = client.post(LOGIN, json=body)
        told.append((answer.status_code, words(answer), "set-cookie" in answer.headers))
    assert told == [(401, told[0][1], False)] * 4
    other = client.post(LOGIN, json={"name": "ada", "password": PASSWORD, "tenant": "other"})
    assert (other.status_code, words(other)) == (401, told[0][1])
    assert log_in(client, " ADA ").status_code == 200


def test_each_failure_makes_the_next_one_wait_longer_for_known_and_unknown_names(
    place: Site,
) -> None:
    place.person("ada", Role.ADMIN)
    key = place.identity.seal.key
    waited: dict[str, list[int]] = {}
    for name in ("ada", "nobody"):
        for number in range(12):
            attempt = Attempt(A, name, f"192.0.2.{number}")
            wait = admit(place.engine, attempt, key, now=place.clock())
            waited.setdefault(name, []).append(wait)
            place.clock.passes(seconds=wait / 1000)
            if wait:
                assert admit(place.engine, attempt, key, now=place.clock()) == 0
    assert waited["ada"] == waited["nobody"]
    assert waited["ada"][:6] == [0] * 5 + [1000]
    assert waited["ada"][-1] == 64_000
    for number in range(100):  # one address, many names
        name = f"name-{number}"
        last = admit(place.engine, Attempt(A, name, "2001:db8::1"), key, now=place.clock())
    assert last > 0
    other = Attempt(A, "name-x", "2001:db8::ffff:2")
    assert admit(place.engine, other, key, now=place.clock()) > 0  # the same network
    other = Attempt(A, "name-x", "2001:db8:1::1")
    assert admit(place.engine, other, key, now=place.clock()) == 0
    place.clock.passes(seconds=15 * 60)  # time forgets fifteen of an address, one of an account
    for number in range(15):
        attempt = Attempt(A, f"z{number}", "2001:db8::1")
        assert admit(place.engine, attempt, key, now=place.clock()) == 0
        place.clock.passes(seconds=60)


def test_a_locked_account_opens_by_time_by_an_admin_and_by_a_link(
    place: Site, client: httpx.Client
) -> None:
    admin = set_up(place, client)
    key = place.identity.seal.key
    while not admit(place.engine, Attempt(A, "ada", None), key, now=place.clock()):
        pass
    refused = log_in(client)
    assert (refused.status_code, refused.json()["type"]) == (429, "urn:foreseen:problem:wait")
    assert refused.headers["retry-after"] == "1"
    ada = "/api/v1/users/ada"
    until = client.get(ada, headers=admin).json()["locked_until"]
    assert datetime.fromisoformat(until).timestamp() * 1000 == place.clock() + 1_000
    assert client.get("/api/v1/users", headers=admin).json()["users"][0]["locked_until"] == until
    assert client.post("/api/v1/users/ada/unlock", headers=admin).status_code == 204
    assert client.get(ada, headers=admin).json()["locked_until"] is None
    assert client.get("/api/v1/users", headers=admin).json()["users"][0]["locked_until"] is None
    assert log_in(client).status_code == 200
    while not admit(place.engine, Attempt(A, "ada", None), key, now=place.clock()):
        pass
    body = {"link": link(place, Purpose.LOGIN, "ada")}
    assert client.post(SETUP, json=body).status_code == 200
    client.cookies.clear()
    place.clock.passes(seconds=1)
    assert log_in(client).status_code == 200


def test_a_flood_of_failures_neither_fills_the_database_nor_hides(place: Site) -> None:
    place.person("ada", Role.ADMIN)
    for number in range(200):
        attempt = Attempt(A, f"guess {number}", f"198.51.100.{number}")
        tell_failure(place.engine, attempt, "password", now=place.clock())
    place.clock.passes(seconds=3600)
    tell_failure(place.engine, Attempt(A, "ada", "192.0.2.1"), "password", now=place.clock())
    with place.engine.connect() as connection:
        said = connection.exec_driver_sql(
            "SELECT name, after, actor FROM audit WHERE action = 'fail to log in' ORDER BY number"
        ).all()
    assert len(said) == 61
    assert {row[0] for row in said[:-1]} == {"unknown"}
    assert "guess" not in f"{said}"  # people type passwords into the wrong field
    assert said[-1][0] == "ada"
    assert "'untold': 140" in f"{said[-1][1]}".replace('"', "'")


@pytest.mark.long
def test_a_second_factor_is_asked_for_and_its_codes_are_taken_once(
    place: Site, client: httpx.Client
) -> None:
    admin = set_up(place, client)
    other = cookie_in(log_in(client))
    wrong = client.post(f"{ME}/totp", json={"password": "not the one"}, headers=admin)
    assert wrong.status_code == 403
    secret = client.post(f"{ME}/totp", json={"password": PASSWORD}, headers=admin).json()["secret"]
    totp = pyotp.TOTP(secret)

    def code() -> str:
        return totp.at(place.clock() // 1000)

    assert log_in(client).status_code == 200  # not confirmed yet
    confirm = f"{ME}/totp/confirm"
    assert client.post(confirm, json={"code": "000000"}, headers=admin).status_code == 422
    kept = client.post(confirm, json={"code": code()}, headers=admin).json()["recovery_codes"]
    assert len(kept) == len(set(kept)) == 10
    assert client.get(ME, headers=console(other)).status_code == 401
    assert client.get(ME, headers=admin).json()["user"]["has_second_factor"]
    again = client.post(f"{ME}/totp", json={"password": PASSWORD}, headers=admin)
    assert (again.status_code, secret in again.text) == (409, False)  # never shown again

    needed = log_in(client)
    assert needed.status_code == 401
    assert needed.json()["type"] == "urn:foreseen:problem:second-factor"
    assert log_in(client, code=code()).status_code == 401  # it confirmed: used
    place.clock.passes(seconds=30)
    assert log_in(client, code=code()).status_code == 200
    assert log_in(client, code=code()).status_code == 401
    assert log_in(client, code=kept[0]).status_code == 200
    assert log_in(client, code=kept[0]).status_code == 401

    reset = {"link": link(place, Purpose.PASSWORD, "ada"), "password": f"{PASSWORD} 2"}
    needed = client.post(SETUP, json=reset)
    assert needed.json()["type"] == "urn:foreseen:problem:second-factor"
    assert client.post(SETUP, json={**reset, "code": kept[1]}).status_code == 200
    client.cookies.clear()
    assert client.get(ME, headers=admin).status_code == 401  # a new password ends logins


def test_guesses_of_a_code_wait_though_the_password_beside_them_is_right(
    place: Site, client: httpx.Client
) -> None:
    admin = set_up(place, client)
    given = client.post(f"{ME}/totp", json={"password": PASSWORD}, headers=admin).json()
    code = pyotp.TOTP(given["secret"]).at(place.clock() // 1000)
    client.post(f"{ME}/totp/confirm", json={"code": code}, headers=admin)
    guess = {"password": PASSWORD, "code": "000000"}
    answers: list[int] = []
    while len(answers) < 9 and 429 not in answers:
        answers.append(client.post(f"{ME}/totp/disable", json=guess, headers=admin).status_code)
    assert answers[-1] == 429


def test_a_password_is_changed_by_who_knows_it_and_ends_other_logins(
    place: Site, client: httpx.Client
) -> None:
    admin, other = set_up(place, client), console(cookie_in(log_in(client)))
    new = {"password": "not the one", "new_password": f"{PASSWORD}!"}
    assert client.post(f"{ME}/password", json=new, headers=admin).status_code == 403
    short = {"password": PASSWORD, "new_password": "short"}
    assert client.post(f"{ME}/password", json=short, headers=admin).status_code == 422
    new["password"] = PASSWORD
    assert client.post(f"{ME}/password", json=new, headers=admin).status_code == 204
    assert client.get(ME, headers=admin).status_code == 200
    assert client.get(ME, headers=other).status_code == 401
    assert log_in(client).status_code == 401


def test_sessions_end_by_idleness_by_age_and_by_hand(place: Site, client: httpx.Client) -> None:
    place.person("vic", Role.VIEWER)
    place.person("ada", Role.ADMIN)
    idle, busy, gone = (place.login("vic") for _ in range(3))
    admin = place.login("ada")
    listed = client.get("/api/v1/sessions", headers=gone).json()["sessions"]
    assert [each["user"] for each in listed] == ["vic"] * 3
    mine = next(each["id"] for each in listed if each["mine"])
    assert client.get("/api/v1/sessions?everyone=true", headers=gone).status_code == 403
    everyone = client.get("/api/v1/sessions?everyone=true", headers=admin).json()["sessions"]
    admins = next(each["id"] for each in everyone if each["user"] == "ada")
    path = "/api/v1/sessions"
    assert client.delete(f"{path}/{admins}", headers=idle).status_code == 404
    assert client.delete(f"{path}/{mine}", headers=admin).status_code == 204
    assert client.get(ME, headers=gone).status_code == 401
    for _ in range(30):
        place.clock.passes(seconds=7 * 3600)
        last = client.get(ME, headers=busy).status_code
        if last == 401:
            break
    assert (place.clock() - 1_790_000_000_000) // 3_600_000 == 7 * 24
    assert client.get(ME, headers=idle).status_code == 401


def test_logging_out_ends_the_session_and_not_only_the_cookie(
    place: Site, client: httpx.Client
) -> None:
    place.person("vic", Role.VIEWER)
    headers = place.login("vic")
    answer = client.post("/api/v1/auth/logout", headers=headers)
    assert answer.status_code == 204
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert client.get(ME, headers=headers).status_code == 401


def test_another_role_or_state_ends_logins_and_bounds_tokens_at_once(
    place: Site, client: httpx.Client
) -> None:
    for name, role in (("ada", Role.ADMIN), ("eng", Role.ENGINEER)):
        place.person(name, role)
    admin, token, login = place.login("ada"), place.token("eng", Role.ENGINEER), place.login("eng")
    user = "/api/v1/users/eng"
    assert client.patch(user, json={"role": "viewer"}, headers=admin).status_code == 200
    assert client.get(ME, headers=login).status_code == 401
    assert client.get(ME, headers=token).json()["scopes"] == ["read"]
    assert client.patch(user, json={"state": "disabled"}, headers=admin).status_code == 200
    assert client.get(ME, headers=token).status_code == 401
    assert client.patch(user, json={"state": "active"}, headers=admin).status_code == 200
    assert client.get(ME, headers=token).status_code == 200
    assert client.delete(user, headers=admin).status_code == 204
    assert client.get(ME, headers=token).status_code == 401
    place.person("eng", Role.ENGINEER)
    assert client.get(ME, headers=token).status_code == 401  # the name again, not the person


@pytest.mark.parametrize(
    "change", [{"role": "viewer"}, {"state": "disabled"}, None], ids=["demote", "disable", "delete"]
)
def test_the_last_active_admin_stays(
    place: Site, client: httpx.Client, change: dict[str, str] | None
) -> None:
    place.person("ada", Role.ADMIN)
    place.person("bob", Role.ADMIN)
    admin = place.login("ada")

    def ends(name: str) -> int:
        path = f"/api/v1/users/{name}"
        if change is None:
            return client.delete(path, headers=admin).status_code
        return client.patch(path, json=change, headers=admin).status_code

    assert ends("bob") in {200, 204}
    assert ends("ada") == 409
    assert client.get("/api/v1/users/ada", headers=admin).json()["role"] == "admin"


def test_tokens_are_made_within_ones_role_listed_and_revoked(
    place: Site, client: httpx.Client
) -> None:
    for name, role in (("ada", Role.ADMIN), ("ana", Role.ANALYST), ("vic", Role.VIEWER)):
        place.person(name, role)
    admin, analyst, viewer = (place.login(name) for name in ("ada", "ana", "vic"))
    path = "/api/v1/tokens"
    new: dict[str, Any] = {"name": "script", "scopes": ["read", "triage"]}
    made = client.post(path, json=new, headers=analyst).json()["token"]
    assert (
        client.post(path, json={**new, "scopes": ["engineer"]}, headers=analyst).status_code == 403
    )
    assert client.post(path, json={**new, "scopes": ["ingest"]}, headers=analyst).status_code == 403
    both = {**new, "scopes": ["ingest", "read"]}
    assert client.post(path, json=both, headers=admin).status_code == 422
    over = {**new, "scopes": ["read"], "expires": "2020-01-01T00:00:00Z"}
    assert client.post(path, json=over, headers=admin).status_code == 422
    ingest = client.post(path, json={**new, "scopes": ["ingest"]}, headers=admin).json()["token"]
    assert client.get(ME, headers={"Authorization": f"Bearer {ingest}"}).status_code == 403

    by_token = {"Authorization": f"Bearer {made}"}
    assert client.post(path, json=new, headers=by_token).status_code == 403  # a login is needed
    me = client.get(ME, headers=by_token).json()
    assert (me["name"], me["way"], me["scopes"]) == ("ana", "token", ["read", "triage"])
    (row,) = client.get(path, headers=analyst).json()["tokens"]
    assert (row["owner"], row["used"] is not None) == ("ana", True)
    assert f"fsn_{row['id']}_" in made
    assert client.get(path, headers=viewer).json()["tokens"] == []
    assert client.get(f"{path}?everyone=true", headers=viewer).status_code == 403
    assert len(client.get(f"{path}?everyone=true", headers=admin).json()["tokens"]) == 2
    assert client.delete(f"{path}/{row['id']}", headers=viewer).status_code == 404
    assert client.delete(f"{path}/{row['id']}", headers=analyst).status_code == 204
    assert client.get(ME, headers=by_token).status_code == 401


def test_a_token_ends_when_it_says_and_notes_its_use_once_a_minute(
    place: Site, client: httpx.Client
) -> None:
    now = place.clock()
    token = create_token(
        place.engine, A, name="t", scopes={Scope.READ}, now=now, terms=Terms(expires=now + 100_000)
    )
    headers = {"Authorization": f"Bearer {token}"}
    used = []
    for _ in range(4):
        assert client.get(ME, headers=headers).status_code == 200
        with place.engine.connect() as connection:
            used.append(connection.exec_driver_sql("SELECT used FROM token").scalar_one() - now)
        place.clock.passes(seconds=25)
    assert used == [0, 0, 0, 75_000]
    assert client.get(ME, headers=headers).status_code == 401


def test_without_local_login_only_the_rescuer_gets_in_and_that_is_told(
    place: Site, client: httpx.Client
) -> None:
    set_up(place, client)
    place.tenants[A] = TenantSettings(local_login=False)
    assert log_in(client).status_code == 403
    place.tenants[A] = TenantSettings(local_login=False, break_glass="ada")
    entered = log_in(client)
    assert entered.status_code == 200
    admin = console(cookie_in(entered))
    assert client.get(ME, headers=admin).json()["way"] == "break-glass"
    newest = client.get("/api/v1/audit-log?limit=1", headers=admin).json()["entries"][0]
    assert (newest["action"], newest["after"]["way"]) == ("log in", "break-glass")


def test_every_change_is_in_the_audit_log_with_before_and_after(
    place: Site, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_log, "_PAGE", 2)
    admin = set_up(place, client)
    new = {"name": "ana", "role": "viewer", "email": "ana@example.org"}
    users, log = "/api/v1/users", "/api/v1/audit-log"
    assert client.post(users, json=new, headers=admin).status_code == 201
    assert client.post(users, json=new, headers=admin).status_code == 409
    assert client.patch(f"{users}/ana", json={"role": "analyst"}, headers=admin).status_code == 200
    made = client.post(f"{users}/ana/link", json={}, headers=admin).json()
    assert made["link"].startswith(f"{str(client.base_url).rstrip('/')}/setup#")
    page = client.get(
        log, params={"kind": "user", "actor": "ada", "limit": 2}, headers=admin
    ).json()
    newest, older = page["entries"]
    assert (newest["action"], newest["way"], newest["address"]) == ("change", "login", "127.0.0.1")
    assert (newest["before"]["role"], newest["after"]["role"]) == ("viewer", "analyst")
    assert (older["action"], older["name"], older["before"]) == ("create", "ana", None)
    rest = client.get(log, params={"cursor": page["next"]}, headers=admin).json()["entries"]
    assert [each["number"] for each in rest] == list(range(older["number"] - 1, 0, -1))
    named = client.get(log, params={"text": "AN"}, headers=admin).json()["entries"]
    assert {each["name"] for each in named} == {"ana"}
    for literal in ("a%a", "a_a"):  # no pattern
        assert client.get(log, params={"text": literal}, headers=admin).json()["entries"] == []
    later = {"from": "2026-09-21T14:13:21Z"}
    assert client.get(log, params=later, headers=admin).json()["entries"] == []
    for wrong in ({"cursor": "-1"}, {"cursor": "x"}, {"limit": 0}, {"from": "yesterday"}):
        assert client.get(log, params=wrong, headers=admin).status_code == 422
    kept = client.get(f"{log}/export", params={"kind": "user"}, headers=admin).text.splitlines()
    listed = client.get(log, params={"kind": "user", "limit": 200}, headers=admin).json()
    assert [json.loads(line) for line in kept] == listed["entries"]
    csv_headers = {**admin, "Accept": "text/csv"}
    table = client.get(f"{log}/export", params={"text": "AN"}, headers=csv_headers).text
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [int(row["number"]) for row in rows] == [each["number"] for each in named]
    assert json.loads(rows[0]["after"] or "null") == named[0]["after"]
    verification = client.get(f"{log}/verification", headers=admin).json()
    assert (verification["whole"], verification["entries"]) == (
        True,
        page["entries"][0]["number"] + 1,
    )
    with place.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE audit SET actor = 'eve' WHERE number = 2")
    verification = client.get(f"{log}/verification", headers=admin).json()
    assert (verification["whole"], "entry 2" in verification["problem"]) == (False, True)


def test_every_answer_has_the_headers_that_bound_a_browser(
    place: Site, client: httpx.Client
) -> None:
    token = place.plain_token(Scope.READ)
    with place.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE alert RENAME TO gone")
    for path, status in (("/healthz", 200), ("/x", 404), (ME, 401), ("/api/v1/alerts", 500)):
        answer = client.get(path, headers=token if status == 500 else {})
        assert answer.status_code in {status, 503 if status == 500 else status}
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "cookie", ["", "x", "x" * 5_000, "\x7f", "fsn_x", "'; DROP TABLE login; --", "%00"]
)
def test_hostile_cookies_are_no_logins(client: httpx.Client, cookie: str) -> None:
    answer = client.get(ME, headers={"Cookie": f"foreseen-session={cookie}"})
    assert answer.status_code == 401


def test_hostile_texts_of_logins_break_nothing(place: Site, client: httpx.Client) -> None:
    texts = ["", "\x00", "\u202e", "' OR 1=1 --", "9" * 199, "{}", "\N{PILE OF POO}", "\ud800"]
    for text in texts:
        for body in (
            {"name": text, "password": text, "tenant": text},
            {"name": text, "password": text, "code": text[:50]},
        ):
            raw = httpx.Request("POST", "http://x", json=body) if text != "\ud800" else None
            content = raw.read() if raw else b'{"name": "\\ud800", "password": "\\ud800"}'
            answer = client.post(
                LOGIN, content=content, headers={"content-type": "application/json"}
            )
            assert answer.status_code in {401, 422, 429}, (text, answer.text)
        assert client.post(
            SETUP, json={"link": text.encode("utf8", "replace").decode()}
        ).status_code in {
            403,
            422,
        }
    with place.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM login").scalar_one() == 0
