"""Lakes that earlier versions wrote open, hold the same rows, and take new ones."""

import hashlib
import json
import tarfile
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable
from tests.lake.upkept import kept

from foreseen.core.ids import DEFAULT_TENANT
from foreseen.lake.asking.hunt import hunt
from foreseen.lake.asking.windows import windows_in_bulk
from foreseen.lake.keeping.status import problems
from foreseen.lake.lake import Cursor, Lake
from foreseen.lake.tables import TABLES, ascending

_FIXTURES = Path(__file__).parents[1] / "fixtures"
_GOLDEN = sorted(path.name for path in _FIXTURES.glob("lake-*"))
_COUNTED = ("events", "matches", "quarantine", "predictions")


@pytest.fixture(params=_GOLDEN)
def golden(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """A data folder of an earlier version, and what is in it."""
    folder = _FIXTURES / str(request.param)
    with tarfile.open(folder / "data.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path, json.loads((folder / "expected.json").read_bytes())


def digest(rows: pa.Table) -> str:
    """As scripts/golden_data.py writes it."""
    names = [name for name in ("event_uid", "rule_id", "seq", "raw") if name in rows.schema.names]
    return hashlib.sha256(json.dumps(rows.select(names).to_pylist()).encode()).hexdigest()


def test_the_rows_are_the_same(golden: tuple[Path, dict[str, Any]]) -> None:
    data, expected = golden
    lake = Lake.open(data / "lake")
    assert list(problems(lake)) == []
    for name in set(expected) & set(TABLES):
        rows = lake.read(name)
        assert rows.schema.equals(TABLES[name].schema)
        assert {"rows": rows.num_rows, "uids": digest(rows)} == expected[name]
    (counted,) = hunt(lake, "SELECT count(*) AS n FROM events", 1).to_pylist()
    assert counted["n"] == expected["events"]["rows"]
    told = [commit.rows for commit in lake.since("matches", lake.first_version("matches"))]
    assert pa.concat_tables(told).num_rows == expected["matches"]["rows"]


def test_windows_are_the_same(golden: tuple[Path, dict[str, Any]]) -> None:
    lake = Lake.open(golden[0] / "lake")
    found = windows_in_bulk(lake, DEFAULT_TENANT, lake.read("matches"))
    saved = lake.read("matches", ["window_seqs"])["window_seqs"]
    assert found["window_seqs"].to_pylist() == saved.to_pylist()


def test_they_take_rows_and_upkeep(golden: tuple[Path, dict[str, Any]]) -> None:
    data, expected = golden
    lake = Lake.open(data / "lake")
    rows = {name: lake.read(name) for name in _COUNTED}
    lake.commit(rows, Cursor("test", 1))
    kept(lake, now=time.time_ns() // 1_000_000 + 1_000)
    again = Lake.open(data / "lake")
    assert again.read("events").num_rows == 2 * expected["events"]["rows"]
    for name, before in rows.items():
        twice = pa.concat_tables([before, before])
        order = ascending(TABLES[name].order)
        assert (
            again.read(name)
            .select(TABLES[name].order)
            .equals(twice.sort_by(order).select(TABLES[name].order))
        )
    assert list(problems(again)) == []


def test_upkeep_tells_them_to_forget_replaced_files_soon(
    golden: tuple[Path, dict[str, Any]],
) -> None:
    lake = Lake.open(golden[0] / "lake")
    kept(lake)
    for name in TABLES:
        told = DeltaTable(str(golden[0] / "lake" / name)).metadata().configuration
        assert told["delta.deletedFileRetentionDuration"] == "interval 1 hours"
    versions = {name: lake.stores[name].fresh().version() for name in TABLES}
    kept(lake)
    assert versions == {name: lake.stores[name].fresh().version() for name in TABLES}  # once


def test_no_fixture_is_large() -> None:
    assert _GOLDEN
    sizes = {path: path.stat().st_size for path in _FIXTURES.glob("lake-*/*")}
    assert all(size < 300_000 for size in sizes.values()), sizes
