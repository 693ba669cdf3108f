"""People, tokens and links in the database: what older databases held, and races."""

import asyncio
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

from foreseen.control.audit_log import Actor, entries, verify
from foreseen.control.database import migrate, opened, writing
from foreseen.control.identity.entering import Door, Shown, enter_by_link
from foreseen.control.identity.links import Purpose, make_link, take_once
from foreseen.control.identity.lockout import Attempt, admit
from foreseen.control.identity.logins import Came, Limits
from foreseen.control.identity.passwords import Hashing
from foreseen.control.identity.people import (
    NewPerson,
    State,
    Wanted,
    change_person,
    create_person,
    has_admin,
    people,
)
from foreseen.control.identity.sealing import Seal
from foreseen.control.scopes import Role, Scope
from foreseen.control.tokens import Terms, create_token, grant_of, revoke_token, tokens_of
from foreseen.core.errors import (
    ConflictError,
    DeniedError,
    MalformedInputError,
    NotFoundError,
    TransientError,
)
from foreseen.core.ids import TenantId, content_hash

TENANT, OTHER = TenantId("default"), TenantId("other")
OPERATOR = Actor("operator", "command")
PASSWORD = "correct horse battery"  # noqa: S105 (of a test)


def test_people_and_tokens_of_an_older_database_go_on(tmp_path: Path) -> None:
    token = "fsn_an-old_token"  # noqa: S105 (of a test)
    old = create_engine(f"sqlite:///{tmp_path / 'control.db'}")
    with old.begin() as connection:
        migrate(connection, "r0009")
        for statement in (
            "INSERT INTO tenant (id, created) VALUES ('default', 1)",
            "INSERT INTO \"user\" (tenant, name, created) VALUES ('default', 'ana', 1)",
        ):
            connection.execute(text(statement))
        insert = (
            "INSERT INTO token (hash, tenant, name, scope, created)"
            " VALUES (:hash, 'default', 'ci', 'read triage', 1)"
        )
        connection.execute(text(insert), {"hash": content_hash(token.encode())})
    old.dispose()
    with opened(tmp_path / "control.db") as engine:
        grant = grant_of(engine, token, now=5)
        assert (grant.name, grant.user) == ("ci", None)
        assert grant.scopes == {Scope.READ, Scope.TRIAGE}
        (held,) = tokens_of(engine, TENANT)
        (ana,) = people(engine, TENANT)
        assert (ana.role, ana.state, ana.has_password) == (Role.VIEWER, State.ACTIVE, False)
        revoke_token(engine, held.id, now=6, tenant=TENANT)
        with pytest.raises(DeniedError):
            grant_of(engine, token, now=7)


def test_a_token_is_revoked_by_its_id_within_its_tenant_only(engine: Engine) -> None:
    token = create_token(engine, TENANT, name="t", scopes={Scope.READ}, now=1)
    (held,) = tokens_of(engine, TENANT)
    for tenant in (OTHER, None):
        with pytest.raises(NotFoundError):
            revoke_token(engine, held.id, now=2, tenant=tenant)
    with pytest.raises(NotFoundError):
        revoke_token(engine, token, now=2, tenant=OTHER)
    revoke_token(engine, held.id, now=2, tenant=TENANT, by=OPERATOR)
    revoke_token(engine, held.id, now=3, tenant=TENANT, by=OPERATOR)
    assert [each.change.action for each in entries(engine, TENANT)] == ["revoke"]


def test_an_owned_token_may_never_more_than_its_owner(engine: Engine) -> None:
    create_person(engine, TENANT, NewPerson("vic", Role.VIEWER), by=OPERATOR, now=1)
    owned = Terms("vic")
    with pytest.raises(DeniedError, match="may not triage"):
        create_token(
            engine, TENANT, name="t", scopes={Scope.READ, Scope.TRIAGE}, now=1, terms=owned
        )
    with pytest.raises(NotFoundError):
        create_token(engine, OTHER, name="t", scopes={Scope.READ}, now=1, terms=owned)
    for scopes in (set[Scope](), {Scope.INGEST, Scope.READ}):
        with pytest.raises(MalformedInputError):
            create_token(engine, TENANT, name="t", scopes=scopes, now=1)


