"""A measurement in a process of its own, so that none leaves memory or caches to another."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

_MEGA = 1_000_000
Result = TypeVar("Result")


def timed(run: Callable[[], Result]) -> tuple[dict[str, float], Result]:
    """CPU and wall seconds, and the most memory in MB beyond what the process had before."""
    before, cpu, wall = _memory("VmRSS"), time.process_time(), time.monotonic()
    result = run()
    taken = {
        "cpu": time.process_time() - cpu,
        "wall": time.monotonic() - wall,
        "megabytes": _memory("VmHWM") - before,
    }
    return taken, result


def apart(script: str, *arguments: str) -> dict[str, float]:
    """Run a script of this folder; the JSON object that it prints.

    Raises:
        CalledProcessError: It failed; it has said why on stderr.
    """
    command = [sys.executable, str(Path(__file__).with_name(script)), *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def told(figures: Mapping[str, object]) -> None:
    """Print figures for `apart`."""
    sys.stdout.write(json.dumps(figures))


def say(text: str) -> None:
    """Say on stderr what goes on."""
    sys.stderr.write(f"bench-lake: {text}\n")
    sys.stderr.flush()


def _memory(name: str) -> float:
    """Memory of the process, MB: VmRSS what it has, VmHWM the most that it had."""
    # Not getrusage, whose peak is that of the process that started this one, if that had more.
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    (kilobytes,) = (line.split()[1] for line in lines if line.startswith(f"{name}:"))
    return int(kilobytes) * 1024 / _MEGA
