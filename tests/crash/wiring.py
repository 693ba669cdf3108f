"""What a server under test gets besides the real code: failpoints in the stores, and planted bugs.

Import after `failpoints.install`. Everything here wraps a public function; the stores, the worker
and the API are the ones that ship.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session
from tests.crash.failpoints import at, compacting

from foreseen.control.tables import CursorRow
from foreseen.core.errors import TransientError
from foreseen.intake.log import IntakeLog, LogLimits
from foreseen.lake.lake import Delivery, Lake, Told
from foreseen.runners import server

log = logging.getLogger("foreseen.crash")

_NEVER = 1e9
_COMPACT_SECONDS = 2.0
_LATE_SECONDS = 0.2
_JUDGE = "judge"


def wire(limits: LogLimits, archive: Path) -> None:
    """Failpoints in all stores; trimmed segments are kept in a folder for the reference run."""
    _lake()
    _intake(limits, archive)
    event.listen(Session, "after_flush", _flushed)
    event.listen(Session, "after_commit", _committed)


def without_sqlite_syncs() -> None:
    """SQLite hands its commits to the system and does not wait for the disk."""
    event.listen(Engine, "connect", lambda link, _: link.execute("PRAGMA synchronous=OFF"))


def without_ticks() -> None:
    """No more ticks of the clock come into the log: its content is final."""
    server.TICK_SECONDS = _NEVER


def with_compaction() -> None:
    """Compact all the time, beside the work; the real server does so when it is idle."""
    real: Callable[..., Lake] = Lake.open.__func__  # type: ignore[attr-defined] # a class method's function
    compacted: list[Lake] = []

    def opened(cls: type[Lake], /, path: str | Path, **named: Any) -> Lake:  # noqa: ANN401 (passed on)
        lake = real(cls, path, **named)
        if not compacted:  # others open it to look only
            compacted.append(lake)
            threading.Thread(target=_compact, args=(lake,), name="compaction", daemon=True).start()
        return lake

    _set(Lake, "open", classmethod(opened))


def _compact(lake: Lake) -> None:
    compacting(is_on=True)
    while True:
        time.sleep(_COMPACT_SECONDS)
        try:
            at("begin")
            lake.compact()
            at("end")
        except TransientError:
            log.info("a compaction comes later", exc_info=True)


def with_a_cursor_that_runs_ahead() -> None:
    """The planted bug: a shard's commit returns at once and is done a little later.

    So the cursor in the control database is saved before the lake has the rows.
    """
    real, turn, last = Lake.commit_all, threading.Lock(), [threading.Thread()]

    def commit_all(
        self: Lake, deliveries: Sequence[Delivery], *, told: Told | None = None
    ) -> dict[str, int]:
        if not all(each.cursor.app_id.startswith("shard") for each in deliveries):
            return real(self, deliveries, told=told)
        with turn:
            before = last[0]

            def late() -> None:
                if before.ident is not None:
                    before.join()
                time.sleep(_LATE_SECONDS)
                real(self, deliveries, told=told)

            last[0] = threading.Thread(target=late, daemon=True)
            last[0].start()
        return {}

    _set(Lake, "commit_all", commit_all)


def _lake() -> None:
    real: Callable[..., Lake] = Lake.open.__func__  # type: ignore[attr-defined] # a class method's function

    def opened(cls: type[Lake], /, path: str | Path, **named: Any) -> Lake:  # noqa: ANN401 (passed on)
        return real(cls, path, **{"failpoint": at, **named})

    _set(Lake, "open", classmethod(opened))


def _intake(limits: LogLimits, archive: Path) -> None:
    real: Callable[..., IntakeLog] = IntakeLog.open.__func__  # type: ignore[attr-defined] # as above
    trim = IntakeLog.trim

    def opened(cls: type[IntakeLog], /, path: str | Path, **named: Any) -> IntakeLog:  # noqa: ANN401 (passed on)
        return real(cls, path, **{"limits": limits, **named})

    def trimmed(self: IntakeLog, before_offset: int) -> None:
        _keep(self._folder, archive)
        trim(self, before_offset)

    _set(IntakeLog, "open", classmethod(opened))
    _set(IntakeLog, "trim", trimmed)


def _keep(folder: Path, archive: Path) -> None:
    """Link all whole segments: a name more in the same file system costs nothing."""
    for path in sorted(folder.glob("*.log"))[:-1]:
        if not (archive / path.name).exists():
            archive.mkdir(exist_ok=True)
            os.link(path, archive / path.name)


def _flushed(session: Session, _context: object) -> None:
    for row in (*session.new, *session.dirty):
        if isinstance(row, CursorRow):
            name = "decisions" if row.name == _JUDGE else "checkpoint"
            session.info["place"] = name
            at(f"control.{name}.before")


def _committed(session: Session) -> None:
    name = session.info.pop("place", None)
    if name is not None:
        at(f"control.{name}.after")


def _set(owner: type, name: str, value: object) -> None:
    setattr(owner, name, value)
