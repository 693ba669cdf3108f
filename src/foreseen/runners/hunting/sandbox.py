"""The walls around a process that answers questions, put up before it opens a database.

They must stand first: threads that already run when Landlock comes are not held by it, and a
database has many.
"""

import ctypes
import os
import resource
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from foreseen.core.errors import ConfigurationError
from foreseen.runners.hunting import landlock

_NO_NEW_PRIVILEGES, _DEATH_SIGNAL = 38, 1
_SPARE_FILES = 256  # pipes, and what libraries open of their own
_SPARE_BYTES = 1 << 30  # rows on their way, stacks of threads
_MACHINE = ("/proc/self/cgroup", "/sys/fs/cgroup", "/sys/devices/system/cpu/online")
"""DuckDB asks here how many cores and how much memory there are, and crashes where it may not."""
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Walls:
    """What a process may have.

    Attributes:
        readable: Files and folders that it may read; nothing else, and nothing may be written.
        memory_mb: What its database may take; the process gets a GB more, and no more than that.
        network: Whether it may make TCP connections: a lake in a bucket cannot be read without.
        open_without_landlock: Whether to go on where the kernel has no Landlock.
    """

    readable: Sequence[str]
    memory_mb: int
    network: bool = False
    open_without_landlock: bool = False


@dataclass(frozen=True, slots=True)
class Seal:
    """Which walls stand.

    Attributes:
        files: The kernel refuses every file but the readable ones, and all writing.
        network: The kernel refuses TCP.
    """

    files: bool
    network: bool

    @property
    def told(self) -> str:
        """For people and headers: what the kernel refuses."""
        stand = [name for name, stands in (("files", self.files), ("tcp", self.network)) if stands]
        return " ".join(stand) or "none"


def die_with(parent: int) -> None:
    """Be killed by the kernel when the parent process ends.

    Raises:
        ProcessLookupError: It has ended already.
    """
    _control(_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:
        raise ProcessLookupError("the parent process has ended")


def seal(walls: Walls) -> Seal:
    """Put up the walls around this process, which must have one thread only.

    Raises:
        ConfigurationError: The kernel has no Landlock and that was not allowed.
        OSError: A readable file is gone.
    """
    if threads() != 1:
        raise RuntimeError("a process with several threads cannot be sealed")
    _control(_NO_NEW_PRIVILEGES, 1)
    version = landlock.abi()
    if not version and not walls.open_without_landlock:
        raise ConfigurationError(
            "this kernel has no Landlock (Linux 5.13, security module `landlock`), so that a query "
            "cannot be sealed off; use such a kernel, or accept the risk (docs/hunting.md)"
        )
    _limit(walls)
    if version:
        machine = [path for path in _MACHINE if os.path.exists(path)]  # noqa: PTH110 (a hot path)
        for path in machine:
            os.open(path, os.O_PATH)  # held open: procfs would make another file of that name
        landlock.restrict([*walls.readable, *machine], network=walls.network)
    return Seal(bool(version), landlock.refuses_network(version) and not walls.network)


def limit_cpu(seconds: float) -> None:
    """End this process when it takes so many more seconds of CPU."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    most = int(usage.ru_utime + usage.ru_stime + seconds) + 2
    resource.setrlimit(resource.RLIMIT_CPU, (most, resource.RLIM_INFINITY))


def threads() -> int:
    """How many threads this process has."""
    return len(os.listdir("/proc/self/task"))  # noqa: PTH208 (names only)


def _limit(walls: Walls) -> None:
    memory = _data_bytes() + (walls.memory_mb << 20) + _SPARE_BYTES
    for limit, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, len(walls.readable) + _SPARE_FILES),
        (resource.RLIMIT_DATA, memory),
    ):
        _, hard = resource.getrlimit(limit)
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (most, most))


def _data_bytes() -> int:
    """What counts against RLIMIT_DATA already."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmData:"):
            return int(line.split()[1]) << 10
    return 0


def _control(option: int, value: int) -> None:
    if _libc.prctl(option, value, 0, 0, 0) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"prctl {option}: {os.strerror(code)}")
