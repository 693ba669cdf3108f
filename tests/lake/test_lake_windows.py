"""Windows read in bulk from the lake equal those that the shard saved with each match."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from tests.recording import extract, lines_of
from tests.shipped import shipped_rules

from foreseen.core.errors import CorruptError
from foreseen.core.ids import DEFAULT_TENANT, TenantId
from foreseen.lake import windows
from foreseen.lake.lake import Cursor, Lake
from foreseen.lake.windows import windows_in_bulk
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


@pytest.mark.parametrize(("look", "reach"), [(1, 5_000), (1, 90), (70, 70), (5_000, 5_000)])
def test_they_do_so_however_far_is_looked_at_first(
    labelled: ShardOut, lake: Lake, monkeypatch: pytest.MonkeyPatch, look: int, reach: int
) -> None:
    monkeypatch.setattr(windows, "_FIRST_LOOK", look)
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
