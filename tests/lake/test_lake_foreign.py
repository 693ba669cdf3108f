"""Files that other writers put into the tables are read like ours."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from deltalake import DeltaTable, write_deltalake
from tests.lake.upkept import NOON, events, filled, kept, matches, seqs

from foreseen.core.ids import DEFAULT_TENANT
from foreseen.lake.asking.hunt import hunt
from foreseen.lake.asking.windows import windows_in_bulk
from foreseen.lake.keeping.holdings import holdings
from foreseen.lake.lake import Cursor, Lake

_COLUMNS = ("stream", "workload", "raw", "tenant")


def foreign(rows: pa.Table, kind: str) -> pa.Table:
    """Rows as other writers have them: other types of text, other order, partition columns."""
    for name in _COLUMNS:
        column = rows[name]
        cast = {
            "large": lambda c: c.cast(pa.large_string()),
            "view": lambda c: c.cast(pa.string_view()),
            "dictionary": lambda c: c.dictionary_encode(),
            "plain": lambda c: c,
        }[kind](column)
        rows = rows.set_column(rows.schema.get_field_index(name), name, cast)
    parts = {"part_tenant": "default", "part_day": "2026-09-21"}
    for name, value in parts.items():
        rows = rows.append_column(name, pa.array([value] * rows.num_rows))
    return rows.select(list(reversed(rows.schema.names)))


@pytest.mark.parametrize("kind", ["plain", "large", "view", "dictionary"])
def test_rows_that_another_writer_appended_are_found_read_and_told(
    tmp_path: Path, kind: str
) -> None:
    lake = filled(tmp_path, 2)
    write_deltalake(
        tmp_path / "events",
        foreign(events(range(10, 20)), kind),
        mode="append",
        partition_by=["part_tenant", "part_day"],
    )
    for predicate in (
        pc.field("stream") == "host-1",
        pc.field("stream").isin(["host-1"]),
        pc.match_substring(pc.field("stream"), "-1"),
        (pc.field("workload") == "web") & (pc.field("stream") > "host-0"),
    ):
        assert lake.read("events", ["seq"], predicate).num_rows == 10
    assert lake.read("events").schema.equals(lake.stores["events"].table.schema)
    (row,) = hunt(lake, "SELECT count(*) AS n FROM events WHERE stream = 'host-1'", 1).to_pylist()
    assert row == {"n": 10}
    (commit,) = lake.since("events", 2, tenant=DEFAULT_TENANT)
    assert commit.rows.schema.equals(lake.stores["events"].table.schema)
    found = windows_in_bulk(lake, DEFAULT_TENANT, matches(range(18, 19)))
    assert found["window_seqs"].to_pylist() == [[0, 2, 4, 6, 8, 10, 12, 14, 16]]


def test_what_another_writer_deletes_is_gone_and_the_rest_is_not_told_again(
    tmp_path: Path,
) -> None:
    lake = filled(tmp_path, 3)
    DeltaTable(tmp_path / "events").delete("seq = 7")
    assert seqs(lake) == [seq for seq in range(15) if seq != 7]
    assert list(lake.since("events", 3)) == []
    assert lake.read("events", ["seq"], pc.field("stream") == "host-0").num_rows == 8


def test_files_of_another_writer_become_ours(tmp_path: Path) -> None:
    lake = filled(tmp_path, 1)
    rows = foreign(events(range(10, 20)), "view")
    write_deltalake(
        tmp_path / "events", rows, mode="append", partition_by=["part_tenant", "part_day"]
    )
    before = lake.read("events")
    kept(lake, now=NOON)
    assert all(file.is_ours for file in holdings(lake.stores["events"]))
    assert lake.read("events").equals(before)


def test_another_writers_compaction_is_not_told_as_new(tmp_path: Path) -> None:
    lake = filled(tmp_path, 4)
    DeltaTable(tmp_path / "events").optimize.compact()
    assert list(lake.since("events", 4)) == []
    lake.commit({"events": events(range(20, 25))}, Cursor("a", 5))
    assert seqs(lake) == list(range(25))
    Lake.open(tmp_path).verify()