@pytest.mark.parametrize(
    "name", ["", "A", "-a", "a b", "a\n", "a" * 65, "\x00", "a/b", "\u0430da", "../a", "#1"]
)
def test_names_that_could_be_mistaken_are_refused(engine: Engine, name: str) -> None:
    with pytest.raises(MalformedInputError):
        create_person(engine, TENANT, NewPerson(name, Role.VIEWER), by=OPERATOR, now=1)
    new = NewPerson("ana", Role.VIEWER, "An\u202ea")
    with pytest.raises(MalformedInputError):
        create_person(engine, TENANT, new, by=OPERATOR, now=1)


def test_of_many_at_once_one_uses_a_link_and_one_becomes_the_first_admin(engine: Engine) -> None:
    door = Door(engine, Seal.temporary(), Limits())
    secret = make_link(engine, TENANT, Purpose.SETUP, by=OPERATOR, now=1, user=None)
    won: list[str] = []

    def enter(name: str) -> None:
        try:
            shown = Shown(secret, "hash", name=name)
            won.append(enter_by_link(door, shown, Came("link", None, ""), now=2).name)
        except DeniedError:
            return

    racers = [threading.Thread(target=enter, args=(f"p{n}",)) for n in range(8)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert len(won) == 1
    assert [each.name for each in people(engine, TENANT)] == won
    verify(engine, TENANT)


def test_two_admins_who_demote_each_other_at_once_leave_one(engine: Engine) -> None:
    for name in ("ada", "bob"):
        create_person(engine, TENANT, NewPerson(name, Role.ADMIN), by=OPERATOR, now=1)
    refused: list[str] = []

    def demote(name: str) -> None:
        try:
            change_person(engine, TENANT, name, Wanted(role=Role.VIEWER), by=OPERATOR, now=2)
        except ConflictError:
            refused.append(name)

    racers = [threading.Thread(target=demote, args=(name,)) for name in ("ada", "bob")]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert len(refused) == 1
    assert has_admin(engine, TENANT)


def test_many_guesses_at_once_are_no_way_round_the_lockout(engine: Engine) -> None:
    admitted: list[int] = []

    def guess(number: int) -> None:
        attempt = Attempt(TENANT, "ada", f"192.0.2.{number}")
        admitted.append(admit(engine, attempt, b"key", now=1))

    racers = [threading.Thread(target=guess, args=(n,)) for n in range(24)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert admitted.count(0) == 5


@pytest.mark.long
def test_a_name_that_nobody_has_costs_as_much_work_as_one_that_somebody_has() -> None:
    async def work() -> tuple[float, float]:
        hashing = Hashing()
        somebodys = await hashing.hash(PASSWORD)
        assert somebodys.startswith("$argon2id$v=19$m=65536,")
        assert await hashing.fits(PASSWORD, somebodys)
        assert not await hashing.fits(f"{PASSWORD}!", somebodys)
        assert not await hashing.fits("a password that nobody has", None)
        spent = []
        for hash_ in (somebodys, None):
            before = time.process_time()
            for _ in range(3):
                await hashing.fits("guess", hash_)
            spent.append(time.process_time() - before)
        hashing.close()
        return spent[0], spent[1]

    known, unknown = asyncio.run(work())
    assert 0.5 < unknown / known < 2


@pytest.mark.slow
def test_passwords_that_wait_are_bounded() -> None:
    async def flood() -> list[bool | BaseException]:
        hashing = Hashing()
        hash_ = await hashing.hash(PASSWORD)
        await hashing.fits(PASSWORD, hash_)
        asked = [hashing.fits(PASSWORD, hash_) for _ in range(50)]
        found = await asyncio.gather(*asked, return_exceptions=True)
        hashing.close()
        return found

    found = asyncio.run(flood())
    assert found.count(True) == 32
    assert sum(isinstance(each, TransientError) for each in found) == 18


def test_an_answer_of_a_provider_is_taken_once_and_forgotten_later(engine: Engine) -> None:
    day = 24 * 3_600_000
    with writing(engine) as session:
        take_once(session, TENANT, "answer", now=1)
    with pytest.raises(DeniedError), writing(engine) as session:
        take_once(session, TENANT, "answer", now=2)
    with writing(engine) as session:
        take_once(session, TENANT, "another", now=3 * day)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM login_link")).scalar_one() == 1


def test_names_that_nobody_has_fill_a_bounded_number_of_rows(engine: Engine) -> None:
    for number in range(60):
        attempt = Attempt(TENANT, f"{number}", f"2001:db8:{number:x}::1")
        admit(engine, attempt, b"key", now=1)
    with engine.connect() as connection:
        names = connection.execute(text("SELECT name FROM login_failure")).scalars().all()
    assert all(name.startswith("#") and int(name[1:]) < 4096 for name in names)
