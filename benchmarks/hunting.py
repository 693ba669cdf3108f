"""What the sandbox costs a query: the same SELECTs in the server's process and in a sealed one.

The two take turns, so that other work on the machine hits both. Of each query the CPU time of all
rounds counts, of the sealed way that of both processes, the way of the rows back included; the
shortest time by the clock is told beside it. The bar is for the median of the queries' ratios.
"""

import argparse
import os
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pyarrow as pa

from foreseen.core.ids import DEFAULT_TENANT
from foreseen.lake.asking.hunt import HuntLimits, hunt
from foreseen.lake.asking.searchbox.statement import Wanted, statement
from foreseen.lake.lake import Cursor, Lake
from foreseen.runners.hunting.pool import Asked, Pool, PoolLimits
from lake_made import copied, recorded
from measure import machine
from recorded import ROOT

LIMIT = 1_000
NOW = 1_795_334_000_000
QUERIES = {
    "count by host": "SELECT host, count(*) AS n FROM events GROUP BY ALL ORDER BY n DESC",
    "one hour of one workload": "SELECT time, host, process_cmd_line FROM events "
    "WHERE workload IS NOT NULL AND class_uid = 1007 ORDER BY time DESC",
    "commands like": "SELECT process_cmd_line, count(*) AS n FROM events "
    "WHERE process_cmd_line LIKE '%sh -c%' GROUP BY ALL ORDER BY n DESC",
    "rare parents": "SELECT parent_path, process_path, count(*) AS n FROM events "
    "GROUP BY ALL HAVING n < 50 ORDER BY n",
    "a search": statement("cmd:curl OR file:/etc/*", Wanted(), now=NOW),
    "a thousand whole rows": "SELECT * FROM events",
}


def main() -> int:
    """Measure and compare; 1 when the bar is missed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--events", type=int, default=1_000_000)
    options.add_argument("--rounds", type=int, default=15)
    asked = options.parse_args()
    say(machine())
    with tempfile.TemporaryDirectory(prefix="foreseen-hunting-") as folder:
        lake = made(Path(folder) / "lake", asked.events)
        limits = PoolLimits(workers=1, nice=0)
        begun = time.perf_counter()
        with Pool(lake, limits=limits) as pool:
            pool.ask(DEFAULT_TENANT, Asked("SELECT 1"))
            say(f"first answer of a new pool: {time.perf_counter() - begun:.2f} s")
            found = compared(lake, pool, asked.rounds)
            fresh = resealed(lake, pool, asked.rounds)
    say(f"one row after a commit: {fresh[0] * 1000:.0f} ms, sealed anew {fresh[1] * 1000:.0f} ms")
    budgets = tomllib.loads((ROOT / "benchmarks" / "budgets.toml").read_text(encoding="utf-8"))
    most = budgets["hunting"]["sealed"]["at_most"]
    verdict = "ok" if found <= most else "OVER BUDGET"
    say(
        f"sealed over in process, median of the queries: {found:.2f} of at most {most:g}  {verdict}"
    )
    return 0 if found <= most else 1


def say(text: str) -> None:
    """A line of the report."""
    sys.stdout.write(f"{text}\n")


def made(folder: Path, events: int) -> Lake:
    """A compacted lake of so many recorded events."""
    rows, lake = recorded(), Lake.open(folder)
    copies = max(1, 500_000 // rows.num_rows)
    part = pa.concat_tables([copied(rows, number) for number in range(copies)])
    for number in range(max(1, round(events / part.num_rows))):
        lake.commit({"events": part}, Cursor("benchmark", number + 1))
    lake.compact()
    say(f"{lake.dataset('events').count_rows():,} events in {len(lake.files('events'))} files")
    return lake


def compared(lake: Lake, pool: Pool, rounds: int) -> float:
    """All queries both ways: the median of their ratios."""
    limits = HuntLimits(seconds=60, memory="1000MB", threads=2)
    ratios = []
    for name, sql in QUERIES.items():

        def plainly(sql: str = sql) -> object:
            return hunt(lake, sql, LIMIT + 1, limits=limits)

        def sealed(sql: str = sql) -> object:
            return pool.ask(DEFAULT_TENANT, Asked(sql, LIMIT)).table

        here, there = interleaved(plainly, sealed, rounds)
        ratios.append(there.cpu / here.cpu)
        say(
            f"{name:>26}: CPU {here.cpu * 1000:6.0f} ms, sealed {there.cpu * 1000:6.0f}: "
            f"{ratios[-1]:.2f}; clock {here.clock * 1000:6.0f} ms, sealed {there.clock * 1000:6.0f}"
        )
    return median(ratios)


@dataclass(slots=True)
class Taken:
    """Seconds of a query: of CPU on average, and the shortest by the clock."""

    cpu: float = 0.0
    clock: float = float("inf")


def interleaved(
    first: Callable[[], object], second: Callable[[], object], rounds: int
) -> tuple[Taken, Taken]:
    """What both take, in turns, with turns in beginning; the round before warms caches."""
    taken = Taken(), Taken()
    for number in range(rounds + 1):
        order = ((taken[0], first), (taken[1], second))
        for each, run in order if number % 2 else reversed(order):
            begun, cpu = time.perf_counter(), processes_cpu()
            run()
            if number:
                each.cpu += (processes_cpu() - cpu) / rounds
                each.clock = min(each.clock, time.perf_counter() - begun)
    return taken


def processes_cpu() -> float:
    """CPU seconds of this process and of all that came of it and are alive."""
    seconds, tick = time.process_time(), os.sysconf("SC_CLK_TCK")
    waiting = [os.getpid()]
    while waiting:
        number = waiting.pop()
        for task in Path(f"/proc/{number}/task").iterdir():
            children = (task / "children").read_text(encoding="ascii").split()
            waiting += map(int, children)
            for child in children:
                fields = Path(f"/proc/{child}/stat").read_text(encoding="ascii").rpartition(")")[2]
                seconds += sum(map(int, fields.split()[11:13])) / tick
    return seconds


def resealed(lake: Lake, pool: Pool, rounds: int) -> tuple[float, float]:
    """Median seconds of a query after a commit, in process, and by a process to be made first."""
    taken: tuple[list[float], list[float]] = ([], [])
    sql, limits = "SELECT time FROM events", HuntLimits(memory="1000MB", threads=2)

    def plainly() -> object:
        return hunt(lake, sql, 1, limits=limits)

    def sealed() -> object:
        return pool.ask(DEFAULT_TENANT, Asked(sql, 1))

    for number in range(rounds):
        lake.commit({"events": recorded().slice(0, 1)}, Cursor("again", number + 1))
        lake.files("events")  # reading the log is not what is measured
        for place, run in enumerate((plainly, sealed)):
            begun = time.perf_counter()
            run()
            taken[place].append(time.perf_counter() - begun)
    return median(taken[0]), median(taken[1])


if __name__ == "__main__":
    sys.exit(main())
