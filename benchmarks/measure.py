"""A measurement: how long ours takes against a reference in the same run, and on which machine."""

import gc
import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Measurement:
    """One comparison; only the ratio is held to a budget, as seconds differ between machines.

    Attributes:
        name: Key in budgets.toml.
        ours: Seconds that ours took.
        reference: Seconds that the reference took.
        note: What was measured, with counts.
    """

    name: str
    ours: float
    reference: float
    note: str

    @property
    def ratio(self) -> float:
        """How many times as long as the reference ours takes; below 1 ours is faster."""
        return self.ours / self.reference


def seconds(run: Callable[[], object], *, times: int = 3) -> float:
    """Shortest CPU time of several runs: what else the machine does only ever adds."""
    taken = []
    for _ in range(times):
        gc.collect()
        started = time.process_time()
        run()
        taken.append(time.process_time() - started)
    return min(taken)


def machine() -> str:
    """Name of the machine: processor, cores, kernel, Python."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    processor = models[0] if models else platform.machine()
    cores, python = len(os.sched_getaffinity(0)), platform.python_version()
    return f"{processor}, {cores} cores, {platform.system()} {platform.release()}, Python {python}"
