"""Writers one after the other, readers of one moment: the same in both kinds of database."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event, func, select, text

from foreseen.control import jobs
from foreseen.control.alerts import Page, alerts
from foreseen.control.cursors import Checkpoint, checkpoint, save
from foreseen.control.database import (
    MIGRATIONS,
    changing,
    is_served,
    migrate,
    opened,
    reading,
    writing,
)
from foreseen.control.places import url_of
from foreseen.control.tables import Base, CursorRow
from foreseen.control.tenants import tenants
from foreseen.core.errors import TransientError
from foreseen.core.ids import TenantId

TENANT = TenantId("default")
_EACH = 20
_REVISIONS = [each.revision for each in ScriptDirectory(MIGRATIONS).walk_revisions()]

_COUNTING = """
import sys
from foreseen.control.database import open_database, writing
from foreseen.control.tables import CursorRow

engine = open_database(sys.argv[1])
for _ in range(int(sys.argv[2])):
    with writing(engine) as session:
        session.get(CursorRow, ("default", "count")).version += 1
engine.dispose()
"""


def test_what_a_writer_reads_is_what_it_changes(tmp_path: Path, engine: Engine) -> None:
    save(engine, TENANT, Checkpoint("count", 1))
    told = [sys.executable, "-c", _COUNTING, str(tmp_path / "control.db"), str(_EACH)]
    others = [subprocess.Popen(told) for _ in range(2)]

    def count() -> None:
        for _ in range(_EACH):
            with writing(engine) as session:
                row = session.get(CursorRow, (TENANT, "count"))
                assert row is not None
                row.version += 1

    threads = [threading.Thread(target=count) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [other.wait(60) for other in others] == [0, 0]
    reached = checkpoint(engine, TENANT, "count")
    assert reached is not None
    assert reached.version == 1 + 5 * _EACH


def test_numbers_come_in_the_order_of_the_commits(engine: Engine) -> None:
    seen: list[int] = []

    def make() -> None:
        for _ in range(10):
            jobs.create_job(engine, TENANT, "train", now=1)
            with reading(engine) as session:
                seen.append(session.scalar(text("SELECT max(id) FROM job")) or 0)

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers = [each.number for each in jobs.jobs(engine, TENANT)]
    assert numbers == list(range(40, 0, -1))


def test_a_number_is_never_given_twice(engine: Engine) -> None:
    first = jobs.create_job(engine, TENANT, "train", now=1)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM job"))
    assert jobs.create_job(engine, TENANT, "train", now=1) > first


def test_a_reader_sees_one_moment(engine: Engine) -> None:
    with reading(engine) as session:
        before = session.scalar(select(func.count()).select_from(CursorRow))
        save(engine, TENANT, Checkpoint("train", 1))
        assert session.scalar(select(func.count()).select_from(CursorRow)) == before
    assert checkpoint(engine, TENANT, "train") is not None


def test_a_writer_that_waits_too_long_may_try_again(engine: Engine) -> None:
    impatient = "SET lock_timeout = 50" if is_served(engine) else "PRAGMA busy_timeout=50"
    event.listen(engine, "checkout", lambda link, *_: (link.execute(impatient), link.commit()))
    with changing(engine), pytest.raises(TransientError, match="try again"):
        save(engine, TENANT, Checkpoint("train", 1))
    assert save(engine, TENANT, Checkpoint("train", 1))


@pytest.mark.long
@pytest.mark.parametrize("revision", _REVISIONS)
def test_a_database_of_any_older_revision_is_brought_up_and_keeps_its_data(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str, revision: str
) -> None:
    place = str(tmp_path / "old.db")
    address = f"sqlite:///{place}"
    if kind == "postgresql":
        server = request.getfixturevalue("postgres")
        server.execute(f"DROP DATABASE IF EXISTS old_{revision}")
        place = server.make(f"old_{revision}")
        address = url_of(place).render_as_string(hide_password=False)
    old = create_engine(address)
    with old.begin() as connection:
        migrate(connection, min(revision, "r0008"))  # the rows' shape
        for statement in _FIRST_ROWS:
            connection.execute(text(statement.replace(":", r"\:")))
        migrate(connection, revision)
    old.dispose()
    with opened(place) as engine:
        assert tenants(engine) == [TENANT]
        (kept,) = alerts(engine, TENANT, page=Page(members=True))
        assert (kept.uid, kept.members, kept.decision) == ("m1", ("m1",), {"basis": "no model"})
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, Base.metadata) == []
    if kind == "postgresql":
        server.execute(f"DROP DATABASE old_{revision}")


_FIRST_ROWS = (
    "INSERT INTO tenant (id, created) VALUES ('default', 1)",
    (
        "INSERT INTO alert (tenant, uid, rule, workload, host, stream, first_time, last_time,"
        " count, severity, title, sentences, members, decision, status) VALUES ('default', 'm1',"
        " 'r', 'w', 'h', 's', 1, 2, 1, 'high', 't', '[]', '[\"m1\"]',"
        " '{\"basis\": \"no model\"}', 'open')"
    ),
    (
        "INSERT INTO disposition (tenant, alert, actor, verdict, reason, text, time) VALUES"
        " ('default', 'm1', 'ana', 'escalated', 'attack', '', 3)"
    ),
)
