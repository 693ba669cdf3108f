"""A lake whose writer is killed anywhere holds every acknowledged row, and each row once."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from foreseen.lake.lake import Lake

_WRITER = """
import sys
import pyarrow as pa
from foreseen.lake.lake import Cursor, Lake
from foreseen.lake.tables import TABLES
from foreseen.schema.arrow import batch_of

TABLE_NAMES = ("events", "matches")
lake = Lake.open(sys.argv[1])
print("open", flush=True)

def batch(name, start, end):
    rows = [{"tenant": "default", "stream": "s", "seq": n, "time": n} for n in range(start, end)]
    return pa.Table.from_batches([batch_of(rows, TABLES[name].schema)])

found = lake.progress("a", TABLE_NAMES)
start = found.done or 0
end = found.reached if (found.reached or 0) > start else start + 7
while True:
    lake.commit({n: batch(n, start, end) for n in TABLE_NAMES}, Cursor("a", end, start))
    print(end, flush=True)
    start, end = end, end + 7 + end % 5
"""
_KILLS = 5


@pytest.mark.long
def test_kills_of_the_writer_lose_and_duplicate_nothing(tmp_path: Path) -> None:
    moments = random.Random(3)  # noqa: S311 (a test's dice)
    acknowledged = 0
    for _ in range(_KILLS):
        writer = subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        assert writer.stdout.readline() == "open\n"
        time.sleep(moments.uniform(0.05, 0.6))
        writer.kill()
        said, _ = writer.communicate()
        acknowledged = max([acknowledged, *map(int, said.rpartition("\n")[0].split())])
    lake = Lake.open(tmp_path)
    assert acknowledged > 0
    for table in ("events", "matches"):
        seqs = lake.read(table, ["seq"])["seq"].to_pylist()
        assert seqs == list(range(len(seqs)))
        assert len(seqs) >= acknowledged
    lake.verify()
