"""CPU and bytes of each stage between a sender and a decision, on recorded lines of auditd.

As a program: measures and prints one JSON object; `capacity.py --measure` calls it.
"""

import json
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from foreseen.control.database import opened
from foreseen.control.tenants import ensure_tenant
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.core.records import Line
from foreseen.intake.entries import Entry, encode
from foreseen.intake.opening import open_appender
from foreseen.lake.lake import Cursor, Lake
from foreseen.pipeline import shard as step_module
from foreseen.pipeline.shard import Lines, ShardArtefacts, ShardState, step
from foreseen.rules import RuleSet
from foreseen.runners.judging import Judge, judge_artefacts
from foreseen.runners.rules.files import load_rules
from foreseen.runners.settings.settings import Settings
from foreseen.runners.shards.whole import tables_of
from lake_apart import say
from latency import Senders, serving
from recorded import ROOT
from recorded_hosts import Body, bodies

LINES = 60_000
BATCH_BYTES = 4 << 20
_NOW = 1_800_000_000_000
_SMALL_COMMITS = 120
_SECONDS = 8.0
_TICKS = os.sysconf("SC_CLK_TCK")
_WITHOUT_PIPELINE = """
import threading, contextlib, foreseen.cli.up as up
@contextlib.contextmanager
def without(*arguments, **named):
    yield threading.Event()
up.working = without
from foreseen.cli.main import main; main()
"""
_STAGES = {
    "_parse": "parse",
    "fill": "lineage",
    "_identity": "columns",
    "batch_of": "columns",
    "matches_of": "windows",
}
Found = dict[str, Any]


def main() -> int:
    """Measure all and print."""
    pa.set_cpu_count(1)
    rules = load_rules(None)
    found: Found = {"load_before": os.getloadavg()[0], "lines": LINES, "rules": len(rules.rules)}
    with TemporaryDirectory(prefix="foreseen-capacity-") as name:
        folder = Path(name)
        say("shard step, commit, judge")
        found |= _pipeline(folder, rules)
        say("small commits")
        found["small_commits"] = small_commits(folder / "small", _SMALL_COMMITS)
        found["large_commit"] = _large_commit(folder / "large", rules)
        say("receive")
        found["receive"] = _receive(folder / "served", found["lines_an_event"])
        say("brokers")
        found["appends"] = _appends(folder)
    found["load_after"] = os.getloadavg()[0]
    sys.stdout.write(json.dumps(found) + "\n")
    return 0


