"""A backup of a running server holds all that was acknowledged, and goes on without repeats."""

import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

import orjson
import pytest
from tests.recording import extract
from tests.runners.installation import bodies_of, body, drain, fill, held, opened, worker_of

from foreseen.core.errors import ConfigurationError, CorruptError, NotFoundError
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.lake.keeping.horizon import Keeping
from foreseen.lake.keeping.retention import Retention
from foreseen.lake.keeping.snapshot import leased
from foreseen.lake.keeping.upkeep import Policy, upkeep
from foreseen.lake.lake import Lake
from foreseen.runners.life.backup import back_up, restore
from foreseen.runners.life.backup_manifest import MANIFEST, manifest_of
from foreseen.runners.life.upkeep_needs import needs_of
from foreseen.runners.shards import partition

_NOW = 1_800_000_000_000
_LINES = 900
_BODIES = bodies_of(extract(_LINES), range(0, _LINES, 30))


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation that has worked all of it off, with its alerts."""
    data = tmp_path_factory.mktemp("calm") / "data"
    fill(data, _BODIES)
    drain(data)
    return data


@pytest.mark.slow
def test_backups_under_load_hold_all_that_was_acknowledged_and_go_on(
    tmp_path: Path, calm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partition, "BATCH_BYTES", 12_000)  # many commits
    data, made = tmp_path / "data", []
    fill(data, _BODIES)
    with opened(data) as stores:
        worker = worker_of(stores)
        thread = threading.Thread(target=lambda: _work(worker))
        thread.start()
        for number in range(3):
            target = tmp_path / f"backup-{number}"
            back_up(data, target, now=_NOW)
            made.append(target)
            time.sleep(0.3)
        thread.join()
    versions = [manifest_of(each).tables["events"] for each in made]
    assert versions == sorted(versions)
    for each in (made[0], made[-1]):
        restored = tmp_path / f"restored-{each.name}"
        restore(each, restored)
        drain(restored)
        assert held(restored) == held(calm)


def _work(worker: object) -> None:
    while worker.drain():  # type: ignore[attr-defined]  # a worker
        pass


def test_input_that_waits_in_the_intake_is_in_the_backup(tmp_path: Path, calm: Path) -> None:
    data = tmp_path / "data"
    fill(data, _BODIES)  # nobody has worked any of it off
    back_up(data, tmp_path / "backup", now=_NOW)
    with opened(data) as stores:
        stores.intake.append([body(b"a line that came after the backup\n")])
    restore(tmp_path / "backup", tmp_path / "restored")
    drain(tmp_path / "restored")
    assert held(tmp_path / "restored") == held(calm)


def test_a_backup_does_not_wait_for_the_copying_of_the_database(tmp_path: Path, calm: Path) -> None:
    back_up(calm, tmp_path / "backup", now=_NOW)
    with closing(sqlite3.connect(tmp_path / "backup/control.db")) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        copied = copy.execute("SELECT count(*) FROM alert").fetchone()
    assert copied == (len(held(calm).alerts),)
    assert not list((tmp_path / "backup").rglob("lock"))
    assert not list((tmp_path / "backup").rglob("*-wal"))


def test_links_are_a_backup_on_the_same_disk(tmp_path: Path, calm: Path) -> None:
    back_up(calm, tmp_path / "backup", now=_NOW, link=True)
    files = list((tmp_path / "backup/lake").rglob("*.parquet"))
    assert files
    assert all(path.stat().st_nlink > 1 for path in files)
    restore(tmp_path / "backup", tmp_path / "restored")
    assert held(tmp_path / "restored") == held(calm)
    assert all(path.stat().st_nlink == 1 for path in (tmp_path / "restored").rglob("*.parquet"))


def test_nothing_is_removed_while_a_backup_is_made(tmp_path: Path) -> None:
    fill(tmp_path, _BODIES[:5])
    drain(tmp_path)
    lake = Lake.open(tmp_path / "lake")
    lake.compact()
    policy = Policy(Retention({}), Keeping(0, 1, 0, 1, 1))
    soon = time.time_ns() // 1_000_000 + 1_000
    with leased(lake.folder):
        assert sum(t.removed.files for t in upkeep(lake, policy, soon).tables.values()) == 0
    assert sum(t.removed.entries for t in upkeep(lake, policy, soon).tables.values()) > 0


def test_what_open_alerts_and_the_judge_need_is_asked_of_the_database(calm: Path) -> None:
    with opened(calm) as stores:
        needs = needs_of(stores.control)
        version = stores.lake.version("matches")
    found = held(calm)
    assert 0 < needs.keep_after["matches"] <= version
    assert found.alerts
    members = {uid for alert in found.alerts for uid in alert.members}
    assert needs.matches[DEFAULT_TENANT] == members
    assert members <= set(found.matches["match_uid"].to_pylist())


def _harm(folder: Path, name: str) -> Path:
    (path,) = [p for p in sorted(folder.rglob(name)) if "predictions" in str(p)][:1]
    return path


def test_a_harmed_backup_is_refused_and_nothing_is_put_into_place(
    tmp_path: Path, calm: Path
) -> None:
    backup, data = tmp_path / "backup", tmp_path / "data"
    back_up(calm, backup, now=_NOW)
    path = _harm(backup, "*.parquet")
    whole = path.read_bytes()
    path.write_bytes(whole[:50] + b"?" + whole[51:])
    with pytest.raises(CorruptError, match=rf"{path.name}: the manifest says {len(whole)} bytes"):
        restore(backup, data)
    path.unlink()
    with pytest.raises(CorruptError, match="is gone"):
        restore(backup, data)
    path.write_bytes(whole)
    (backup / "lake/other").write_text("of somebody else")
    with pytest.raises(CorruptError, match="not in the manifest"):
        restore(backup, data)
    (backup / "lake/other").unlink()
    assert not data.exists()
    assert [each.name for each in tmp_path.iterdir()] == ["backup"]
    restore(backup, data)


def test_folders_that_are_not_empty_and_unfinished_backups_are_refused(
    tmp_path: Path, calm: Path
) -> None:
    backup = tmp_path / "backup"
    with pytest.raises(NotFoundError, match="no data of Foreseen"):
        back_up(tmp_path, backup, now=_NOW)
    back_up(calm, backup, now=_NOW)
    with pytest.raises(ConfigurationError, match="is not empty"):
        back_up(calm, backup, now=_NOW)
    with pytest.raises(ConfigurationError, match="is not empty"):
        restore(backup, calm)
    told = orjson.loads((backup / MANIFEST).read_bytes())
    (backup / MANIFEST).write_bytes(orjson.dumps(told | {"format": 99}))
    with pytest.raises(Exception, match="a newer version"):
        restore(backup, tmp_path / "data")
    (backup / MANIFEST).write_bytes(b"{}")
    with pytest.raises(CorruptError, match="no manifest"):
        restore(backup, tmp_path / "data")
    (backup / MANIFEST).unlink()
    with pytest.raises(NotFoundError, match="unfinished"):
        restore(backup, tmp_path / "data")
