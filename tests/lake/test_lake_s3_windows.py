"""Windows read in bulk from a lake in S3 equal those of the same lake in a folder."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from tests.lake.object_store import BUCKET, options

from foreseen.core.errors import CorruptError
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.lake.asking.windows import windows_in_bulk
from foreseen.lake.lake import Cursor, Lake

Rows = Callable[..., pa.Table]


def fill(lake: Lake, rows: Rows) -> Lake:
    """Two streams in a few commits; every fifth event runs another program."""
    for end in range(100, 500, 100):
        parts = [
            rows("events", [seq], stream=stream, event_type="exec", process_path=f"/bin/p{seq % 5}")
            for stream in ("a", "b")
            for seq in range(end - 100, end, 2)
        ]
        lake.commit({"events": pa.concat_tables(parts)}, Cursor("shard", end, end - 100))
    return lake


def test_windows_in_s3_equal_those_in_a_folder(
    tmp_path: Path, s3_endpoint: str, rows: Rows
) -> None:
    folder = fill(Lake.open(tmp_path), rows)
    bucket = fill(Lake.open(f"s3://{BUCKET}/windows", s3=options(s3_endpoint)), rows)
    matches = pa.concat_tables(
        [rows("matches", range(0, 400, 7), stream="a"), rows("matches", [399, 3], stream="b")]
    )
    found = windows_in_bulk(bucket, DEFAULT_TENANT, matches)
    assert found.equals(windows_in_bulk(folder, DEFAULT_TENANT, matches))
    assert max(len(seqs or []) for seqs in found["window_seqs"].to_pylist()) >= 64
    bucket.place.files.delete_file(bucket.files("events")[1].removeprefix("s3://"))
    with pytest.raises(CorruptError, match="cannot be read"):
        windows_in_bulk(bucket, DEFAULT_TENANT, matches)
