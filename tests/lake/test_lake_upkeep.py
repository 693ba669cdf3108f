"""The lake keeps itself in order while others write and read, wherever it is interrupted."""

import random
import subprocess
import sys
import threading
import time
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from tests.lake.upkept import AT_ONCE, DAY, NOON, events, filled, kept, matches, seqs

from foreseen.core.errors import CorruptError, NotFoundError
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.lake import table_open
from foreseen.lake.keeping.compaction import Group, compact_table, small_groups, tiered_groups
from foreseen.lake.keeping.holdings import LiveFile, holdings
from foreseen.lake.keeping.horizon import Keeping
from foreseen.lake.keeping.retention import Needs, Periods, Retention
from foreseen.lake.keeping.rewriting import rewrite
from foreseen.lake.keeping.row_groups import Into, Shape
from foreseen.lake.keeping.upkeep import Policy, upkeep
from foreseen.lake.lake import Cursor, Lake
from foreseen.lake.places.place import logged_name

PLACES = (
    "upkeep.before_merge",
    "upkeep.after_merge",
    "upkeep.before_expiry",
    "upkeep.after_expiry",
    "upkeep.after_checkpoint",
    "upkeep.within_log",
    "upkeep.after_log",
    "upkeep.within_sweep",
)


class Crash(Exception):  # noqa: N818 (no error of ours: a power cut)
    """The process ends here."""


def file(size: int, *, modified: int = NOON, name: str = "data/f") -> LiveFile:
    return LiveFile(name, size, 1, modified, {"part_tenant": "t", "part_day": "d"}, None)


def test_files_are_written_anew_in_the_order_of_windows_with_little_memory(tmp_path: Path) -> None:
    lake = Lake.open(tmp_path)
    order = list(range(4_000))
    random.Random(1).shuffle(order)  # noqa: S311 (a test's dice)
    every = events(range(4_000)).take(pa.array(order))
    for number in range(4):
        lake.commit({"events": every.slice(number * 1_000, 1_000)}, Cursor("a", number + 1))
    before = lake.read("events")
    store = lake.stores["events"]
    shape = Shape(target=20_000, sorted_bytes=100_000)
    compact_table(store, [Group(tuple(holdings(store)), shape)], now=NOON)
    assert lake.read("events").equals(before)
    files = [pq.ParquetFile(path) for path in lake.files("events")]
    groups = [f.read_row_group(n) for f in files for n in range(f.num_row_groups)]
    assert len(files) > 2
    assert max(rows.nbytes for rows in groups) < 200_000
    places = [[(r["stream"], r["seq"]) for r in rows.to_pylist()] for rows in groups]
    flat = list(chain.from_iterable(sorted(places)))
    assert flat == sorted(flat)  # each group is a range of one order
    assert not list((tmp_path / "events/_spill").glob("*"))


