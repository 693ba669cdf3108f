"""What is stored and how many events came is what the tables hold, of the caller's own alone."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pytest
from tests.api.conftest import NOW, OTHER, TENANT
from tests.api.lake_site import LakeSite, commit, made_site, recorded_site
from tests.shipped import shipped_rules

from foreseen.api.times import iso
from foreseen.intake.log import LogLimits
from foreseen.lake.keeping.retention import Periods, Retention
from foreseen.lake.lake import Cursor
from foreseen.lake.rollups import HOUR_MS, rollup
from foreseen.runners.settings.settings import Settings, keep

_DAY_MS = 86_400_000


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LakeSite]:
    """Recorded events, matched and judged."""
    with recorded_site(tmp_path_factory.mktemp("recorded")) as made:
        yield made


@pytest.fixture
def few(tmp_path: Path) -> Iterator[LakeSite]:
    """Three events of three hours."""
    with made_site(
        tmp_path,
        *({"time": NOW - n * HOUR_MS, "ingested_time": NOW, "raw": "x" * 10} for n in (0, 2, 2)),
    ) as made:
        events = made.lake.read("events").filter(pc.field("tenant") == TENANT)
        made.lake.commit({"rollups": rollup(events=events)}, Cursor("rollups-few", 1))
        yield made


def table(site: LakeSite, name: str) -> dict[str, Any]:
    (found,) = (each for each in site.get("/storage")["tables"] if each["table"] == name)
    return dict(found)


def test_rows_and_bytes_of_each_table_are_those_of_ones_own_files(recorded: LakeSite) -> None:
    told = {each["table"]: each for each in recorded.get("/storage")["tables"]}
    assert list(told) == list(recorded.lake.stores)
    for name, found in told.items():
        rows = recorded.lake.read(name).to_pylist()
        assert found["rows"] == sum(row["tenant"] == TENANT for row in rows), name
        files = recorded.lake.files(name, TENANT)
        assert found["files"] == len(files), name
        assert found["bytes"] == sum(Path(file).stat().st_size for file in files), name
    assert told["events"]["rows"] > 0


def test_arrivals_are_told_and_what_came_lately(few: LakeSite) -> None:
    found = table(few, "events")
    assert (found["oldest"], found["newest"]) == (iso(NOW), iso(NOW))
    assert 0 < found["lately_bytes"] == found["bytes"]
    old = NOW - 8 * _DAY_MS
    commit(few.lake, "events", [{"time": old, "ingested_time": old, "seq": 9}], version=2)
    later = table(few, "events")
    assert (later["rows"], later["oldest"]) == (found["rows"] + 1, iso(old))
    assert later["lately_bytes"] == found["lately_bytes"] < later["bytes"]


def test_the_time_that_rows_are_kept_is_what_a_worker_used_last(few: LakeSite) -> None:
    assert few.get("/storage")["retention_known"] is False
    assert table(few, "events")["expire_after_seconds"] is None
    retention = Retention(
        {"events": Periods(cold=_DAY_MS, expire=90 * _DAY_MS)},
        {OTHER: {"events": Periods(expire=_DAY_MS)}},
    )
    keep(few.engine, TENANT, shipped_rules(), Settings(retention=retention), now=NOW)
    assert few.get("/storage")["retention_known"] is True
    found = table(few, "events")
    assert (found["cold_after_seconds"], found["expire_after_seconds"]) == (86_400, 90 * 86_400)
    assert table(few, "matches")["expire_after_seconds"] is None


def test_the_disk_has_the_room_that_is_told(few: LakeSite) -> None:
    found = few.get("/storage")
    disk = found["disk"]
    room = shutil.disk_usage(few.lake.folder)
    assert disk["total_bytes"] == room.total
    assert 0 < disk["free_bytes"] <= room.total
    assert found["reserve_bytes"] == LogLimits().keep_free


def test_events_are_counted_by_the_hour_of_their_own_time(few: LakeSite) -> None:
    hour = NOW // HOUR_MS * HOUR_MS
    until = iso(hour + HOUR_MS)
    found = few.get("/figures/events", until=until)
    assert found["hours"] == [
        {"time": iso(hour - 2 * HOUR_MS), "events": 2, "bytes": 20},
        {"time": iso(hour), "events": 1, "bytes": 10},
    ]
    narrow = few.get("/figures/events", **{"from": iso(hour)}, until=until)["hours"]
    assert [each["events"] for each in narrow] == [1]
    assert few.get("/figures/events", 422, **{"from": "2020-01-01T00:00:00Z"})["status"] == 422
