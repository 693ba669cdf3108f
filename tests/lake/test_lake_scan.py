"""Reading by any column finds what is there, with statistics or without."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from foreseen.lake.lake import Cursor, Lake
from foreseen.schema.arrow import EVENT_SCHEMA, batch_of

ROW = {
    "tenant": "default",
    "stream": "web-1/a",
    "host": "web-1",
    "event_uid": "u1",
    "class_uid": 1007,
    "process_pid": 7,
    "process_path": "/usr/bin/curl",
    "unmapped": {"a": "b"},
}


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Two files; columns without statistics, too long for them, and partly null."""
    made = Lake.open(tmp_path)
    for place, workload in enumerate(["web", None, "w" * 300]):
        row = {**ROW, "seq": place + 1, "time": place, "ingested_time": place, "workload": workload}
        table = pa.Table.from_batches([batch_of([row], EVENT_SCHEMA)])
        made.commit({"events": table}, Cursor("test", place + 1, place))
    return made


@pytest.mark.parametrize("name", ["host", "event_uid", "process_pid", "process_path", "stream"])
def test_a_row_is_found_by_every_column(lake: Lake, name: str) -> None:
    assert lake.read("events", ["seq"], pc.field(name) == ROW[name]).num_rows == 3


@pytest.mark.parametrize(("workload", "seq"), [("web", 1), ("w" * 300, 3)])
def test_a_null_or_a_long_value_beside_it_hides_nothing(
    lake: Lake, workload: str, seq: int
) -> None:
    found = lake.read("events", ["seq"], pc.field("workload") == workload)
    assert found["seq"].to_pylist() == [seq]
    nulls = lake.read("events", ["seq"], pc.field("workload").is_null())
    assert nulls["seq"].to_pylist() == [2]


def test_a_time_leaves_out_the_files_that_cannot_have_it(lake: Lake, tmp_path: Path) -> None:
    files = sorted((tmp_path / "events").rglob("*.parquet"))
    assert lake.read("events", ["seq"], pc.field("time") >= 2)["seq"].to_pylist() == [3]
    for path in files:
        if b"w" * 300 not in path.read_bytes():
            path.write_bytes(b"damaged")
    assert lake.read("events", ["seq"], pc.field("time") >= 2)["seq"].to_pylist() == [3]
