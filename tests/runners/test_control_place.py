"""Where the control database lies: taken once, found by all, moved and backed up whole."""

import signal
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from tests.cli.commands import foreseen
from tests.cli.serving import client_of, running, token_of
from tests.postgres.server import Server
from tests.recording import extract
from tests.runners.installation import NOW, bodies_of, drain, fill, held

from foreseen.cli.terminal import Exit
from foreseen.control import jobs
from foreseen.control.alert_commit import Decided, commit_decisions
from foreseen.control.alerts import Page, alerts
from foreseen.control.cursors import Checkpoint
from foreseen.control.database import is_served, open_database, opened
from foreseen.control.places import FILE, NOTE
from foreseen.control.tenants import ensure_tenant
from foreseen.core.alerts import Alert
from foreseen.core.errors import ConfigurationError, CorruptError, TransientError
from foreseen.core.ids import DEFAULT_TENANT, RuleId
from foreseen.runners.control_place import HERE, move
from foreseen.runners.life.backup import back_up, restore
from foreseen.runners.life.backup_manifest import manifest_of
from foreseen.runners.server import Addresses, stores

_LINES = 600
_BODIES = bodies_of(extract(_LINES), range(0, _LINES, 60))
_FIXTURES = Path(__file__).parents[1] / "fixtures"
_GOLDEN = [
    path.parent.name
    for path in sorted(_FIXTURES.glob("lake-*/expected.json"))
    if "alerts" in path.read_text()
]
Make = Callable[[], str]


@pytest.fixture
def make(postgres: Server) -> Iterator[Make]:
    """Makes empty databases, and gives their addresses."""
    names: list[str] = []

    def made() -> str:
        names.append(f"place{time.time_ns()}")
        return postgres.make(names[-1])

    yield made
    for name in names:
        postgres.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture(autouse=True)
def files_at_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders begin with a file here, whatever the run is on."""
    monkeypatch.delenv("FORESEEN_TEST_SERVER", raising=False)


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation that has worked all of it off, with its alerts."""
    data = tmp_path_factory.mktemp("calm") / "data"
    fill(data, _BODIES)
    drain(data)
    return data


def rows(engine: Engine) -> dict[str, object]:
    """All that a control database holds."""
    from foreseen.control.tables import Base  # noqa: PLC0415 (all of them)

    with engine.connect() as connection:
        return {
            table.name: [
                tuple(row)
                for row in connection.execute(
                    table.select().order_by(*table.primary_key.columns)
                ).all()
            ]
            for table in Base.metadata.sorted_tables
        }


def all_of(data: Path) -> dict[str, object]:
    with opened(data / FILE) as engine:
        return rows(engine)


def test_a_server_takes_a_database_once_and_every_command_finds_it(
    tmp_path: Path, make: Make
) -> None:
    data, address = tmp_path / "data", make()
    with stores(data, Addresses(control=address)) as found:
        assert is_served(found.control)
    note = data / NOTE
    assert note.stat().st_mode & 0o777 == 0o600
    assert not (data / FILE).exists()
    with stores(data) as found:
        assert is_served(found.control)
        token = foreseen("tokens", "create", "ci", "--scope", "read", "--data", data)
        assert token.code == 0, token.err
    told = foreseen("control", "show", "--data", data, "--json")
    assert told.rows[0]["kind"] == "postgresql"
    assert told.rows[0]["rows"]["token"] == 1
    assert foreseen("alerts", "list", "--data", data).code == 0


@pytest.mark.slow
def test_a_killed_server_goes_on_with_its_database_and_keeps_others_out(
    tmp_path: Path, make: Make
) -> None:
    data, address = tmp_path / "data", make()
    with running(data, "--port", "0", "--control", address) as server:
        read = token_of(server, "read")
        with running(tmp_path / "two", "--port", "0", "--control", address) as second:
            assert second.process.wait(60) == Exit.USAGE
        assert "another server works on this control database" in "".join(second.said)
        server.process.kill()
        server.process.wait()
    with running(data) as server, client_of(server) as client:
        assert client.get("/api/v1/alerts", headers=read).status_code == 200
        code, _ = server.end(signal.SIGTERM)
        assert code == 0


