"""Windows read in bulk from the lake equal those that the shard saved with each match."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from tests.recording import extract, lines_of
from tests.shipped import shipped_rules

from foreseen.core.errors import CorruptError, MalformedInputError
from foreseen.core.ids import DEFAULT_TENANT, TenantId
from foreseen.lake.asking import numbered, windows
from foreseen.lake.asking.numbered import Ranges
from foreseen.lake.asking.windows import events_before, window_of, windows_in_bulk
from foreseen.lake.lake import Cursor, Lake
from foreseen.models.moments import acts
from foreseen.pipeline.shard import Lines, ShardArtefacts, ShardOut, ShardState, step
from foreseen.schema.arrow import integers

COLUMNS = ["window_seqs", "window_ages", "window_tokens"]


@pytest.fixture(scope="module")
def labelled() -> ShardOut:
    """Events of a recording with their matches: a third of them are forks."""
    part = Lines("log", "auditd", lines_of(extract(9_000)), ended=True)
    return step(ShardState(), [part], ShardArtefacts(DEFAULT_TENANT, shipped_rules()))[1]


@pytest.fixture(scope="module")
def lake(labelled: ShardOut, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """The events in several commits, and those of another tenant on streams of the same names."""
    lake = Lake.open(tmp_path_factory.mktemp("windows"))
    events = pa.Table.from_batches([labelled.events])
    for number, begin in enumerate(range(0, events.num_rows, 1_000), start=1):
        lake.commit({"events": events.slice(begin, 1_000)}, Cursor("shard", number))
    others = pa.array(["other"] * events.num_rows)
    foreign = events.set_column(events.schema.names.index("tenant"), "tenant", others)
    lake.commit({"events": foreign}, Cursor("other", 1))
    return lake


def saved(labelled: ShardOut) -> pa.Table:
    return pa.Table.from_batches([labelled.matches])


def test_windows_in_bulk_equal_the_saved_ones(labelled: ShardOut, lake: Lake) -> None:
    matches = saved(labelled)
    found = windows_in_bulk(lake, DEFAULT_TENANT, matches)
    assert matches.num_rows > 500
    assert found.column_names == COLUMNS
    for name in COLUMNS:
        assert found[name].to_pylist() == matches[name].to_pylist()


@pytest.mark.parametrize(("look", "reach"), [(1, 5_000), (1, 90), (1, 70), (80, 5_000)])
def test_they_do_so_however_far_is_looked_at_first(
    labelled: ShardOut, lake: Lake, monkeypatch: pytest.MonkeyPatch, look: int, reach: int
) -> None:
    monkeypatch.setattr(windows, "_LOOKS", look)
    monkeypatch.setattr(windows, "REACH", reach)
    matches = saved(labelled)
    found = windows_in_bulk(lake, DEFAULT_TENANT, matches)["window_seqs"].to_pylist()
    seqs = zip(
        integers(matches, "seq"),
        [before or [] for before in matches["window_seqs"].to_pylist()],
        strict=True,
    )
    # Beyond the reach nothing counts, though the shard's own reach is longer here.
    assert found == [[n for n in before if n >= seq - reach] for seq, before in seqs]


def test_they_do_so_after_a_compaction(labelled: ShardOut, tmp_path: Path) -> None:
    lake, events = Lake.open(tmp_path), pa.Table.from_batches([labelled.events])
    for number, begin in enumerate(range(0, events.num_rows, 2_000), start=1):
        lake.commit({"events": events.slice(begin, 2_000)}, Cursor("shard", number))
    lake.compact()
    matches = saved(labelled)
    found = windows_in_bulk(lake, DEFAULT_TENANT, matches)
    assert found.to_pylist() == matches.select(COLUMNS).to_pylist()


@pytest.mark.parametrize("events", [1, 40, 300])
def test_all_events_before_a_match_are_those_with_the_numbers_before_its_own(
    labelled: ShardOut, lake: Lake, events: int
) -> None:
    matches = saved(labelled).slice(200, 60)
    columns = ["stream", "seq", "event_uid", "process_cmd_line", "time"]
    found = events_before(lake, DEFAULT_TENANT, matches, columns[2:], events=events)
    stored = pa.Table.from_batches([labelled.events]).select(columns).to_pylist()
    by_number = {(row.pop("stream"), row["seq"]): row for row in stored}
    expected = [
        {"at": at, **by_number[stream, number]}
        for at, (stream, seq) in enumerate(
            zip(matches["stream"].to_pylist(), integers(matches, "seq"), strict=True)
        )
        for number in range(max(seq - events, 1), seq)
    ]
    assert found.column_names == ["at", *columns[1:]]
    assert found.to_pylist() == expected


def test_events_before_nothing_are_none_and_unknown_columns_an_error(lake: Lake) -> None:
    nothing = pa.table({"stream": pa.array([], pa.string()), "seq": pa.array([], pa.int64())})
    found = events_before(lake, DEFAULT_TENANT, nothing, ["raw"])
    assert (found.num_rows, found.column_names) == (0, ["at", "seq", "raw"])
    with pytest.raises(MalformedInputError, match="no column 'cmd'"):
        events_before(lake, DEFAULT_TENANT, nothing, ["cmd"])


def test_the_window_of_one_match_is_the_saved_one(labelled: ShardOut, lake: Lake) -> None:
    matches = saved(labelled)
    for number in (0, 7, 250, matches.num_rows - 1):
        match = matches.slice(number, 1)
        found = window_of(lake, DEFAULT_TENANT, match)
        (row,) = match.to_pylist()
        assert found["seq"].to_pylist() == row["window_seqs"]
        assert found["token"].to_pylist() == row["window_tokens"]
        assert [row["time"] - time for time in integers(found, "time")] == row["window_ages"]
        assert set(acts.COLUMNS) < set(found.column_names)


def test_the_window_of_one_match_looks_further_back_where_forks_are_in_the_way(
    labelled: ShardOut, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(windows, "_LOOKS", 1)
    match = saved(labelled).slice(400, 1)
    found = window_of(lake, DEFAULT_TENANT, match)
    assert found["seq"].to_pylist() == match["window_seqs"][0].as_py()


def test_one_window_takes_one_match(labelled: ShardOut, lake: Lake) -> None:
    for count in (0, 2):
        with pytest.raises(MalformedInputError, match=f"one match, these are {count}"):
            window_of(lake, DEFAULT_TENANT, saved(labelled).slice(0, count))


@pytest.mark.parametrize(
    ("streams", "numbers", "may"),
    [
        (("a", "z"), (1, 9), False),
        (("a", "z"), (1, 10), True),
        (("a", "z"), (19, 30), True),
        (("a", "z"), (20, 30), False),
        (("a", "l"), (12, 13), False),
        (("n", "z"), (12, 13), False),
        (("m", "m"), (12, 13), True),
    ],
)
def test_row_groups_whose_statistics_rule_a_range_out_are_not_read(
    streams: tuple[str, str], numbers: tuple[int, int], *, may: bool
) -> None:
    ranges = Ranges.of(["m"], np.array([10]), np.array([20]))
    assert ranges.may_hold(streams, numbers) == may


def test_few_matches_need_few_row_groups(
    labelled: ShardOut, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []
    hold = Ranges.hold

    def counted(ranges: Ranges, keys: numbered.Integers) -> numbered.Flags:
        looked.append(len(keys))
        return hold(ranges, keys)

    monkeypatch.setattr(Ranges, "hold", counted)
    windows_in_bulk(lake, DEFAULT_TENANT, saved(labelled).slice(0, 1))
    assert len(looked) == 1
    assert len(lake.files("events", DEFAULT_TENANT)) == 4


def test_the_order_of_matches_and_repeats_are_kept(labelled: ShardOut, lake: Lake) -> None:
    matches = saved(labelled)
    order = np.random.default_rng(1).integers(0, matches.num_rows, 300)
    chosen = matches.take(pa.array(order, pa.int64()))
    found = windows_in_bulk(lake, DEFAULT_TENANT, chosen)
    assert found["window_tokens"].to_pylist() == chosen["window_tokens"].to_pylist()


def test_where_nothing_is_retained_windows_are_empty(labelled: ShardOut, lake: Lake) -> None:
    matches = saved(labelled).slice(0, 3)
    for tenant, wanted in (
        (TenantId("nobody"), matches),
        (DEFAULT_TENANT, matches.slice(0, 0)),
        (DEFAULT_TENANT, matches.set_column(1, "stream", pa.array(["elsewhere/0"] * 3))),
    ):
        found = windows_in_bulk(lake, tenant, wanted)
        assert found["window_seqs"].to_pylist() == [[]] * wanted.num_rows


def test_a_file_that_cannot_be_read_is_an_error_that_names_it(
    labelled: ShardOut, tmp_path: Path
) -> None:
    lake = Lake.open(tmp_path)
    events = pa.Table.from_batches([labelled.events])
    lake.commit({"events": events}, Cursor("shard", 1))
    (path,) = lake.files("events", DEFAULT_TENANT)
    Path(path).write_bytes(Path(path).read_bytes()[:-1_000])
    with pytest.raises(CorruptError, match=Path(path).name):
        windows_in_bulk(lake, DEFAULT_TENANT, saved(labelled))
