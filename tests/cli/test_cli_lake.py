"""`foreseen lake` as a person types it."""

import shutil
from pathlib import Path

import orjson
import pytest
from tests.cli.commands import foreseen
from tests.lake.upkept import DAY, NOON, events, filled, matches

from foreseen.control.database import opened
from foreseen.control.tenants import ensure_tenant
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.lake.lake import Cursor, Lake
from foreseen.rules.document import documents_of
from foreseen.runners.settings.retention import parse_retention, retention_of


@pytest.fixture
def data(tmp_path: Path, template: Path) -> Path:
    """A data folder with six commits."""
    return Path(shutil.copytree(template, tmp_path / "data"))


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, not to be written to."""
    data = tmp_path_factory.mktemp("template") / "data"
    filled(data / "lake", 6)
    (data / "intake").mkdir()
    with opened(data / "control.db") as engine:
        ensure_tenant(engine, DEFAULT_TENANT, now=NOON)
    return data


def test_status_shows_tables_versions_and_producers(data: Path) -> None:
    ran = foreseen("lake", "status", "--data", data)
    assert ran.code == 0, ran.err
    assert "2026-09-21" in ran.out
    assert "producer" in ran.out
    (told,) = foreseen("lake", "status", "--data", data, "--json").rows
    assert (told["events"]["rows"], told["events"]["files"]) == (30, 6)
    assert told["events"]["cursors"] == {"a": 6}


def test_compact_merges_and_says_so(data: Path) -> None:
    (told,) = foreseen("lake", "compact", "--data", data, "--json").rows
    assert (told["events"]["merged"], told["events"]["written"]) == (6, 1)
    again = foreseen("lake", "compact", "--data", data)
    assert "events: 0 files merged into 0" in again.out


def test_expire_shows_first_and_removes_when_told(data: Path, tmp_path: Path) -> None:
    lake = Lake.open(data / "lake")
    old = range(30, 40)
    lake.commit({"events": events(old, came=NOON - 900 * DAY)}, Cursor("a", 7))
    settings = tmp_path / "settings.yml"
    settings.write_text("retention: {events: {cold: never, expire: 800d}}\n")
    asked = ("lake", "expire", "--data", data, "--settings", settings)
    (shown,) = foreseen(*asked, "--json").rows
    assert (shown[0]["rows"], shown[0]["gone"]) == (10, False)
    ran = foreseen(*asked)
    assert "would go" in ran.out
    assert "nothing was removed; --yes lets it go" in ran.err
    assert lake.read("events").num_rows == 40
    (gone,) = foreseen(*asked, "--yes", "--json").rows
    assert gone[0]["gone"]
    assert lake.read("events").num_rows == 30
    assert "nothing is past its period" in foreseen(*asked).err


def test_without_a_setting_nothing_expires(data: Path) -> None:
    ran = foreseen("lake", "expire", "--data", data, "--yes")
    assert (ran.code, ran.out) == (0, "")
    assert "nothing is past its period" in ran.err


def test_wrong_retention_is_told_with_its_place(data: Path, tmp_path: Path) -> None:
    settings = tmp_path / "settings.yml"
    settings.write_text(
        "retention:\n  event: {expire: 90d}\n  events: {expires: 90d}\n  matches: {expire: 90}\n"
        "  predictions: 90d\n  quarantine: {cold: 9d, expire: 2d}\n  tenants: [a]\n"
    )
    ran = foreseen("lake", "expire", "--data", data, "--settings", settings)
    assert ran.code == 1
    for line in (
        ":2: 'retention.event' is no table; did you mean 'events'?",
        ":3: 'retention.events.expires' is no setting; did you mean 'expire'?",
        ":4: 'retention.matches.expire' is a time such as 30s, 10m, 12h or 7d from 1d to 36500d,",
        ":5: 'retention.predictions' has periods, such as cold and expire, not '90d'",
        ":6: 'retention.quarantine.cold' is later than 'retention.quarantine.expire'",
        ":7: 'retention.tenants' names tenants with tables",
    ):
        assert line in ran.err


def test_verify_names_a_harmed_file_and_ends_with_an_error(data: Path) -> None:
    ran = foreseen("lake", "verify", "--data", data)
    assert (ran.code, ran.out) == (0, "")
    assert "every file is as the log says" in ran.err
    path = Path(Lake.open(data / "lake").files("matches")[0])
    path.unlink()
    ran = foreseen("lake", "verify", "--data", data)
    assert ran.code == 1
    assert f"matches: {path}: the log names this file and it is gone" in ran.out
    (told,) = foreseen("lake", "verify", "--data", data, "--json").rows
    assert told[0]["file"] == str(path)


def test_backup_and_restore_round(data: Path, tmp_path: Path) -> None:
    made = foreseen("lake", "backup", tmp_path / "backup", "--data", data, "--json")
    assert made.code == 0, made.err
    assert made.rows[0]["tables"]["events"] == 6
    ran = foreseen("lake", "restore", tmp_path / "backup", "--data", tmp_path / "again")
    assert ran.code == 0, ran.err
    assert "files" in ran.out
    again = Lake.open(tmp_path / "again/lake")
    assert again.read("events").equals(Lake.open(data / "lake").read("events"))
    assert again.cursor("events", "a") == 6
    again.commit({"matches": matches(range(30, 31))}, Cursor("a", 7, 6))
    full = foreseen("lake", "restore", tmp_path / "backup", "--data", data)
    assert full.code == 2
    assert "is not empty" in full.err


@pytest.mark.parametrize("command", ["status", "compact", "verify", "expire"])
def test_a_folder_without_a_lake_is_not_made_into_one(tmp_path: Path, command: str) -> None:
    ran = foreseen("lake", command, "--data", tmp_path / "none")
    assert ran.code == 3
    assert "no lake there" in ran.err
    assert not (tmp_path / "none").exists()


def test_a_settings_file_says_how_long_rows_of_a_tenant_are_kept() -> None:
    text = (
        "retention:\n  events: {expire: 90d}\n  matches: {expire: 400d}\n"
        "  tenants:\n    acme:\n      events: {expire: never, cold: 30d}\n"
    )
    (document,) = documents_of("s.yml", text)
    found, wrong = parse_retention(document)
    assert wrong == []
    assert found.of("events", "default").expire == 90 * DAY
    assert found.of("events", "default").cold == 7 * DAY
    assert (found.of("events", "acme").expire, found.of("events", "acme").cold) == (None, 30 * DAY)
    assert found.of("matches", "acme").expire == 400 * DAY
    assert found.of("predictions", "acme").expire is None
    told = orjson.loads(orjson.dumps(found))
    assert retention_of(told) == found
