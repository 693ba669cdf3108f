"""The control database opens safely, migrates itself, and keeps what it said it keeps."""

import shutil
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import IntegrityError

from foreseen.control import artefacts, jobs
from foreseen.control.alerts import Page, alerts
from foreseen.control.artefacts import NewArtefact
from foreseen.control.cursors import checkpoint
from foreseen.control.database import MIGRATIONS, open_database, opened, reading, writing
from foreseen.control.identity_tables import TokenRow
from foreseen.control.scopes import Scope
from foreseen.control.tables import Base, CursorRow, TenantRow
from foreseen.control.tenants import tenants
from foreseen.control.tokens import create_token, grant_of, revoke_token
from foreseen.core.errors import ConfigurationError, CorruptError, DeniedError, NotFoundError
from foreseen.core.ids import TenantId, content_hash

TENANT, OTHER = TenantId("default"), TenantId("other")


def test_migrations_give_exactly_the_declared_tables(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


_DURABLE: dict[str, tuple[str, dict[str, object]]] = {
    "sqlite": ("PRAGMA", {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}),
    "postgresql": ("SHOW", {"fsync": "on", "synchronous_commit": "on", "timezone": "UTC"}),
}


def test_every_connection_is_durable_and_checks_references(engine: Engine) -> None:
    with engine.connect() as connection:
        asked, wanted = _DURABLE[engine.dialect.name]
        found = {name: connection.execute(text(f"{asked} {name}")).scalar() for name in wanted}
    assert found == wanted
    with pytest.raises(IntegrityError), writing(engine) as session:
        session.add(CursorRow(tenant="nobody", name="judge", version=1))


def test_opening_again_keeps_the_data(tmp_path: Path, engine: Engine) -> None:
    assert tenants(engine) == [TENANT, OTHER]
    with opened(tmp_path / "control.db") as again:
        assert tenants(again) == [TENANT, OTHER]


def test_many_may_open_a_new_database_at_once(tmp_path: Path) -> None:
    engines: list[Engine] = []
    openers = [
        threading.Thread(target=lambda: engines.append(open_database(tmp_path / "c%d.db")))
        for _ in range(6)
    ]
    for opener in openers:
        opener.start()
    for opener in openers:
        opener.join()
    assert len(engines) == 6
    for engine in engines:
        engine.dispose()


def test_the_package_migrates_from_wherever_it_is_installed(tmp_path: Path) -> None:
    package = MIGRATIONS.parents[1]
    shutil.copytree(package, tmp_path / "site 100%" / "foreseen")
    code = (
        "import sys, foreseen.control.database as d; "
        "assert str(d.MIGRATIONS).startswith(sys.argv[1]); d.open_database(sys.argv[2])"
    )
    site, file = tmp_path / "site 100%", tmp_path / "new.db"
    subprocess.run(
        [sys.executable, "-c", code, str(site), str(file)],
        env={"PYTHONPATH": str(site)},
        cwd=tmp_path,
        check=True,
    )
    with sqlite3.connect(file) as connection:
        assert connection.execute("SELECT count(*) FROM alert").fetchone() == (0,)
    connection.close()


def test_a_database_of_a_newer_version_is_refused(tmp_path: Path, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'r9999'"))
    with pytest.raises(ConfigurationError, match="newer version of Foreseen"):
        open_database(tmp_path / "control.db")


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "control.db"
    file.write_bytes(b"not a database" * 100)
    with pytest.raises(CorruptError, match="no usable SQLite database"):
        open_database(file)
    assert file.read_bytes() == b"not a database" * 100


_KILLED = """
import sys
from foreseen.control.alert_commit import Decided, commit_decisions
from foreseen.control.cursors import Checkpoint
from foreseen.control.database import open_database
from foreseen.core.alerts import Alert

engine = open_database(sys.argv[1])
start = int(sys.argv[2])
for n in range(start, start + 100_000):
    told = Alert(f"m{n}", "default", "r", "w", "h", "s", n, n, "high", "t", (), None, (f"m{n}",),
                 None, {})
    commit_decisions(engine, "default", Decided([told]), Checkpoint("judge", n + 1))
    print(n, flush=True)
"""


def test_kills_leave_the_cursor_and_the_alerts_in_step(tmp_path: Path, engine: Engine) -> None:
    said = -1
    for lines in (1, 17, 40):
        reached = checkpoint(engine, TENANT, "judge")
        start = reached.version if reached else 0
        judge = subprocess.Popen(
            [sys.executable, "-c", _KILLED, str(tmp_path / "control.db"), str(start)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert judge.stdout is not None
        for _ in range(lines):
            said = max(said, int(judge.stdout.readline()))
        judge.kill()
        judge.communicate()
    reached = checkpoint(engine, TENANT, "judge")
    assert reached is not None
    assert reached.version > said >= 57
    stored = [each.first_time for each in alerts(engine, TENANT, page=Page(limit=10_000))]
    assert stored == list(reversed(range(reached.version)))


def test_tokens_are_kept_as_hashes_and_end_when_revoked(engine: Engine) -> None:
    token = create_token(engine, OTHER, name="ci", scopes={Scope.READ}, now=1)
    grant = grant_of(engine, token, now=3)
    assert (grant.tenant, grant.name, grant.scopes) == (OTHER, "ci", frozenset({Scope.READ}))
    with reading(engine) as session:
        row = session.scalars(select(TokenRow)).one()
        assert token not in f"{vars(row)}"
    revoke_token(engine, token, now=2)
    for wrong in (token, token[:-1], "", "fsn_", "x" * 10_000, "fsn_\ud800", "fsn_\x00' OR 1=1"):
        with pytest.raises(DeniedError):
            grant_of(engine, wrong, now=3)
    with pytest.raises(NotFoundError):
        revoke_token(engine, "fsn_unknown", now=3)


def test_artefacts_are_named_by_their_bytes_and_checked(engine: Engine) -> None:
    model = NewArtefact("model", "rule-1", b"tree\n" * 100_000)
    key = artefacts.put(engine, TENANT, model, now=5)
    assert key == artefacts.put(engine, TENANT, model, now=9) == content_hash(model.content)
    assert artefacts.content(engine, TENANT, key) == model.content
    (found,) = artefacts.artefacts(engine, TENANT, "model")
    assert (found.hash, found.name, found.created, found.size) == (key, "rule-1", 9, 500_000)
    with pytest.raises(NotFoundError):
        artefacts.content(engine, OTHER, key)
    empty = artefacts.put(engine, TENANT, NewArtefact("model", "none", b""), now=5)
    assert artefacts.content(engine, TENANT, empty) == b""


@pytest.mark.parametrize("damage", [":zero", "(SELECT content FROM artefact WHERE name = 'b')"])
def test_a_damaged_artefact_is_told_not_used(engine: Engine, damage: str) -> None:
    key = artefacts.put(engine, TENANT, NewArtefact("model", "a", b"one"), now=5)
    artefacts.put(engine, TENANT, NewArtefact("model", "b", b"two"), now=5)
    with engine.begin() as connection:
        change = text(f"UPDATE artefact SET content = {damage} WHERE name = 'a'")  # noqa: S608
        connection.execute(change, {"zero": b"\0"} if ":zero" in damage else {})
    with pytest.raises(CorruptError, match=key):
        artefacts.content(engine, TENANT, key)


def test_jobs_tell_how_far_they_are(engine: Engine) -> None:
    number, other = (jobs.create_job(engine, TENANT, kind, now=1) for kind in ("train", "study"))
    jobs.report(engine, TENANT, number, 0.5, now=2)
    assert jobs.job(engine, TENANT, number).state is jobs.JobState.RUNNING
    jobs.report(engine, TENANT, number, 1.0, now=3)
    jobs.fail(engine, TENANT, other, "no matches", now=4)
    assert [(each.kind, each.state, each.error) for each in jobs.jobs(engine, TENANT)] == [
        ("study", jobs.JobState.FAILED, "no matches"),
        ("train", jobs.JobState.DONE, None),
    ]
    with pytest.raises(NotFoundError):
        jobs.report(engine, OTHER, number, 0.1, now=5)


def test_a_failed_transaction_leaves_nothing(engine: Engine) -> None:
    def crash_inside() -> None:
        with writing(engine) as session:
            session.add(TenantRow(id="third", created=1))
            session.flush()
            raise RuntimeError("crash")

    with pytest.raises(RuntimeError, match="crash"):
        crash_inside()
    assert tenants(engine) == [TENANT, OTHER]