def test_another_address_than_the_kept_one_is_refused(tmp_path: Path, make: Make) -> None:
    data, address = tmp_path / "data", make()
    with stores(data, Addresses(control=address)):
        pass
    with (
        pytest.raises(ConfigurationError, match="foreseen control move"),
        stores(data, Addresses(control=make())),
    ):
        pass
    with stores(data, Addresses(control=address)):
        pass


def test_a_folder_with_a_file_of_its_own_is_not_given_another_one(
    tmp_path: Path, make: Make
) -> None:
    open_database(tmp_path / "here.db").dispose()
    (tmp_path / "here.db").rename(tmp_path / FILE)
    with (
        pytest.raises(ConfigurationError, match="foreseen control move"),
        stores(tmp_path, Addresses(control=make())),
    ):
        pass
    assert not (tmp_path / NOTE).exists()


def test_two_servers_with_folders_of_their_own_cannot_share_one(tmp_path: Path, make: Make) -> None:
    shared = Addresses(control=make())
    with (
        stores(tmp_path / "one", shared),
        pytest.raises(ConfigurationError, match="another server works on this control database"),
        stores(tmp_path / "two", shared),
    ):
        pass
    assert not (tmp_path / "two" / NOTE).exists()
    with stores(tmp_path / "one"):
        pass


def test_an_installation_moves_to_a_server_and_back_with_all_that_it_holds(
    tmp_path: Path, make: Make
) -> None:
    data = tmp_path / "data"
    fill(data, _BODIES[:5])
    drain(data)
    with opened(data / FILE) as engine:
        number = jobs.create_job(engine, DEFAULT_TENANT, "train", now=NOW)
        with engine.begin() as connection:
            connection.execute(text("DELETE FROM job"))
    before, seen = all_of(data), held(data)
    address = make()
    moved = foreseen("control", "move", address, "--data", data)
    assert moved.code == 0, moved.err
    assert "which counts from now on" in moved.err
    with opened(data / FILE) as engine:
        assert is_served(engine)
        assert rows(engine) == before
        later = jobs.create_job(engine, DEFAULT_TENANT, "train", now=NOW)
        assert later > number
    with pytest.raises(ConfigurationError, match="lies there already"):
        move(data, address)
    fill(data, _BODIES[5:])
    drain(data)
    there = all_of(data)
    done = move(data, HERE)
    assert not (data / NOTE).exists()
    assert sum(done.rows.values()) == sum(len(each) for each in there.values())  # type: ignore[misc, arg-type]  # lists
    assert all_of(data) == there
    assert len(held(data).alerts) >= len(seen.alerts)
    with opened(data / FILE) as engine:
        assert jobs.create_job(engine, DEFAULT_TENANT, "train", now=NOW) > later


def test_what_was_worked_off_on_a_server_is_what_a_file_would_hold(
    tmp_path: Path, calm: Path, make: Make
) -> None:
    data = tmp_path / "data"
    with stores(data, Addresses(control=make())):
        pass
    fill(data, _BODIES)
    drain(data)
    assert held(data) == held(calm)


def test_a_database_that_holds_something_is_not_written_over(
    tmp_path: Path, calm: Path, make: Make
) -> None:
    address, data = make(), tmp_path / "data"
    with opened(address) as engine:
        ensure_tenant(engine, DEFAULT_TENANT, now=1)
        before = rows(engine)
    back_up(calm, tmp_path / "backup", now=NOW)
    with pytest.raises(ConfigurationError, match="holds data already"):
        restore(tmp_path / "backup", data, control=address)
    assert not data.exists()
    restore(tmp_path / "backup", data)
    with pytest.raises(ConfigurationError, match="holds data already"):
        move(data, address)
    assert all_of(data) == all_of(calm)
    with opened(address) as engine:
        assert rows(engine) == before


def test_a_move_while_a_server_runs_is_refused(tmp_path: Path, make: Make) -> None:
    data, other = tmp_path / "data", make()
    with stores(data), pytest.raises(ConfigurationError, match="another server"):
        move(data, other)
    with opened(other) as engine:
        assert rows(engine)["tenant"] == []