def test_checkpoints_forget_files_that_were_replaced_before_the_period(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "delta.deletedFileRetentionDuration"
    monkeypatch.setitem(table_open.CONFIGURATION, name, "interval 0 seconds")
    lake = filled(tmp_path, 8)
    kept(lake, now=time.time_ns() // 1_000_000)
    store = lake.stores["events"]
    handle = store.fresh()
    assert handle.metadata().configuration[name] == "interval 0 seconds"
    time.sleep(0.01)
    handle.create_checkpoint()
    (checkpoint,) = (tmp_path / "events/_delta_log").glob(f"*{handle.version()}.checkpoint.parquet")
    rows = pq.read_table(checkpoint)
    assert rows.num_rows - rows["add"].null_count == 1
    assert rows["remove"].null_count == rows.num_rows


def test_a_damaged_file_keeps_no_other_table_from_its_upkeep(tmp_path: Path) -> None:
    lake = filled(tmp_path, 8)
    damaged = Path(lake.files("events")[0])
    damaged.write_bytes(damaged.read_bytes()[:-20])
    with pytest.raises(CorruptError, match=damaged.name):
        kept(lake)
    assert len(lake.files("matches")) == 1


def test_a_few_matches_are_read_by_few_rows_before_and_after_files_are_merged(
    tmp_path: Path,
) -> None:
    lake = Lake.open(tmp_path)
    for number in range(2):
        rows = matches(range(number * 6_000, (number + 1) * 6_000))
        lake.commit({"matches": rows}, Cursor("a", number + 1))
    for merged in (False, True):
        if merged:
            lake.compact()
        files = [pq.ParquetFile(path).metadata for path in lake.files("matches")]
        assert len(files) == (1 if merged else 2)
        sizes = [f.row_group(n).num_rows for f in files for n in range(f.num_row_groups)]
        assert sum(sizes) == 12_000
        assert max(sizes) <= 4_096


def test_statistics_of_merged_files_are_those_of_their_rows(tmp_path: Path) -> None:
    lake = filled(tmp_path, 8)
    lake.compact()
    (told,) = lake.stores["events"].live_files().to_pylist()
    assert (told["min.seq"], told["max.seq"], told["num_records"]) == (0, 39, 40)
    assert (told["min.stream"], told["max.stream"]) == ("host-0", "host-1")
    found = lake.read("events", ["seq"], pc.field("seq") >= 35)
    assert found.num_rows == 5


def test_a_write_that_fails_leaves_no_file(tmp_path: Path) -> None:
    lake = filled(tmp_path, 4)
    store = lake.stores["events"]
    names = [logged_name(store.place, each.path) for each in holdings(store)]
    Path(names[-1]).write_bytes(b"no parquet")
    before = set((tmp_path / "events").rglob("*.parquet"))
    into = Into(store.place, store.table.schema, {}, 0)
    with pytest.raises(Exception, match="cannot be read"):
        rewrite(into, names, Shape(sorted_bytes=1))
    assert set((tmp_path / "events").rglob("*.parquet")) == before


def test_two_compactions_of_the_same_files_show_no_row_twice(tmp_path: Path) -> None:
    filled(tmp_path, 4)
    one, two = Lake.open(tmp_path), Lake.open(tmp_path)
    groups = {lake: list(small_groups(holdings(lake.stores["events"]))) for lake in (one, two)}

    def twin(place: str) -> None:
        if place == "upkeep.before_merge":
            compact_table(two.stores["events"], groups[two], now=NOON)

    done = compact_table(one.stores["events"], groups[one], now=NOON, failpoint=twin)
    assert (done.merged, done.passed) == (0, 1)
    assert seqs(Lake.open(tmp_path)) == list(range(20))


def test_a_row_is_not_written_anew_at_every_look() -> None:
    shape = Shape(target=32 << 20)
    large, small = file(10 << 20), [file(100_000) for _ in range(3)]
    assert list(tiered_groups([large, *small], shape, now=NOON)) == []
    (group,) = tiered_groups([large, *small, file(100_000)], shape, now=NOON)
    assert large not in group.files
    (later,) = tiered_groups([large, *small], shape, now=NOON + 3 * DAY)
    assert later == Group((large, *small), shape)


def test_a_merge_does_not_lock_writers_out(tmp_path: Path) -> None:
    lake = filled(tmp_path, 4)

    def write(place: str) -> None:
        if place == "upkeep.before_merge":
            thread = threading.Thread(
                target=lake.commit, args=({"events": events(range(20, 25))}, Cursor("a", 5))
            )
            thread.start()
            thread.join(10)
            assert not thread.is_alive()

    compact_table(lake.stores["events"], now=NOON, failpoint=write)
    assert seqs(lake) == list(range(25))
    assert len(lake.files("events")) == 2


def test_the_log_and_replaced_files_are_forgotten_and_nothing_else(tmp_path: Path) -> None:
    lake = filled(tmp_path, 10)
    before = lake.read("events")
    done = kept(lake).tables["events"]
    assert done.removed.entries > 0
    assert len(list((tmp_path / "events/_delta_log").glob("*.json"))) < 6
    assert len(list((tmp_path / "events/data").glob("*"))) == 1
    again = Lake.open(tmp_path)
    assert again.read("events").equals(before)
    assert again.cursor("events", "a") == 10
    again.commit({"events": events(range(50, 55))}, Cursor("a", 11, 10))
    assert seqs(again) == list(range(55))
    again.verify()


def test_since_says_where_the_log_begins(tmp_path: Path) -> None:
    lake = filled(tmp_path, 6)
    every = pa.concat_tables([commit.rows for commit in lake.since("matches", 0)])
    assert lake.first_version("matches") == 0
    kept(lake)
    first = lake.first_version("matches")
    assert first > 0
    with pytest.raises(NotFoundError, match=f"from version {first} on, not from 0"):
        list(lake.since("matches", 0))
    lake.commit({"matches": matches(range(30, 32))}, Cursor("a", 7))
    told = [commit.rows for commit in lake.since("matches", first)]
    both = pa.concat_tables([lake.past("matches", DEFAULT_TENANT), *told])
    assert both["seq"].to_pylist() == list(range(32))
    assert both.slice(0, 30).equals(every)


def test_what_a_reader_has_not_seen_is_kept(tmp_path: Path) -> None:
    lake = filled(tmp_path, 10)
    needs = Needs(keep_after={"matches": 4})
    kept(lake, needs=needs)
    assert lake.first_version("matches") <= 4 < lake.first_version("events")
    rows = [commit.rows for commit in lake.since("matches", 4)]
    assert pa.concat_tables(rows)["seq"].to_pylist() == list(range(20, 50))


def test_a_reader_that_holds_a_version_finishes(tmp_path: Path) -> None:
    lake = filled(tmp_path, 8)
    held = lake.files("events")
    day = Keeping(period=DAY, least=DAY, entries=1, checkpoint=1, step=1)
    for _ in range(2):
        kept(lake, keeping=day)
    assert len(lake.files("events")) == 1
    assert sum(pq.ParquetFile(path).read().num_rows for path in held) == 40
    assert DeltaTable(tmp_path / "events", version=8).to_pyarrow_dataset().count_rows() == 40


def test_orphans_go_when_they_are_old_and_young_ones_stay(tmp_path: Path) -> None:
    lake = filled(tmp_path, 4)
    orphan = tmp_path / "events/data/0123.parquet"
    orphan.write_bytes(b"of a writer that was killed")
    hour = Keeping(period=3_600_000, least=0, entries=1, checkpoint=1, step=1)
    kept(lake, keeping=hour)
    assert orphan.exists()
    kept(lake, now=int(time.time() * 1000) + 2 * 3_600_000, keeping=hour)
    assert not orphan.exists()
    lake.verify()


@pytest.mark.long
@pytest.mark.parametrize("place", PLACES)
def test_upkeep_that_ends_anywhere_loses_nothing_and_goes_on(tmp_path: Path, place: str) -> None:
    lake = filled(tmp_path, 6)
    old = NOON - 20 * DAY
    lake.commit({"events": events(range(30, 35), came=old)}, Cursor("a", 7))
    now = int(time.time() * 1000) + 1_000
    retention = Retention({"events": Periods(expire=now - NOON + 10 * DAY)})
    reached: list[str] = []

    def crash(here: str) -> None:
        reached.append(here)
        if here == place:
            raise Crash

    with pytest.raises(Crash):
        upkeep(lake, Policy(retention, AT_ONCE), now, failpoint=crash)
    assert reached[-1] == place
    after = Lake.open(tmp_path)
    after.verify()
    assert set(range(30)) <= set(seqs(after))
    kept(after, retention=retention)
    assert seqs(after) == list(range(30))
    assert after.cursor("events", "a") == 7
    after.verify()
    list(after.since("events", after.first_version("events")))


_UPKEEPER = """
import sys, time
from foreseen.lake.keeping.horizon import Keeping
from foreseen.lake.lake import Lake
from foreseen.lake.keeping.retention import Retention
from foreseen.lake.keeping.upkeep import Policy, upkeep
keeping = Keeping(period=1500, least=1000, entries=5, checkpoint=3, step=3)
print("open", flush=True)
lake = Lake.open(sys.argv[1])
end = time.time() + float(sys.argv[2])
while time.time() < end:
    done = upkeep(lake, Policy(Retention({}), keeping), time.time_ns() // 1_000_000)
    print(sum(t.merged.merged for t in done.tables.values()), len(done.later), flush=True)
"""


@pytest.mark.slow
def test_a_writer_a_reader_and_two_upkeepers_at_once(tmp_path: Path) -> None:
    lake = filled(tmp_path, 2)
    others = [
        subprocess.Popen(
            [sys.executable, "-c", _UPKEEPER, str(tmp_path), "3"],
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    reads: list[list[int]] = []
    stop = threading.Event()

    def read() -> None:
        reader = Lake.open(tmp_path)
        while not stop.is_set():
            reads.append(seqs(reader))

    thread = threading.Thread(target=read)
    thread.start()
    number = 2
    while any(each.poll() is None for each in others):
        batch = range(number * 5, number * 5 + 5)
        lake.commit({"events": events(batch), "matches": matches(batch)}, Cursor("a", number + 1))
        number += 1
    stop.set()
    thread.join()
    said = [each.communicate()[0] for each in others]
    assert [each.returncode for each in others] == [0, 0], said
    merged = sum(int(line.split()[0]) for text in said for line in text.splitlines()[1:])
    assert merged > 0
    assert all(found == list(range(len(found))) for found in reads)
    again = Lake.open(tmp_path)
    assert seqs(again) == seqs(again, "matches") == list(range(number * 5))
    again.verify()


_MANY = 1_000


def test_opening_and_committing_take_no_longer_after_thousands_of_commits(tmp_path: Path) -> None:
    lake = filled(tmp_path, 3)
    store = lake.stores["events"]
    for number in range(4, _MANY):  # as another writer would, without our syncs
        _foreign_entry(tmp_path / "events/_delta_log", number)
    for _ in range(2):
        kept(lake, keeping=Keeping(period=0, least=0, entries=100, checkpoint=50, step=50))
        lake.commit({"events": events(range(0))}, Cursor("c", lake.version("events")))
    log = list((tmp_path / "events/_delta_log").glob("*"))
    assert len(log) < 150
    started = time.perf_counter()
    again = Lake.open(tmp_path)
    assert time.perf_counter() - started < 5  # 3,000 entries read one by one take longer
    assert again.cursor("events", "other") == _MANY - 1
    assert store.version() >= _MANY - 1
    assert seqs(again) == list(range(15))


def _foreign_entry(log: Path, version: int) -> None:
    stamp = int(time.time() * 1000) - _MANY + version
    (log / f"{version:020d}.json").write_text(
        f'{{"commitInfo":{{"timestamp":{stamp},"operation":"WRITE"}}}}\n'
        f'{{"txn":{{"appId":"other","version":{version}}}}}\n'
    )
