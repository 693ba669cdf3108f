"""How long the processes around an alert take to find, over ten million events of a month.

`process_tree.py [--json] [--events N] [--days N] [--keep DIR]`: the lake of `needles.py`, with each
group of hosts' processes under identities of their own. Asked are trees around labelled events all
over it, each once to warm and then three times. The reference reads, in turns with it and in the
same run, the bytes that the question may need: of each file that the log's statistics leave, the
columns that it names, without any condition. Told besides: milliseconds, and the processes that
were at work on a workload. DIR keeps the lake for another run.
"""

import argparse
import json
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq

from foreseen.core.ids import DEFAULT_TENANT
from foreseen.lake.asking.narrowed import Asker, equal, files_of
from foreseen.lake.asking.process_rows import COLUMNS
from foreseen.lake.asking.process_tree import Tree, process_tree
from foreseen.lake.asking.processes_at import AtWork, processes_at
from foreseen.lake.asking.search_files import live_files
from foreseen.lake.keeping.holdings import holdings, size_of
from foreseen.lake.lake import Lake
from foreseen.lake.rollups import HOUR_MS
from measure import machine
from needles import copied, prepare
from recorded import ROOT

pc: Any = pyarrow.compute  # its stubs know no join of texts, and no text and a column

ASKED, ROUNDS, LIMIT = 9, 3, 200
_READ = [*COLUMNS, "stream", "seq", "time", "event_type", "labels", "lineage"]
_IDENTITY = r"^(?P<front>.*):(?P<start>\d+)$"


def with_processes(rows: pa.Table, number: int, shift: int) -> pa.Table:
    """The events as `needles` copies them, their processes as those hosts' own, as much later."""
    made = copied(rows, number, shift)
    for name in ("process_uid", "parent_uid"):
        moved = _moved(made[name].combine_chunks(), number, shift)
        made = made.set_column(made.schema.names.index(name), name, moved)
    lines: Any = made["lineage"].combine_chunks()
    values = _moved(lines.flatten(), number, shift)
    ends = pc.cumulative_sum(pc.fill_null(pc.list_value_length(lines), 0))
    offsets = pa.concat_arrays([pa.array([0], pa.int32()), ends.cast(pa.int32())])
    place = made.schema.names.index("lineage")
    return made.set_column(place, "lineage", pa.ListArray.from_arrays(offsets, values))


def _moved(identities: Any, number: int, shift: int) -> Any:  # noqa: ANN401 (an array of texts)
    """Identities of processes, which say where and when each began, elsewhere and later."""
    codes = identities.dictionary_encode()
    parts = pc.extract_regex(codes.dictionary, pattern=_IDENTITY)
    starts = pc.add(pc.struct_field(parts, "start").cast(pa.int64()), pa.scalar(shift))
    fronts = pc.binary_join_element_wise(str(number), pc.struct_field(parts, "front"), "-")
    names = pc.binary_join_element_wise(fronts, starts.cast(pa.string()), ":")
    return names.take(codes.indices)


