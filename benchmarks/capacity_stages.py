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
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa

from capacity_input import LINES, NOW, batches, logged_bytes
from capacity_intake import appends, receive
from capacity_stored import Found, stored
from foreseen.control.database import opened
from foreseen.control.tenants import ensure_tenant
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.lake.lake import Cursor, Lake
from foreseen.pipeline import shard as step_module
from foreseen.pipeline.shard import ShardArtefacts, ShardState, step
from foreseen.rules import RuleSet
from foreseen.runners.judging import Judge, judge_artefacts
from foreseen.runners.rules.files import load_rules
from foreseen.runners.settings.settings import Settings
from foreseen.runners.shards.whole import tables_of
from lake_apart import say

_SMALL_COMMITS = 120
_STAGES = {
    "_parse": "parse",
    "fill": "lineage",
    "_identity": "columns",
    "batch_of": "columns",
    "matches_of": "windows",
}


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
        found["receive"] = receive(folder / "served", found["lines_an_event"])
        say("brokers")
        found["appends"] = appends(folder)
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
        ensure_tenant(control, DEFAULT_TENANT, now=NOW)
        judge = Judge(lake, control, judge_artefacts(DEFAULT_TENANT, rules, Settings(), None))
        drain = watch.over("judge", judge.drain)
        for number, batch in enumerate(batches(), 1):
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
        "intake_bytes_an_event": logged_bytes() / events,
        "cpu_us_an_event": {k: v / events * 1e6 for k, v in watch.seconds.items() if k != "judge"},
        "cpu_us_a_match_judged_without_models": watch.seconds["judge"] / matches * 1e6,
        "commit_seconds": median(walls),
        "stored": stored(lake),
    }


def small_commits(folder: Path, commits: int) -> Found:
    """Commits of one small delivery after the other: what a commit costs before it has rows."""
    lake = Lake.open(folder)
    batch = next(batches())[:1]
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
    batch = [part for batch in batches() for part in batch]
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


if __name__ == "__main__":
    sys.exit(main())