def test_a_backup_goes_into_either_kind_of_database(tmp_path: Path, calm: Path, make: Make) -> None:
    served = tmp_path / "served"
    back_up(calm, tmp_path / "first", now=NOW)
    restore(tmp_path / "first", served, control=make())
    assert not (served / FILE).exists()
    assert held(served) == held(calm)
    assert all_of(served) == all_of(calm)
    made = foreseen("backup", tmp_path / "second", "--data", served)
    assert made.code == 0, made.err
    assert NOTE not in manifest_of(tmp_path / "second").files
    put = foreseen("restore", tmp_path / "second", "--data", tmp_path / "file")
    assert put.code == 0, put.err
    assert all_of(tmp_path / "file") == all_of(calm)
    assert held(tmp_path / "file") == held(calm)


@pytest.mark.long
def test_a_backup_of_a_database_at_work_is_one_moment(tmp_path: Path, make: Make) -> None:
    data, stop = tmp_path / "data", threading.Event()
    with stores(data, Addresses(control=make())) as found:

        def work() -> None:
            for n in range(10_000):
                if stop.is_set():
                    return
                told = [_alert(f"m{n}-{k}") for k in range(3)]
                commit_decisions(
                    found.control, DEFAULT_TENANT, Decided(told), Checkpoint("judge", n + 1)
                )

        writer = threading.Thread(target=work)
        writer.start()
        time.sleep(0.3)
        for number in range(3):
            back_up(data, tmp_path / f"backup-{number}", now=NOW)
        stop.set()
        writer.join()
    sizes = []
    for number in range(3):
        with opened(tmp_path / f"backup-{number}" / FILE) as engine:
            kept = {each.uid for each in alerts(engine, DEFAULT_TENANT, page=Page(limit=100_000))}
            with engine.connect() as connection:
                reached = connection.scalar(text("SELECT version FROM cursor WHERE name = 'judge'"))
        assert kept == {f"m{n}-{k}" for n in range(reached or 0) for k in range(3)}
        sizes.append(len(kept))
    assert sizes == sorted(sizes)


def _alert(uid: str) -> Alert:
    return Alert(
        uid, DEFAULT_TENANT, RuleId("r"), "w", "h", "s", 1, 1, "high", "t", (), None, (uid,), None,
        {},
    )  # fmt: skip


def test_a_backup_after_another_copies_what_is_new(tmp_path: Path, calm: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    back_up(calm, first, now=NOW)
    back_up(calm, second, now=NOW + 1, since=first)
    assert manifest_of(first).files.keys() == manifest_of(second).files.keys()
    parts = [name for name in manifest_of(second).files if name.endswith(".parquet")]
    data = [name for name in parts if "_delta_log" not in name]
    assert data
    for name in manifest_of(second).files:
        assert (first / name).samefile(second / name) == (name in data)
    restore(second, tmp_path / "restored")
    assert held(tmp_path / "restored") == held(calm)
    damaged = second / data[0]
    damaged.unlink()
    damaged.write_bytes(b"x" * (first / data[0]).stat().st_size)
    with pytest.raises(CorruptError):
        restore(second, tmp_path / "again")


def test_a_database_that_goes_away_while_it_is_copied_leaves_all_as_it_was(
    tmp_path: Path, calm: Path, postgres: Server, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, address = tmp_path / "data", make()
    back_up(calm, tmp_path / "backup", now=NOW)
    restore(tmp_path / "backup", data)
    before = all_of(data)
    from foreseen.control import copying  # noqa: PLC0415 (to break it)

    real = copying._go_on_counting  # noqa: SLF001

    def breaking(*args: object) -> None:
        postgres.restart()
        real(*args)  # type: ignore[arg-type]  # passed on

    with monkeypatch.context() as patch:
        patch.setattr(copying, "_go_on_counting", breaking)
        with pytest.raises(TransientError):
            move(data, address)
    assert not (data / NOTE).exists()
    assert all_of(data) == before
    move(data, address)
    assert all_of(data) == before


@pytest.mark.parametrize("name", _GOLDEN)
def test_an_old_installation_moves_to_a_server(tmp_path: Path, make: Make, name: str) -> None:
    with tarfile.open(_FIXTURES / name / "data.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    (file,) = tmp_path.rglob(FILE)
    data = file.parent
    before = all_of(data)
    assert before["alert"]
    move(data, make())
    assert all_of(data) == before
