"""People from the command line, the audit log, and the set-up link of a new installation."""

import re
import signal
from pathlib import Path

import httpx
import pytest
from tests.cli.commands import foreseen
from tests.cli.serving import client_of, running

from foreseen.control.database import opened
from foreseen.control.identity.people import has_admin
from foreseen.control.tenants import ensure_tenant
from foreseen.core.ids import DEFAULT_TENANT


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with an empty control database."""
    with opened(tmp_path / "control.db") as engine:
        ensure_tenant(engine, DEFAULT_TENANT, now=1)
    return tmp_path


def test_people_are_made_changed_and_deleted_and_the_log_tells_it(data: Path) -> None:
    options = ("--data", data)
    made = foreseen("users", "create", "ada", "--role", "admin", *options)
    assert re.fullmatch(r"http://127\.0\.0\.1:8440/setup#\S{40,}\n", made.out)
    assert foreseen("users", "create", "ada", "--role", "admin", *options).code == 1
    new = foreseen("users", "create", "ana", "--role", "viewer", "--json", *options).rows[0]
    assert (new["name"], new["role"], "#" in new["link"]) == ("ana", "viewer", True)
    for refused in (("disable", "ada"), ("role", "ada", "viewer"), ("delete", "ada")):
        ran = foreseen("users", *refused, *options)
        assert (ran.code, "last active admin" in ran.err) == (1, True)
    assert foreseen("users", "role", "ana", "analyst", *options).code == 0
    assert foreseen("users", "disable", "ana", *options).code == 0
    (listed,) = foreseen("users", "list", "--json", *options).rows
    assert [(each["name"], each["state"]) for each in listed] == [
        ("ada", "active"),
        ("ana", "disabled"),
    ]
    assert foreseen("users", "enable", "ana", *options).code == 0
    assert foreseen("users", "unlock", "ana", *options).code == 0
    assert foreseen("users", "unlock", "eve", *options).code == 3
    shown = foreseen("users", "show", "ana", *options)
    assert "analyst" in shown.out
    given = foreseen("users", "link", "ana", "--login", "--url", "https://f.example/", *options)
    assert given.out.startswith("https://f.example/login#")
    assert foreseen("users", "delete", "ana", *options).code == 0
    assert foreseen("users", "show", "ana", *options).code == 3
    told = foreseen("audit", "list", "--kind", "user", "--json", *options).rows
    actions = [each["action"] for each in told]
    assert actions == [
        "delete",
        "unlock",
        "unlock",
        "change",
        "change",
        "change",
        "create",
        "create",
    ]
    assert {each["way"] for each in told} == {"command"}
    assert given.out.partition("#")[2].strip() not in f"{told}"


def test_the_audit_log_is_checked_against_what_was_known(data: Path) -> None:
    options = ("--data", data)
    foreseen("users", "create", "ada", "--role", "admin", *options)
    known = foreseen("audit", "verify", *options).out.strip()
    assert known.startswith("2:")
    foreseen("users", "create", "bob", "--role", "admin", *options)
    assert foreseen("audit", "verify", "--known", known, *options).code == 0
    assert foreseen("audit", "verify", "--known", "2", *options).code == 2
    assert foreseen("audit", "list", "--from", "yesterday", *options).code == 2
    with opened(data / "control.db") as engine, engine.begin() as connection:
        connection.exec_driver_sql("UPDATE audit SET name = 'eve' WHERE number = 1")
    ran = foreseen("audit", "verify", *options)
    assert (ran.code, "entry 1 is not what was recorded" in ran.err) == (1, True)


def test_tokens_are_listed_and_revoked_by_their_id(data: Path) -> None:
    options = ("--data", data)
    foreseen("users", "create", "vic", "--role", "viewer", *options)
    more = ("--owner", "vic", "--expires", "2999-01-01", "--description", "a script")
    made = foreseen("tokens", "create", "t", "--scope", "read", *more, *options).out.strip()
    denied = foreseen("tokens", "create", "t", "--scope", "admin", "--owner", "vic", *options)
    assert (denied.code, "may not admin" in denied.err) == (3, True)
    (listed,) = foreseen("tokens", "list", "--json", *options).rows
    (row,) = listed
    assert (row["owner"], row["scopes"], row["description"]) == ("vic", ["read"], "a script")
    assert made.startswith(f"fsn_{row['id']}_")
    assert foreseen("tokens", "revoke", row["id"], *options).code == 0
    assert "revoked" in foreseen("tokens", "list", *options).out
    assert foreseen("tokens", "revoke", "nothing", *options).code == 3


@pytest.mark.long
def test_a_new_installation_prints_a_link_that_makes_the_first_admin(tmp_path: Path) -> None:
    with running(tmp_path) as server, client_of(server) as client:
        link = httpx.URL(server.wait_for(r"  (http://127\.0\.0\.1:\d+/setup#\S+)")[1])
        assert link.port == client.base_url.port
        body = {"link": link.fragment, "name": "ada", "password": "correct horse battery"}
        assert client.post("/api/v1/auth/setup", json=body).status_code == 200
        me = client.get("/api/v1/me").json()  # the cookie is kept
        assert (me["user"]["name"], me["user"]["role"]) == ("ada", "admin")
        assert server.end(signal.SIGTERM)[0] == 0
    assert (tmp_path / "identity.key").stat().st_mode & 0o77 == 0
    with opened(tmp_path / "control.db") as engine:
        assert has_admin(engine, DEFAULT_TENANT)
    with running(tmp_path) as server, client_of(server) as client:
        assert client.get("/api/v1/me").status_code == 401  # it has shown all that it shows
        server.end(signal.SIGTERM)
        assert "/setup#" not in "".join(server.said)


@pytest.mark.long
@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("pubic_url = 'https://x'", "did you mean 'public_url'"),
        ("public_url = 'http://x.example'", "has to begin with https://"),
        ("public_url = 'https://x.example/y'", "no path of its own"),
        ("[tenants.default]\nlocal_login = false", "nobody can log in"),
        ("[tenants.default.oidc]\nissuer = 'https://x'", "client_id"),
        ("idle_minutes = 0", "idle_minutes"),
        ("= x", "is no TOML"),
    ],
)
def test_a_wrong_file_of_logins_is_told_with_the_key_that_is_wrong(
    tmp_path: Path, written: str, said: str
) -> None:
    file = tmp_path / "identity.toml"
    file.write_text(written, encoding="utf-8")
    ran = foreseen("up", "--data", tmp_path / "data", "--port", "0", "--identity", file)
    assert (ran.code, said in ran.err) == (2, True), ran.err