def labelled(lake: Lake) -> list[dict[str, Any]]:
    """Labelled events of processes with ancestors, from files all over the lake."""
    files = lake.files("events", DEFAULT_TENANT)
    step = max(1, len(files) // ASKED)
    found: list[dict[str, Any]] = []
    for file in files[::step]:
        rows = pq.ParquetFile(file).read_row_group(0)
        some = pc.list_value_length(rows["lineage"])
        rows = rows.filter(pc.and_(pc.greater(some, 1), pc.greater(_labels(rows), 0)))
        found += rows.slice(rows.num_rows // 2, 1).to_pylist()
    return found[:ASKED]


def _labels(rows: pa.Table) -> Any:  # noqa: ANN401 (a column of numbers)
    return pc.fill_null(pc.list_value_length(rows["labels"]), 0)


def tree_of(lake: Lake, event: dict[str, Any]) -> Tree:
    """As the API asks."""
    return process_tree(Asker(lake, DEFAULT_TENANT), event, around=HOUR_MS, limit=LIMIT)


def at_work(lake: Lake, event: dict[str, Any]) -> AtWork:
    """As the API asks."""
    workload, at = str(event["workload"]), int(event["time"])
    return processes_at(
        Asker(lake, DEFAULT_TENANT), workload, at=at, before=HOUR_MS // 6, limit=LIMIT
    )


def read_of(lake: Lake, event: dict[str, Any]) -> int:
    """Read what the question about an event may need; how many rows that is."""
    near = (event["time"] - HOUR_MS, event["time"] + HOUR_MS)
    known = {"stream": equal(event["stream"]), "time": near}
    files = files_of(live_files(lake, "events", DEFAULT_TENANT), known)
    return sum(pq.ParquetFile(file).read(columns=_READ).num_rows for file in files)


def timed(run: Callable[[], object]) -> tuple[float, float]:
    """CPU and wall seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    run()
    return time.process_time() - cpu, time.perf_counter() - wall


def measured(lake: Lake) -> dict[str, Any]:
    """Ratio, milliseconds, and how much was found."""
    events = labelled(lake)
    ours, reads, works = list[tuple[float, float]](), list[float](), list[float]()
    for event in events:
        tree, read, work = (partial(each, lake, event) for each in (tree_of, read_of, at_work))
        tree()  # caches are warm for both
        rounds = [(timed(tree), timed(read), timed(work)) for _ in range(ROUNDS)]
        ours.append(min(each[0] for each in rounds))
        reads.append(min(each[1] for each in rounds)[0])
        works.append(min(each[2][1] for each in rounds))
    found = [tree_of(lake, event) for event in events]
    held = holdings(lake.stores["events"])
    return {
        "machine": machine(),
        "events": sum(file.rows or 0 for file in held),
        "bytes": size_of(held),
        "asked": len(events),
        "ratio": round(median(c / r for (c, _), r in zip(ours, reads, strict=True)), 3),
        "median_ms": round(median(wall for _, wall in ours) * 1_000, 1),
        "most_ms": round(max(wall for _, wall in ours) * 1_000, 1),
        "read_cpu_ms": round(median(reads) * 1_000, 1),
        "at_work_ms": round(median(works) * 1_000, 1),
        "processes": [len(tree.processes) for tree in found],
        "left_out": [tree.left_out for tree in found],
    }


def lines_of(found: dict[str, Any], most: float) -> Iterator[str]:
    """The report."""
    yield f"{found['machine']}; {found['events']:,} events, {found['bytes'] / 1e9:.2f} GB"
    yield (
        f"process tree of {found['asked']} labelled events: median {found['median_ms']} ms, most"
        f" {found['most_ms']} ms by the clock; {found['processes']} processes"
    )
    yield f"processes at work on a workload: median {found['at_work_ms']} ms"
    verdict = "ok" if found["ratio"] <= most else "OVER BUDGET"
    yield (
        f"CPU over reading the same files' columns ({found['read_cpu_ms']} ms), median:"
        f" {found['ratio']} of at most {most:g}  {verdict}"
    )


def main(arguments: list[str]) -> int:
    """Measure; 1 when the bar is missed."""
    parser = argparse.ArgumentParser(prog="bench-process-tree", description=__doc__)
    parser.add_argument("--json", action="store_true", help="JSON on stdout instead of a report")
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--keep", type=Path, help="Folder that keeps the lake for another run.")
    chosen = parser.parse_args(arguments)
    budgets = tomllib.loads((ROOT / "benchmarks" / "budgets.toml").read_text(encoding="utf-8"))
    most = budgets["lakeapi"]["process_tree"]["at_most"]
    with tempfile.TemporaryDirectory(prefix="foreseen-processes-") as made:
        folder = chosen.keep or Path(made)
        if (folder / "lake").exists():
            lake = Lake.open(folder / "lake")
        else:
            lake = prepare(folder, chosen.events, chosen.days, with_processes)
        found = measured(lake)
    told = [json.dumps(found)] if chosen.json else list(lines_of(found, most))
    sys.stdout.write("\n".join(told) + "\n")
    return 1 if found["ratio"] > most else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
