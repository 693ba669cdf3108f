"""Secrets leave no trace: not in logs, answers, the audit log or the database (but hashes)."""

import logging
import stat
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import pyotp
import pytest
from fastapi import FastAPI
from sqlalchemy import select
from tests.api.people import OPERATOR, A, B, Site, console, cookie_in, site
from tests.api.planting import rows_of
from tests.api.providing import SECRET, agree, back, begin, provided

from foreseen.control.database import reading
from foreseen.control.identity.links import Purpose, make_link
from foreseen.control.identity.sealing import KEY_FILE, Seal, seal_of
from foreseen.control.identity_tables import UserRow
from foreseen.core.errors import ConfigurationError, CorruptError, MalformedInputError

Serve = Callable[[FastAPI], AbstractContextManager[httpx.Client]]
ME, SETUP, LOGIN = "/api/v1/me", "/api/v1/auth/setup", "/api/v1/auth/login"
PASSWORD, NEW = "canary-password-77aa", "canary-password-88bb"


def test_no_secret_is_in_logs_answers_or_the_database(
    tmp_path: Path, serve: Serve, provider: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with site(tmp_path) as place:
        place.clock.now = time.time_ns() // 1_000_000
        with serve(place.app) as client:
            secrets, said = lived(place, client, provider)
        rows = f"{[*rows_of(place.engine, A), *rows_of(place.engine, B)]}".encode()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    kept = {path: path.read_bytes() for path in files if path.name != "client-secret"}
    kept[Path("rows")] = rows  # where the database is no file here
    assert b"argon2id" in rows
    assert len(secrets) > 20
    browser = {"httpcore", "httpx"}  # the test's own; the server's are called httpcore2 and httpx2
    records = [each for each in caplog.records if each.name.partition(".")[0] not in browser]
    logged = "\n".join(each.getMessage() for each in records)
    assert "httpcore2" in {each.name.partition(".")[0] for each in records}
    for secret in secrets:
        assert secret not in logged, secret
        assert secret not in said
        found = [path.name for path, content in kept.items() if secret.encode() in content]
        assert found == [], secret


def lived(place: Site, client: httpx.Client, provider: str) -> tuple[set[str], str]:
    """All secrets of a life with people, tokens and providers; and all that was answered later."""
    link = make_link(place.engine, A, Purpose.SETUP, by=OPERATOR, now=place.clock(), user=None)
    body = {"link": link, "name": "ada", "password": PASSWORD}
    entered = client.post(SETUP, json=body)
    client.cookies.clear()
    admin, secrets = console(cookie_in(entered)), {link, PASSWORD, NEW, SECRET, cookie_in(entered)}
    secrets |= enrolled(place, client, admin)
    new = {"name": "t", "scopes": ["read"]}
    secrets.add(client.post("/api/v1/tokens", json=new, headers=admin).json()["token"])
    client.post("/api/v1/users", json={"name": "bob", "role": "viewer"}, headers=admin)
    given = client.post("/api/v1/users/bob/link", json={}, headers=admin).json()["link"]
    secrets.add(given.partition("#")[2])
    provided(place, provider, default_role="viewer")
    address, kept = begin(client)
    by_provider = back(client, agree(address, "somebody"), kept)
    secrets |= {kept, cookie_in(by_provider)}
    failed = [
        client.post(LOGIN, json={"name": NEW, "password": PASSWORD}),
        client.post(LOGIN, json={"name": "ada", "password": NEW, "code": 5}),
        client.post(LOGIN, content=f'{{"password": "{PASSWORD}"'.encode()),
        client.post(SETUP, json={"link": link, "password": PASSWORD}),
        client.get(ME, headers={"Authorization": f"Bearer {PASSWORD}"}),
    ]
    assert {each.status_code for each in failed} == {401, 422, 403}
    return secrets, "".join(each.text for each in [*failed, *everything(client, admin)])


def enrolled(place: Site, client: httpx.Client, admin: dict[str, str]) -> set[str]:
    """The secrets of a second factor, and of a password that was changed."""
    given = client.post(f"{ME}/totp", json={"password": PASSWORD}, headers=admin).json()
    code = pyotp.TOTP(given["secret"]).at(place.clock() // 1000)
    confirmed = client.post(f"{ME}/totp/confirm", json={"code": code}, headers=admin).json()
    change = {"password": PASSWORD, "new_password": NEW}
    assert client.post(f"{ME}/password", json=change, headers=admin).status_code == 204
    return {given["secret"], given["address"], *confirmed["recovery_codes"]}


def everything(client: httpx.Client, admin: dict[str, str]) -> Iterable[httpx.Response]:
    """What an admin can see."""
    paths = ("me", "users", "tokens?everyone=true", "sessions?everyone=true", "audit-log?limit=200")
    for path in (*paths, "openapi.json"):
        answer = client.get(f"/api/v1/{path}", headers=admin)
        assert answer.status_code == 200
        yield answer


def test_a_second_factor_is_sealed_with_a_key_file_that_only_its_owner_reads(
    tmp_path: Path,
) -> None:
    seal = seal_of(tmp_path)
    file = tmp_path / KEY_FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    sealed = seal.close({"secret": "canary"}, now=1_000)
    assert "canary" not in sealed
    assert seal_of(tmp_path).open(sealed, now=5_000, seconds=10) == {"secret": "canary"}
    for text, now in ((sealed[:-2], 1_000), (sealed, 12_000), ("\u20ac", 1_000), ("", 1_000)):
        with pytest.raises(MalformedInputError):
            seal.open(text, now=now, seconds=10)
    with pytest.raises(MalformedInputError):
        Seal.temporary().open(sealed, now=1_000)
    file.chmod(0o640)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        seal_of(tmp_path)
    file.chmod(0o600)
    file.write_bytes(b"short")
    with pytest.raises(CorruptError, match="holds no key"):
        seal_of(tmp_path)


def test_a_second_factor_cannot_be_moved_to_another_person(tmp_path: Path, serve: Serve) -> None:
    with site(tmp_path) as place, serve(place.app) as client:
        link = make_link(place.engine, A, Purpose.SETUP, by=OPERATOR, now=place.clock(), user=None)
        body = {"link": link, "name": "ada", "password": PASSWORD}
        admin = console(cookie_in(client.post(SETUP, json=body)))
        client.cookies.clear()
        given = client.post(f"{ME}/totp", json={"password": PASSWORD}, headers=admin).json()
        with place.engine.begin() as connection:
            connection.exec_driver_sql(  # as whoever can write the database might
                'INSERT INTO "user" (name, tenant, created, display_name, role, state,'
                " totp_pending) SELECT 'eve', tenant, created, display_name, role, state,"
                ' totp_pending FROM "user"'
            )
        with reading(place.engine) as session:
            assert session.scalars(select(UserRow.totp_pending)).all().count(None) == 0
        code = pyotp.TOTP(given["secret"]).at(place.clock() // 1000)
        eve = place.login("eve")
        answer = client.post(f"{ME}/totp/confirm", json={"code": code}, headers=eve)
        assert answer.status_code == 403
