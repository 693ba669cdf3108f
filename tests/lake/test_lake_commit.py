"""The lake holds each delivered row once, in one order, whatever is delivered again."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from deltalake import DeltaTable
from hypothesis import given, settings
from hypothesis import strategies as st

from foreseen.core.errors import (
    CorruptError,
    MalformedInputError,
    NotFoundError,
    TransientError,
)
from foreseen.core.ids import TenantId
from foreseen.lake import store
from foreseen.lake.lake import Cursor, Lake, Progress
from foreseen.lake.tables import PART_DAY, TABLES, partitions
from foreseen.schema.arrow import batch_of

Rows = Callable[..., pa.Table]


class Crash(Exception):  # noqa: N818 (no error of ours: a power cut)
    """The process ends here."""


def seqs(lake: Lake, table: str = "events") -> list[int]:
    column = "offset" if table == "quarantine" else "seq"
    return [int(value or 0) for value in lake.read(table, [column])[column].to_pylist()]


def test_missing_tables_are_created_empty_with_their_schema(tmp_path: Path) -> None:
    lake = Lake.open(tmp_path)
    for name, table in TABLES.items():
        assert lake.read(name).schema.equals(table.schema)
        assert (lake.read(name).num_rows, lake.version(name), lake.cursor(name, "a")) == (
            0,
            0,
            None,
        )


def test_rows_come_back_as_they_were_given(tmp_path: Path, rows: Rows) -> None:
    lake = Lake.open(tmp_path)
    given_rows = {name: rows(name, range(50)) for name in ("events", "matches", "quarantine")}
    lake.commit(given_rows, Cursor("shard-0", 10))
    again = Lake.open(tmp_path)
    for name, table in given_rows.items():
        assert again.read(name).equals(table)
        assert again.cursor(name, "shard-0") == 10
    assert again.verify() == {name: 50 if name in given_rows else 0 for name in TABLES}


def test_a_commit_delivered_again_changes_nothing(tmp_path: Path, rows: Rows) -> None:
    lake = Lake.open(tmp_path)
    for _ in range(3):
        lake.commit({"events": rows("events", range(5))}, Cursor("a", 5, 0))
        lake.commit({"events": rows("events", range(5, 9))}, Cursor("a", 9, 5))
    assert seqs(lake) == list(range(9))
    assert lake.version("events") == 2


def test_producers_do_not_mix_their_cursors(tmp_path: Path, rows: Rows) -> None:
    lake = Lake.open(tmp_path)
    lake.commit({"events": rows("events", [1])}, Cursor("a", 7))
    lake.commit({"events": rows("events", [2])}, Cursor("b", 3))
    assert seqs(lake) == [1, 2]
    assert (lake.cursor("events", "a"), lake.cursor("events", "b")) == (7, 3)


def test_commits_cursors_and_rows_go_on_where_a_table_is_opened_anew(
    tmp_path: Path, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_ANEW", 2)
    lake = Lake.open(tmp_path)
    handles: set[int] = set()
    for number in range(7):
        lake.commit({"events": rows("events", [number])}, Cursor("a", number + 1, number))
        handles.add(id(lake.stores["events"].handle))
    assert len(handles) > 1
    assert seqs(lake) == list(range(7))
    assert lake.cursor("events", "a") == 7


def test_a_commit_without_rows_moves_the_cursor(tmp_path: Path, rows: Rows) -> None:
    lake = Lake.open(tmp_path)
    lake.commit({"events": rows("events", [])}, Cursor("a", 4))
    assert lake.cursor("events", "a") == 4
    assert list(lake.since("events", 0)) == []


@pytest.mark.parametrize(
    "place",
    [
        "lake.before_events",
        "lake.after_events",
        "lake.before_matches",
        "lake.after_matches",
        "lake.after_quarantine",
    ],
)
def test_a_crash_between_tables_gives_no_loss_and_no_duplicate(
    tmp_path: Path, rows: Rows, place: str
) -> None:
    def crash(here: str) -> None:
        if here == place:
            raise Crash

    names = ("events", "matches", "quarantine")
    batches = {name: rows(name, range(10, 20)) for name in names}
    Lake.open(tmp_path).commit({n: rows(n, range(10)) for n in names}, Cursor("a", 10, 0))
    with pytest.raises(Crash):
        Lake.open(tmp_path, failpoint=crash).commit(batches, Cursor("a", 20, 10))
    lake = Lake.open(tmp_path)
    found = lake.progress("a", names)
    assert found.done == (20 if place == "lake.after_quarantine" else 10)
    lake.commit(batches, Cursor("a", 20, 10))
    for name in names:
        assert seqs(lake, name) == list(range(20))
    assert lake.progress("a", names) == Progress(20, 20)
    assert sum(lake.verify().values()) == 60


def test_a_batch_cut_elsewhere_after_a_crash_is_refused_not_duplicated(
    tmp_path: Path, rows: Rows
) -> None:
    lake = Lake.open(tmp_path)
    lake.commit({"events": rows("events", range(10))}, Cursor("a", 10, 0))
    assert lake.progress("a", ["events", "matches"]) == Progress(None, 10)
    with pytest.raises(MalformedInputError, match="deliver up to 10 first"):
        lake.commit({"events": rows("events", range(15))}, Cursor("a", 15, 0))
    assert seqs(lake) == list(range(10))


def test_reads_are_in_one_order_however_the_rows_were_cut(tmp_path: Path, rows: Rows) -> None:
    both = [rows("events", range(7), stream=name) for name in ("b", "a")]
    whole, cut = Lake.open(tmp_path / "whole"), Lake.open(tmp_path / "cut")
    whole.commit({"events": pa.concat_tables(both)}, Cursor("a", 1))
    for number, start in enumerate(range(0, 14, 3)):
        part = pa.concat_tables(both).slice(start, 3)
        cut.commit({"events": part}, Cursor("a", number + 1))
    assert whole.read("events").equals(cut.read("events"))
    assert whole.read("events", ["stream"])["stream"].to_pylist() == ["a"] * 7 + ["b"] * 7


def test_since_gives_commits_in_order_with_their_rows_as_given(tmp_path: Path, rows: Rows) -> None:
    lake = Lake.open(tmp_path)
    backwards = rows("matches", reversed(range(300_000, 320_000)))
    lake.commit({"matches": backwards}, Cursor("a", 1))
    lake.commit({"matches": rows("matches", [3, 1, 2])}, Cursor("a", 2))
    lake.commit({"matches": rows("matches", [9], tenant="other")}, Cursor("a", 3))
    first, second, third = lake.since("matches", 0)
    assert first.rows["seq"].equals(backwards["seq"])
    assert second.rows["seq"].to_pylist() == [3, 1, 2]
    assert [commit.version for commit in (first, second, third)] == [1, 2, 3]
    seen = list(lake.since("matches", 1, tenant=TenantId("default")))
    assert [commit.version for commit in seen] == [2]


def test_a_predicate_and_columns_narrow_a_read(tmp_path: Path, rows: Rows) -> None:
    lake = Lake.open(tmp_path)
    lake.commit({"events": rows("events", range(10), tenant="a")}, Cursor("a", 1))
    lake.commit({"events": rows("events", range(10), tenant="b")}, Cursor("a", 2))
    wanted = (pc.field("tenant") == "b") & (pc.field("seq") < 3)
    found = lake.read("events", ["seq"], wanted)
    assert found.to_pydict() == {"seq": [0, 1, 2]}


@pytest.mark.parametrize("tenant", ["a/b", "..", "é%2F '\"=", "x" * 300, "part_tenant=q"])
def test_odd_tenant_names_stay_data(tmp_path: Path, rows: Rows, tenant: str) -> None:
    lake = Lake.open(tmp_path)
    lake.commit({"events": rows("events", [1], tenant=tenant)}, Cursor("a", 1))
    lake.commit({"events": rows("events", [2], tenant=tenant)}, Cursor("a", 2))
    lake.compact()
    assert lake.read("events", ["tenant"])["tenant"].to_pylist() == [tenant, tenant]
    assert len(lake.files("events", TenantId(tenant))) == 1
    assert all(Path(path).is_relative_to(tmp_path) for path in lake.files("events"))


def test_compaction_keeps_rows_cursors_and_history(tmp_path: Path, rows: Rows) -> None:
    lake = Lake.open(tmp_path)
    for number in range(8):
        batch = {
            name: rows(name, range(number * 5, number * 5 + 5)) for name in ("events", "matches")
        }
        lake.commit(batch, Cursor("a", number + 1))
    before = lake.read("events")
    history = [commit.rows for commit in lake.since("matches", 0)]
    assert len(lake.files("events")) == 8
    done = lake.compact()
    assert (done["events"].merged, len(lake.files("events"))) == (8, 1)
    again = Lake.open(tmp_path)
    assert again.read("events").equals(before)
    assert [commit.rows for commit in again.since("matches", 0)] == history
    assert again.cursor("events", "a") == 8
    assert again.verify()["events"] == 40


def test_two_writers_of_one_producer_do_not_duplicate(tmp_path: Path, rows: Rows) -> None:
    one, two = Lake.open(tmp_path), Lake.open(tmp_path)
    one.commit({"events": rows("events", range(5))}, Cursor("a", 5, 0))
    two.commit({"events": rows("events", range(5))}, Cursor("a", 5, 0))
    assert seqs(two) == list(range(5))


def test_a_producer_that_runs_twice_cannot_commit_the_same_input_twice(
    tmp_path: Path, rows: Rows
) -> None:
    batch, cursor = {"events": rows("events", range(5))}, Cursor("a", 5, 0)

    def twin(place: str) -> None:
        if place == "lake.before_events":
            Lake.open(tmp_path).commit(batch, cursor)

    lake = Lake.open(tmp_path, failpoint=twin)
    with pytest.raises(TransientError, match="deliver again"):
        lake.commit(batch, cursor)
    lake.commit(batch, cursor)
    assert seqs(lake) == list(range(5))


@given(times=st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=40))
@settings(max_examples=30)
def test_any_time_finds_a_folder_and_no_row_is_lost(times: list[int]) -> None:
    made = [{"tenant": "t", "time": time, "seq": seq} for seq, time in enumerate(times)]
    table = pa.Table.from_batches([batch_of(made, TABLES["events"].schema)])
    parts = partitions(TABLES["events"], table)
    found = [int(seq or 0) for _, part in parts for seq in part["seq"].to_pylist()]
    assert sorted(found) == list(range(len(times)))


def test_hostile_clocks_cannot_make_a_folder_for_each_event(rows: Rows) -> None:
    day = 86_400_000
    came = pa.array([946_684_800_000 + n * day for n in range(3000)])
    many = rows("events", range(3000))
    place = many.schema.get_field_index("ingested_time")
    many = many.set_column(place, many.schema.field(place), came)
    parts = partitions(TABLES["events"], many)
    assert len(parts) <= 400
    assert sum(part.num_rows for _, part in parts) == 3000
    assert {str(values[PART_DAY])[-3:] for values, _ in parts} == {"-01"}


def test_rows_that_do_not_fit_are_refused(tmp_path: Path, rows: Rows) -> None:
    lake = Lake.open(tmp_path)
    with pytest.raises(MalformedInputError, match="columns do not fit"):
        lake.commit({"events": rows("events", [1]).drop_columns(["raw"])}, Cursor("a", 1))
    with pytest.raises(MalformedInputError, match="no tenant"):
        lake.commit({"events": rows("events", [1], tenant=None)}, Cursor("a", 1))
    with pytest.raises(NotFoundError, match="there are events, matches"):
        lake.commit({"event": rows("events", [1])}, Cursor("a", 1))
    with pytest.raises(MalformedInputError, match="does not grow"):
        lake.commit({"events": rows("events", [1])}, Cursor("a", 1, 1))
    assert lake.version("events") == 0


def test_an_older_table_gains_the_columns_that_it_lacks(tmp_path: Path, rows: Rows) -> None:
    declared = TABLES["quarantine"]
    old = declared.delta_schema.remove(declared.delta_schema.get_field_index("detail"))
    DeltaTable.create(tmp_path / "quarantine", old, partition_by=declared.partition_by)
    lake = Lake.open(tmp_path)
    lake.commit({"quarantine": rows("quarantine", [1])}, Cursor("a", 1))
    assert lake.read("quarantine").schema.equals(declared.schema)
    assert "detail" in {field.name for field in DeltaTable(tmp_path / "quarantine").schema().fields}


def test_a_hollow_log_entry_of_a_power_cut_is_set_aside_and_delivered_again(
    tmp_path: Path, rows: Rows
) -> None:
    lake = Lake.open(tmp_path)
    for version in range(1, 4):
        lake.commit({"events": rows("events", [version])}, Cursor("a", version))
    (tmp_path / "events/_delta_log/00000000000000000003.json").write_bytes(b"")
    lake = Lake.open(tmp_path)
    assert (seqs(lake), lake.cursor("events", "a")) == ([1, 2], 2)
    lake.commit({"events": rows("events", [3])}, Cursor("a", 3))
    assert seqs(Lake.open(tmp_path)) == [1, 2, 3]


def test_a_hollow_checkpoint_does_not_hide_the_table(tmp_path: Path, rows: Rows) -> None:
    lake = Lake.open(tmp_path)
    lake.commit({"events": rows("events", [1])}, Cursor("a", 1))
    log = tmp_path / "events/_delta_log"
    DeltaTable(tmp_path / "events").create_checkpoint()
    next(log.glob("*.checkpoint.parquet")).write_bytes(b"")
    again = Lake.open(tmp_path)
    assert (seqs(again), again.cursor("events", "a")) == ([1], 1)


def test_damage_is_told_with_the_file(tmp_path: Path, rows: Rows) -> None:
    lake = Lake.open(tmp_path)
    lake.commit({"events": rows("events", range(100))}, Cursor("a", 1))
    file = Path(lake.files("events")[0])
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CorruptError, match=file.name):
        lake.verify()
    file.unlink()
    with pytest.raises(CorruptError, match=r"is gone"):
        lake.verify()
    with pytest.raises(CorruptError, match="cannot be read"):
        list(lake.since("events", 0))


def test_a_disk_that_takes_nothing_is_a_transient_error(tmp_path: Path, rows: Rows) -> None:
    lake = Lake.open(tmp_path)
    (tmp_path / "events/data").write_bytes(b"a file where the folder should be")
    with pytest.raises(TransientError, match="deliver again"):
        lake.commit({"events": rows("events", [1])}, Cursor("a", 1))
    (tmp_path / "events/data").unlink()
    lake.commit({"events": rows("events", [1])}, Cursor("a", 1))
    assert seqs(lake) == [1]
