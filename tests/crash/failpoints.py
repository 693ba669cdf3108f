"""Named places of the server where it can be made to die or to freeze, and its faults for tests.

Places are found by what the process does, not by how its code is cut: every sync and every write
of a store is one, named after the file that it is for (`lake.events.log.sync.before`). Which place
is armed stands in a small file that the harness maps too, so that it can arm a running server.
"""

import mmap
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

_SIZE = 256
_LOCAL = threading.local()
_TURN = threading.Lock()


class Act(StrEnum):
    """What happens at the armed place: dying, or standing still until the power is cut."""

    DIE = "die"
    FREEZE = "freeze"


class Syncs(StrEnum):
    """Which syncs reach the disk.

    Attributes:
        ALL: Every one, as it should be.
        NONE: None; SQLite's neither.
        NOT_LAKE: All but the lake's.
        NOT_INTAKE: All but the intake log's.
    """

    ALL = "all"
    NONE = "none"
    NOT_LAKE = "not-lake"
    NOT_INTAKE = "not-intake"

    def reach(self, area: str) -> bool:
        """Whether a store's syncs reach the disk; SQLite's are its own."""
        without = {Syncs.NOT_LAKE: "lake", Syncs.NOT_INTAKE: "intake"}.get(self)
        return self is not Syncs.NONE and (without is None or not area.startswith(without))


@dataclass(frozen=True, slots=True)
class Armed:
    """A place, and at which of its passings the act comes (1: the next)."""

    place: str
    passing: int
    act: Act


class Trigger:
    """The file that says what is armed; two processes map it."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(bytes(_SIZE))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _SIZE)

    def set(self, armed: Armed | None) -> None:
        """Arm a place, or none."""
        text = f"{armed.act} {armed.passing} {armed.place}".encode() if armed else b""
        self._map[:] = text.ljust(_SIZE, b"\0")

    def get(self) -> Armed | None:
        """What is armed."""
        text = self._map[:].rstrip(b"\0")
        if not text:
            return None
        act, passing, place = text.decode().split(" ", 2)
        return Armed(place, int(passing), Act(act))

    def pass_by(self, place: str) -> None:
        """The server is at a place; it may not come back from here."""
        if self._map[0] == 0:
            return
        with _TURN:
            armed = self.get()
            if armed is None or armed.place != place:
                return
            if armed.passing > 1:
                self.set(Armed(place, armed.passing - 1, armed.act))
                return
            self.set(None)
            dying = armed.act is Act.DIE
            os.kill(os.getpid(), signal.SIGKILL if dying else signal.SIGSTOP)


@dataclass(slots=True)
class Hooks:
    """What stands between the server and the system calls of its stores.

    Attributes:
        data: Folder of the stores; what lies elsewhere is nobody's business.
        trigger: Says what is armed.
        syncs: Which syncs reach the disk.
    """

    data: str
    trigger: Trigger
    syncs: Syncs = Syncs.ALL


HOOKS: list[Hooks] = []
"""The hooks in force; none until `install`'s caller puts some in."""


def at(place: str) -> None:
    """The server is at a named place."""
    for hooks in HOOKS:
        hooks.trigger.pass_by(f"{'compaction.' if _compacting() else ''}{place}")


def compacting(is_on: bool) -> None:  # noqa: FBT001 (a switch)
    """Say whether this thread compacts: its places have names of their own."""
    _LOCAL.compacting = is_on


def _compacting() -> bool:
    return bool(getattr(_LOCAL, "compacting", False))


def area_of(path: str, data: str) -> str | None:
    """Which store a path belongs to: `intake`, `lake.events.log`, ...; None: to none."""
    if not path.startswith(data):
        return None
    parts = path[len(data) :].strip("/").split("/")
    if parts[0] == "lake" and len(parts) > 1:
        kind = {"_delta_log": "log", "data": "data"}.get(parts[2] if len(parts) > 2 else "", "")
        return ".".join(part for part in ("lake", parts[1], kind) if part)
    return parts[0] or None


def install() -> None:
    """Put the hooks in place; before anything of ours is imported, for defaults hold functions."""
    for name, wrap in (("fsync", _syncing), ("fdatasync", _syncing), ("write", _writing)):
        setattr(os, name, wrap(getattr(os, name)))
    os.unlink = _unlinking(os.unlink)


def _area(descriptor: int) -> tuple[str, Syncs] | None:
    for hooks in HOOKS:
        area = area_of(str(Path(f"/proc/self/fd/{descriptor}").readlink()), hooks.data)
        if area is not None:
            return area, hooks.syncs
    return None


def _syncing(real: Callable[[int], None]) -> Callable[[int], None]:
    def sync(descriptor: int) -> None:
        found = _area(descriptor)
        if found is None:
            return real(descriptor)
        area, syncs = found
        at(f"{area}.sync.before")
        if syncs.reach(area):
            real(descriptor)
        return at(f"{area}.sync.after")

    return sync


def _writing(real: Callable[[int, bytes | memoryview], int]) -> Callable[[int, bytes], int]:
    """Writes of the intake: also in their middle, so that a record is torn."""

    def write(descriptor: int, data: bytes) -> int:
        found = _area(descriptor) if HOOKS else None
        if found is None or found[0] != "intake":
            return real(descriptor, data)
        at("intake.write.before")
        view, half = memoryview(data), len(data) // 2
        done = real(descriptor, view[:half])
        at("intake.write.middle")
        done += real(descriptor, view[half:]) if done == half else 0
        at("intake.write.after")
        return done

    return write


def _unlinking(real: Callable[..., None]) -> Callable[..., None]:
    def unlink(path: str, *arguments: object, **named: object) -> None:
        area = next((area_of(os.fspath(path), hooks.data) for hooks in HOOKS), None)
        if area == "intake":
            at("intake.trim.before")
        real(path, *arguments, **named)
        if area == "intake":
            at("intake.trim.after")

    return unlink
