"""How long a search takes: one stream's hour, and needles that are nowhere, over a month.

`needles.py [--json] [--events N] [--days N] [--keep DIR]`: a lake of recorded events under other
hosts, spread over days, compacted; each question in turn, the best of three runs. DIR keeps the
lake for another run.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute

from foreseen.core.ids import DEFAULT_TENANT
from foreseen.lake.asking.question import Question
from foreseen.lake.asking.search import Found, Page, search
from foreseen.lake.keeping.holdings import holdings, size_of
from foreseen.lake.lake import Cursor, Lake
from foreseen.lake.rollups import HOUR_MS
from foreseen.pipeline.shard import Lines, ShardArtefacts, ShardState, step
from foreseen.runners.rules.files import load_rules
from measure import machine
from recorded import first_lines, placed, tested_recording

pc: Any = pyarrow.compute  # its stubs know no join of a text and a column

DAY_MS = 86_400_000
LINES = 150_000
PER_COMMIT = 100_000
_RUNS, _LONG_SECONDS = 3, 5.0


Copied = Callable[[pa.Table, int, int], pa.Table]
"""Events as those of a group of hosts, by its number, so many ms later."""


def prepare(folder: Path, events: int, days: int, made: Copied | None = None) -> Lake:
    """A lake of so many events over so many days, compacted."""
    made = made or copied
    lines = placed(first_lines(tested_recording(), LINES))
    artefacts = ShardArtefacts(DEFAULT_TENANT, load_rules(None))
    _, out = step(ShardState(), [Lines("recording", "auditd", lines, ended=True)], artefacts)
    rows = pa.Table.from_batches([out.events])
    copies, lake = max(1, round(events / rows.num_rows)), Lake.open(folder / "lake")
    at_once = max(1, PER_COMMIT // rows.num_rows)
    for begin in range(0, copies, at_once):
        numbers = range(begin, min(begin + at_once, copies))
        shift = begin * days // copies * DAY_MS
        part = pa.concat_tables([made(rows, number, shift) for number in numbers])
        lake.commit({"events": part}, Cursor("benchmark", begin + 1))
        sys.stderr.write(f"\r{numbers[-1] + 1} of {copies} groups of hosts written")
    sys.stderr.write("\n")
    lake.compact()
    return lake


def copied(rows: pa.Table, number: int, shift: int) -> pa.Table:
    """The events as those of other hosts on another day."""
    for name in {"stream", "host", "event_uid"} & set(rows.schema.names):
        column = rows[name].combine_chunks().dictionary_encode()
        names = pc.binary_join_element_wise(str(number), column.dictionary, "-")
        rows = rows.set_column(rows.schema.names.index(name), name, names.take(column.indices))
    for name in ("time", "ingested_time"):
        later = pc.add(rows[name], pa.scalar(shift))
        rows = rows.set_column(rows.schema.names.index(name), name, later)
    return rows


def questions(lake: Lake) -> dict[str, Callable[[], Found]]:
    """Each, to be asked."""
    newest = search(lake, DEFAULT_TENANT, Question(), Page(1)).rows.to_pylist()[0]
    stream, hour = newest["stream"], newest["time"] - HOUR_MS
    asked = {
        "one stream's hour": Question(stream=stream, since=hour),
        "one workload, newest 100": Question(workload=newest["workload"]),
        "address that is nowhere": Question(address="192.0.2.77"),
        "user that is nowhere": Question(user="nobody-at-all"),
        "program that is nowhere": Question(process="no-such-program"),
        "text that is nowhere, all columns": Question(texts=("no such text",)),
        "checksum that is nowhere": Question(hash="0" * 64),
    }
    return {
        name: partial(search, lake, DEFAULT_TENANT, question) for name, question in asked.items()
    }


def best_of_three(run: Callable[[], Found]) -> dict[str, float]:
    """Wall and CPU seconds of the shortest of three runs; of the only one when that is long."""
    runs: list[tuple[float, float]] = []
    while len(runs) < _RUNS and sum(cpu for cpu, _ in runs) < _LONG_SECONDS:
        wall, cpu = time.monotonic(), time.process_time()
        found = run()
        runs.append((time.process_time() - cpu, time.monotonic() - wall))
    cpu, wall = min(runs)
    rows, files = found.rows.num_rows, found.looked
    return {"rows": rows, "files": files, "wall": round(wall, 3), "cpu": round(cpu, 3)}


def main(arguments: list[str]) -> int:
    """Measure; gives the exit code."""
    parser = argparse.ArgumentParser(prog="bench-needles", description=__doc__)
    parser.add_argument("--json", action="store_true", help="JSON on stdout instead of a table")
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--keep", type=Path, help="Folder that keeps the lake for another run.")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="foreseen-needles-") as made:
        folder = chosen.keep or Path(made)
        kept = (folder / "lake").exists()
        lake = Lake.open(folder / "lake") if kept else prepare(folder, chosen.events, chosen.days)
        held, asked = holdings(lake.stores["events"]), questions(lake)
        events, size = sum(file.rows or 0 for file in held), size_of(held)
        found = {name: best_of_three(run) for name, run in asked.items()}
    if chosen.json:
        sys.stdout.write(
            json.dumps({"machine": machine(), "events": events, "bytes": size, "questions": found})
            + "\n"
        )
        return 0
    lines = [f"{machine()}; {events:,} events, {len(held)} files, {size / 1e9:.2f} GB"]
    lines += [
        f"{name:36} {each['wall']:7.3f} s wall {each['cpu']:7.3f} s CPU {each['rows']:5,} rows"
        f" {each['files']:4,} files read"
        for name, each in found.items()
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