class _Stopwatch:
    """CPU seconds by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    def over(self, stage: str, run: Callable[..., Any]) -> Callable[..., Any]:
        """The function, counted."""

        def counted(*given: Any, **named: Any) -> Any:  # noqa: ANN401 (any function)
            begun = time.process_time()
            try:
                return run(*given, **named)
            finally:
                self.seconds[stage] += time.process_time() - begun

        return counted

    @contextmanager
    def in_the_step(self) -> Iterator[None]:
        """Count the parts of the shard step while the block runs."""
        before = {name: getattr(step_module, name) for name in _STAGES}
        label = RuleSet.label
        for name, stage in _STAGES.items():
            setattr(step_module, name, self.over(stage, before[name]))
        RuleSet.label = self.over("label", label)  # type: ignore[method-assign]
        try:
            yield
        finally:
            for name, function in before.items():
                setattr(step_module, name, function)
            RuleSet.label = label  # type: ignore[method-assign]


def _pipeline(folder: Path, rules: RuleSet) -> Found:
    """The shard step by its parts, commits, and the judge without models, over one recording."""
    lake, watch = Lake.open(folder / "lake"), _Stopwatch()
    artefacts = ShardArtefacts(DEFAULT_TENANT, rules)
    state, counts, raw = ShardState(), Counter[str](), 0
    commit = watch.over("commit", lake.commit)
    whole = watch.over("step", step)
    walls: list[float] = []
    with watch.in_the_step(), opened(folder / "control.db") as control:
        ensure_tenant(control, DEFAULT_TENANT, now=_NOW)
        judge = Judge(lake, control, judge_artefacts(DEFAULT_TENANT, rules, Settings(), None))
        drain = watch.over("judge", judge.drain)
        for number, batch in enumerate(_batches(), 1):
            state, out = whole(state, batch, artefacts)
            begun = time.monotonic()
            commit(tables_of(DEFAULT_TENANT, batch, out), Cursor("bench", number, number - 1))
            walls.append(time.monotonic() - begun)
            drain()
            counts.update(events=out.events.num_rows, matches=out.matches.num_rows, commits=1)
            raw += sum(len(line.data) + 1 for part in batch for line in part.lines)
        alerts = judge.verdicts.counts.total()
    events, matches = counts["events"], counts["matches"]
    watch.seconds["place and put together"] = watch.seconds["step"] - sum(
        watch.seconds[stage] for stage in {*_STAGES.values(), "label"}
    )
    return {
        "events": events,
        "matches": matches,
        "decisions": alerts,
        "commits": counts["commits"],
        "lines_an_event": LINES / events,
        "raw_bytes_an_event": raw / events,
        "intake_bytes_an_event": _stored_bytes() / events,
        "cpu_us_an_event": {k: v / events * 1e6 for k, v in watch.seconds.items() if k != "judge"},
        "cpu_us_a_match_judged_without_models": watch.seconds["judge"] / matches * 1e6,
        "commit_seconds": median(walls),
        "stored": _stored(lake),
    }


def _bodies() -> Iterator[Body]:
    """One pass over the recorded lines."""
    left = LINES
    for body in bodies(LINES):
        if left <= 0:
            return
        left -= body.lines
        yield body


def _batches() -> Iterator[list[Lines]]:
    """Stretches of 4 MB, as a shard takes them."""
    batch: list[Lines] = []
    size = place = 0
    for body in _bodies():
        lines = []
        for number, data in enumerate(body.data.splitlines(), 1):
            lines.append(Line(body.host, place, number, "bench", data, _NOW))
            place += len(data) + 1
        batch.append(Lines(f"{body.host}/auditd", "auditd", lines))
        size += len(body.data)
        if size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _entry(body: Body) -> Entry:
    return Entry(DEFAULT_TENANT, f"{body.host}/auditd", "p", "auditd", _NOW, body.data)


def _stored_bytes() -> int:
    """Bytes of the bodies in the intake log, without the header of a record."""
    return sum(len(encode(_entry(body))) for body in _bodies())


def _stored(lake: Lake) -> Found:
    """Bytes a row on disk, as committed and compacted."""
    found: Found = {"committed": _sizes(lake)}
    begun = time.process_time()
    lake.compact()
    found["compaction_cpu_seconds"] = time.process_time() - begun
    found["compacted"] = _sizes(lake)
    found["classes"] = _classes(lake)
    return found


def _sizes(lake: Lake) -> Found:
    found: Found = {}
    for table in ("events", "matches", "predictions", "rollups"):
        live = lake.dataset(table)
        rows = live.count_rows()
        size = sum(fragment_size for fragment_size in _files(lake, table).values())
        found[table] = {"rows": rows, "bytes": size, "files": len(_files(lake, table))}
    return found


def _classes(lake: Lake) -> Found:
    """Rows of each class, and their bytes if they lay alone: classes share files."""
    events = lake.read("events")
    found: Found = {}
    for number in sorted({int(str(each)) for each in events["class_uid"].unique().to_pylist()}):
        own = events.filter(pc.field("class_uid") == number)
        sink = pa.BufferOutputStream()
        parquet.write_table(own, sink, compression="zstd")
        found[str(number)] = {"rows": own.num_rows, "bytes": sink.getvalue().size}
    return found


def _files(lake: Lake, table: str) -> dict[str, int]:
    """Size of each live file."""
    from foreseen.lake.keeping.holdings import holdings  # noqa: PLC0415

    return {file.path: file.size for file in holdings(lake._store(table))}  # noqa: SLF001


def small_commits(folder: Path, commits: int) -> Found:
    """Commits of one small delivery after the other: what a commit costs before it has rows."""
    lake = Lake.open(folder)
    batch = next(_batches())[:1]
    _, out = step(ShardState(), batch, ShardArtefacts(DEFAULT_TENANT, load_rules(None)))
    tables = tables_of(DEFAULT_TENANT, batch, out)
    walls: list[float] = []
    cpus: list[float] = []
    cpu = time.process_time()
    for number in range(1, commits + 1):
        begun = time.monotonic()
        lake.commit(tables, Cursor("small", number, number - 1))
        walls.append(time.monotonic() - begun)
        cpus.append(time.process_time() - cpu)
    return {
        "events": out.events.num_rows,
        "commits_a_second": commits / sum(walls),
        "cpu_seconds": (time.process_time() - cpu) / commits,
        "p50": median(walls),
        "p99": quantiles(walls, n=100)[-1],
        "first_twenty_p50": median(walls[:20]),
        "first_twenty_cpu": cpus[19] / 20,
        "last_twenty_p50": median(walls[-20:]),
    }


def _large_commit(folder: Path, rules: RuleSet) -> Found:
    """One commit of all stretches together, as of many shards: what rows cost beyond the commit."""
    batch = [part for batch in _batches() for part in batch]
    _, out = step(ShardState(), batch, ShardArtefacts(DEFAULT_TENANT, rules))
    tables = tables_of(DEFAULT_TENANT, batch, out)
    lake = Lake.open(folder)
    cpu, wall = time.process_time(), time.monotonic()
    lake.commit(tables, Cursor("large", 1, 0))
    return {
        "events": out.events.num_rows,
        "cpu_seconds": time.process_time() - cpu,
        "seconds": time.monotonic() - wall,
    }


def _receive(folder: Path, lines_an_event: float) -> Found:
    """CPU of a server that only receives and forces to disk, posted to by four clients."""
    folder.mkdir()
    source = bodies(LINES)
    with serving(folder, 1, _WITHOUT_PIPELINE) as server:
        before, begun = _cpu(server.pid), time.monotonic()
        senders = Senders(server, source, None)
        time.sleep(_SECONDS)
        senders.end()
        taken, cpu = time.monotonic() - begun, _cpu(server.pid) - before
    events = senders.lines / lines_an_event
    return {"events_a_second": events / taken, "cpu_us_an_event": cpu / events * 1e6}


def _cpu(pid: int) -> float:
    """CPU seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _appends(folder: Path) -> Found:
    """Events a second that one caller appends to each intake, a body at a time."""
    sys.path.insert(0, str(ROOT))
    from tests.intake.brokers import KafkaServer, NatsServer  # noqa: PLC0415

    found: Found = {"own log": _appended(str(folder / "log"))}
    kafka = KafkaServer.start()
    try:
        found["kafka (mock, in memory)"] = _appended(f"kafka://{kafka.servers}/{kafka.topic(4)}")
    finally:
        kafka.kill()
    (folder / "nats").mkdir()
    nats = NatsServer(folder / "nats")
    nats.start()
    try:
        found["jetstream, sync always"] = _appended(f"{nats.url}/capacity")
    finally:
        nats.kill()
    return found


def _appended(place: str) -> float:
    """Lines a second."""
    entries = [_entry(body) for body in islice(bodies(LINES), 60)]
    from foreseen.intake.log import IntakeLog  # noqa: PLC0415

    appender = open_appender(place, 4) if "://" in place else IntakeLog.open(Path(place))
    lines, begun = 0, time.monotonic()
    try:
        while time.monotonic() - begun < 3.0:  # noqa: PLR2004 (seconds)
            for entry in entries:
                appender.append([entry])
                lines += entry.data.count(b"\n")
    finally:
        appender.close()
    return lines / (time.monotonic() - begun)


if __name__ == "__main__":
    sys.exit(main())
