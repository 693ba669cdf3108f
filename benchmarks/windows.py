"""Windows before 5,000 matches among millions of events: ours against DuckDB's row_number join.

`windows.py [--json] [--events N] [--matches N]`: each way in a process of its own, one thread each,
on the same files of a lake; all must find the same events. The events are those of the shipped
recording under other hosts, again and again. Fails where a figure misses its bar in budgets.toml.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from foreseen.core.ids import DEFAULT_TENANT
from foreseen.lake.lake import Cursor, Lake
from foreseen.lake.windows import windows_in_bulk
from foreseen.models.moments import acts
from foreseen.models.moments.windows import FORKS, STREAM_EVENTS
from foreseen.pipeline.shard import Lines, ShardArtefacts, ShardState, step
from foreseen.runners.rule_files import load_rules
from measure import machine
from recorded import ROOT, first_lines, tested_recording, placed

EVENTS, MATCHES = 10_000_000, 5_000
LINES = 150_000
PER_COMMIT = 500_000
_MEGA = 1_000_000
_FIELDS = ("time", *acts.COLUMNS)
_JOIN = """
    WITH told AS MATERIALIZED (
        SELECT stream, seq{fields}, row_number() OVER (PARTITION BY stream ORDER BY seq) AS place
        FROM read_parquet($files) WHERE event_type NOT IN $forks OR len(labels) > 0
    ), hit AS (SELECT m.at, told.stream, place FROM m JOIN told USING (stream, seq))
    SELECT hit.at, told.stream, told.seq{fields} FROM hit JOIN told ON told.stream = hit.stream
    AND told.place BETWEEN hit.place - $events AND hit.place - 1"""
_LATE = """
    SELECT found.at, found.seq{fields} FROM ({join}) found
    JOIN read_parquet($files) e USING (stream, seq)"""


def main(arguments: list[str]) -> int:
    """Measure; gives the exit code."""
    parser = argparse.ArgumentParser(prog="bench-windows", description=__doc__)
    parser.add_argument("--json", action="store_true", help="JSON on stdout instead of a table")
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--matches", type=int, default=MATCHES)
    parser.add_argument("--way", choices=sorted(WAYS), help=argparse.SUPPRESS)
    parser.add_argument("--data", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.way:
        sys.stdout.write(json.dumps(_timed(WAYS[chosen.way], chosen.data)))
        return 0
    with tempfile.TemporaryDirectory(prefix="foreseen-windows-") as folder:
        events = _prepare(Path(folder), chosen.events, chosen.matches)
        found = {name: _apart(name, Path(folder)) for name in WAYS}
    if len({each["digest"] for each in found.values()}) != 1:
        raise ValueError(f"not all ways find the same events: {found}")
    return _told(found, events, chosen.matches, as_json=chosen.json)


def _prepare(folder: Path, events: int, matches: int) -> int:
    """A lake of so many events and the matches in it; how many events there are."""
    lines = placed(first_lines(tested_recording(), LINES))
    artefacts = ShardArtefacts(DEFAULT_TENANT, load_rules(None))
    _, out = step(ShardState(), [Lines("recording", "auditd", lines, ended=True)], artefacts)
    rows = pa.Table.from_batches([out.events]).drop_columns(["raw"])
    rows = rows.append_column("raw", pa.nulls(rows.num_rows, pa.string()))
    rows = rows.select(out.events.schema.names)
    copies, lake = max(1, round(events / rows.num_rows)), Lake.open(folder / "lake")
    at_once = max(1, PER_COMMIT // rows.num_rows)
    for begin in range(0, copies, at_once):
        numbers = range(begin, min(begin + at_once, copies))
        part = pa.concat_tables([_copied(rows, number) for number in numbers])
        lake.commit({"events": part}, Cursor("benchmark", begin + 1))
        sys.stderr.write(f"\r{numbers[-1] + 1} of {copies} groups of hosts written")
    sys.stderr.write("\n")
    _choose(rows, copies, matches, folder / "matches")
    return copies * rows.num_rows


def _choose(rows: pa.Table, copies: int, matches: int, path: Path) -> None:
    """Matches anywhere in the lake: events that are no forks."""
    plain = np.flatnonzero(~pc.is_in(rows["event_type"], pa.array(FORKS)).to_numpy())
    chosen = np.random.default_rng(7).choice(copies * len(plain), matches, replace=False)
    parts = [
        _copied(rows.take(pa.array(plain[chosen[chosen // len(plain) == copy] % len(plain)])), copy)
        for copy in np.unique(chosen // len(plain)).tolist()
    ]
    pq.write_table(pa.concat_tables(parts).select(["stream", "seq", "time"]), path)


def _copied(rows: pa.Table, number: int) -> pa.Table:
    """The events as those of other hosts."""
    for name in ("stream", "host"):
        told = pa.array([f"{number}-{value}" for value in rows[name].to_pylist()], pa.string())
        rows = rows.set_column(rows.schema.names.index(name), name, told)
    return rows


Windows = pa.Table
"""Columns `at` (number of the match) and `seq`, and whatever else a way finds."""


def _ours(lake: Lake, matches: pa.Table) -> Windows:
    """Windows with folded tokens."""
    found = windows_in_bulk(lake, DEFAULT_TENANT, matches)
    seqs = found["window_seqs"].combine_chunks()
    return pa.table({"at": pc.list_parent_indices(seqs), "seq": pc.list_flatten(seqs)})


def _row_number(lake: Lake, matches: pa.Table) -> Windows:
    """As one writes it: each event with its place in the stream, joined to the places before."""
    return _asked(lake, matches, _JOIN.format(fields="".join(f", {name}" for name in _FIELDS)))


def _row_number_late(lake: Lake, matches: pa.Table) -> Windows:
    """The join over numbers alone, then the events of those that it found: a faster way to ask."""
    fields = "".join(f", e.{name}" for name in _FIELDS)
    return _asked(lake, matches, _LATE.format(join=_JOIN.format(fields=""), fields=fields))


def _row_number_bare(lake: Lake, matches: pa.Table) -> Windows:
    """The join over numbers alone: which events, and nothing of what they were."""
    return _asked(lake, matches, _JOIN.format(fields=""))


WAYS: dict[str, Callable[[Lake, pa.Table], Windows]] = {
    "ours": _ours,
    "row_number": _row_number,
    "row_number, events later": _row_number_late,
    "row_number, no events": _row_number_bare,
}


_AGAINST = {
    "row_number": "times_as_fast",
    "row_number, events later": "times_as_fast_as_later",
    "row_number, no events": "times_as_fast_as_none",
}


def _asked(lake: Lake, matches: pa.Table, sql: str) -> Windows:
    with duckdb.connect(config={"threads": 1}) as database:
        numbered = matches.append_column("at", pa.array(range(matches.num_rows), pa.int64()))
        database.register("m", numbered)
        files = lake.files("events", DEFAULT_TENANT)
        values = {"files": files, "forks": list(FORKS), "events": STREAM_EVENTS}
        found: Windows = database.sql(sql, params=values).to_arrow_table()
        return found


def _timed(way: Callable[[Lake, pa.Table], Windows], folder: Path) -> dict[str, object]:
    """CPU and wall seconds, what the process took at most beyond what it had, and a digest."""
    pa.set_cpu_count(1)
    lake, matches = Lake.open(folder / "lake"), pq.read_table(folder / "matches")
    before, cpu, wall = _memory("VmRSS"), time.process_time(), time.monotonic()
    found = way(lake, matches)
    taken = {
        "cpu": round(time.process_time() - cpu, 2),
        "wall": round(time.monotonic() - wall, 2),
        "megabytes": round(_memory("VmHWM") - before),
        "rows": found.num_rows,
    }
    pairs = np.stack([found["at"].to_numpy(), found["seq"].to_numpy()]).astype("<i8")
    ordered = pairs[:, np.lexsort((pairs[1], pairs[0]))]
    return {**taken, "digest": hashlib.sha256(ordered.tobytes()).hexdigest()}


def _memory(name: str) -> float:
    """Memory of the process, MB: VmRSS what it has, VmHWM the most that it had."""
    # Not getrusage, whose peak is that of the process that started this one, if that had more.
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    (kilobytes,) = (line.split()[1] for line in lines if line.startswith(f"{name}:"))
    return int(kilobytes) * 1024 / _MEGA


def _apart(name: str, folder: Path) -> dict[str, float]:
    """One way in a process of its own; the shorter of two runs counts."""
    command = [sys.executable, __file__, "--way", name, "--data", str(folder)]
    runs = []
    for _ in range(2):
        sys.stderr.write(f"{name} ...\n")
        done = subprocess.run(command, check=True, capture_output=True)
        runs.append(json.loads(done.stdout))
    return min(runs, key=lambda run: run["cpu"])


def _told(found: dict[str, dict[str, float]], events: int, matches: int, *, as_json: bool) -> int:
    """Print what was measured; 1 where a bar is missed."""
    bars = tomllib.loads((ROOT / "benchmarks" / "budgets.toml").read_text("utf-8"))["windows"]
    ours = found["ours"]
    figures = {"megabytes": ours["megabytes"]}
    for name, key in _AGAINST.items():
        figures[key] = round(found[name]["cpu"] / ours["cpu"], 1)
    missed = [
        name
        for name, bar in bars.items()
        if not bar.get("at_least", 0) <= figures[name] <= bar.get("at_most", figures[name])
    ]
    about = {"machine": machine(), "events": events, "matches": matches}
    if as_json:
        sys.stdout.write(json.dumps({**about, "ways": found, **figures, "missed": missed}) + "\n")
        return int(bool(missed))
    lines = [f"{about['machine']}; {events:,} events, {matches:,} matches, one thread"]
    lines += [
        f"{name:28} {run['cpu']:7.2f} s CPU {run['wall']:7.2f} s wall {run['megabytes']:6,.0f} MB"
        f" more, {run['rows']:,} events found"
        for name, run in found.items()
    ]
    lines += [
        f"{name:28} {figure:7,} {'MISSED' if name in missed else 'ok'} {bars.get(name, '')}"
        for name, figure in figures.items()
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return int(bool(missed))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
