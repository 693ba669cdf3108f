"""The durable intake log: what is acknowledged is on the disk."""

import fcntl
import os
import threading
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from foreseen.core.errors import (
    ConfigurationError,
    MalformedInputError,
    TransientError,
)
from foreseen.intake.entries import Entry, EntryKind, Stored, encode
from foreseen.intake.reading import entries_between
from foreseen.intake.segments import (
    HEADER_BYTES,
    LONGEST_PAYLOAD,
    create_segment,
    header,
    lock_of,
    recover,
    segments,
    unusable,
)

__all__ = ["BacklogFullError", "Entry", "EntryKind", "IntakeLog", "LogLimits", "Stored"]


class BacklogFullError(TransientError):
    """The log holds as much unread input as it may; the pipeline has to catch up first."""


@dataclass(frozen=True, slots=True)
class LogLimits:
    """Bounds of a log, in bytes.

    Attributes:
        segment: A new file is begun when one is this large.
        backlog: Untrimmed input beyond which appends are refused.
        keep_free: Appends are refused before the disk has less than this left, so that the other
            stores can still work and make room.
    """

    segment: int = 64 << 20
    backlog: int = 8 << 30
    keep_free: int = 64 << 20


_DEFAULT_LIMITS = LogLimits()


class IntakeLog:
    """Append-only log in a folder, for one process; threads share it and its syncs.

    Offsets count bytes since the log's beginning and never repeat. When full (backlog or disk),
    `append` raises and holds nothing back.

    Args:
        folder: Where the segments lie.
        lock: Open, locked file: one process has the log.
        limits: Bounds.
        sync: Forces a file descriptor's data to the disk.
    """

    def __init__(
        self, folder: Path, lock: int, limits: LogLimits, sync: Callable[[int], None]
    ) -> None:
        self._folder, self._lock_file, self._limits, self._sync = folder, lock, limits, sync
        self._turn = threading.Condition()
        self._syncing = False
        self._segments = segments(folder) or [create_segment(folder, 0)]
        self._end = self._synced = recover(self._segments[-1])
        self._consumed = self._segments[0].base
        self._rollbacks: list[int] = []
        self._broken: str | None = None
        self._file = os.open(self._segments[-1].path, os.O_WRONLY | os.O_APPEND)

    @classmethod
    def open(
        cls,
        path: str | Path,
        *,
        limits: LogLimits = _DEFAULT_LIMITS,
        sync: Callable[[int], None] = os.fdatasync,
    ) -> Self:
        """Open a log, create its folder if needed, cut off what was never acknowledged.

        Raises:
            ConfigurationError: Another process has it open, or the folder cannot be written.
            CorruptError: Acknowledged records are damaged, or the newest file is not of this log.
        """
        folder = Path(path)
        lock = lock_of(folder)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return cls(folder, lock, limits, sync)
        except BlockingIOError as error:
            os.close(lock)
            raise ConfigurationError(f"{folder}: another process has this log open") from error
        except OSError as error:
            os.close(lock)
            raise unusable(folder, error) from error
        except BaseException:
            os.close(lock)
            raise

    @property
    def folder(self) -> Path:
        """Where the segments lie."""
        return self._folder

    @property
    def keep_free(self) -> int:
        """Bytes of its disk that it leaves free."""
        return self._limits.keep_free

    @property
    def first(self) -> int:
        """Smallest offset that can be read."""
        return self._segments[0].base

    @property
    def end(self) -> int:
        """Offset after the last acknowledged entry."""
        return self._synced

    def append(self, entries: Sequence[Entry]) -> int:
        """Write entries and return the offset after them once they are on the disk.

        Concurrent callers share a sync. Entries of one call stay together.

        Raises:
            MalformedInputError: An entry cannot be stored.
            BacklogFullError: Too much waits to be read.
            TransientError: The disk is full or failed; nothing of the entries is kept.
        """
        payloads = [encode(entry) for entry in entries]
        if any(len(payload) > LONGEST_PAYLOAD for payload in payloads):
            raise MalformedInputError(f"an entry has more than {LONGEST_PAYLOAD} bytes")
        checks = [zlib.crc32(payload) for payload in payloads]
        with self._turn:
            self._refuse_when_full(sum(map(len, payloads)))
            self._roll_when_large()
            self._write(payloads, checks)
            end, epoch = self._end, len(self._rollbacks)
        self._wait_until_synced(end, epoch)
        return end

    def read(self, cursor: int, limit_bytes: int) -> list[Stored]:
        """Acknowledged entries from an offset on, until `limit_bytes` are reached; one at least.

        Raises:
            NotFoundError: The offset was trimmed away, or lies after the end.
            CorruptError: A record is damaged; file and position are named.
        """
        with self._turn:
            end, found = self._synced, list(self._segments)
        return entries_between(self._folder, found, cursor, end, limit_bytes)

    def check(self) -> None:
        """Do nothing if an append would be taken now.

        Raises:
            BacklogFullError: Too much waits to be read.
            TransientError: The disk is full or failed.
        """
        with self._turn:
            self._refuse_when_full(0)

    def trim(self, before_offset: int) -> None:
        """The entries before an offset are no longer needed; whole segments of them are deleted."""
        with self._turn:
            self._consumed = max(self._consumed, min(before_offset, self._synced))
            while len(self._segments) > 1 and self._segments[1].base <= self._consumed:
                self._segments.pop(0).path.unlink()

    def close(self) -> None:
        """End the use of the log; appends that run have to be over."""
        with self._turn:
            os.close(self._file)
            os.close(self._lock_file)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _refuse_when_full(self, size: int) -> None:
        if self._broken is not None:
            raise TransientError(self._broken)
        if self._end - self._consumed + size > self._limits.backlog:
            raise BacklogFullError(
                f"{self._folder}: {self._end - self._consumed} bytes wait to be read, "
                f"{self._limits.backlog} are allowed; retry when the pipeline has caught up"
            )
        disk = os.statvfs(self._folder)
        if disk.f_bavail * disk.f_frsize < self._limits.keep_free + size:
            raise TransientError(f"{self._folder}: the disk is full; free space and retry")

    def _roll_when_large(self) -> None:
        """Begin a new segment when the last is large; what is in it is on the disk by then."""
        while self._is_large() and self._synced < self._end:
            if self._syncing:
                self._turn.wait()
            else:
                self._sync_for_all()
        if not self._is_large():
            return
        try:
            new = create_segment(self._folder, self._end)
            file = os.open(new.path, os.O_WRONLY | os.O_APPEND)
        except OSError as error:
            raise TransientError(f"{self._folder}: no new segment: {error}; retry") from error
        os.close(self._file)
        self._file = file
        self._segments.append(new)

    def _is_large(self) -> bool:
        return self._end - self._segments[-1].base >= self._limits.segment

    def _write(self, payloads: Sequence[bytes], checks: Sequence[int]) -> None:
        """Write records at the end; on any failure the file is as it was."""
        start = end = self._end
        try:
            for payload, crc in zip(payloads, checks, strict=True):
                head = header(payload, crc, offset=end, synced=self._synced)
                _write_all(self._file, head)
                _write_all(self._file, payload)
                end += HEADER_BYTES + len(payload)
        except OSError as error:
            self._cut(start)
            raise TransientError(
                f"{self._folder}: cannot write ({error}); nothing was kept, retry"
            ) from error
        self._end = end

    def _cut(self, offset: int) -> None:
        try:
            os.ftruncate(self._file, offset - self._segments[-1].base)
        except OSError as error:
            self._broken = (
                f"{self._segments[-1].path}: cannot be cut back to {offset} ({error}); restart to "
                f"recover"
            )

    def _wait_until_synced(self, end: int, epoch: int) -> None:
        """Return when the log is on the disk up to `end`: sync for all, or wait for who does."""
        with self._turn:
            while True:
                if epoch < len(self._rollbacks):
                    if end <= self._rollbacks[epoch]:
                        return
                    raise TransientError(f"{self._folder}: the disk did not take the data; retry")
                if self._synced >= end:
                    return
                if self._syncing:
                    self._turn.wait()
                else:
                    self._sync_for_all()

    def _sync_for_all(self) -> None:
        """Sync all that is written, the lock open meanwhile; on failure cut the unsynced off."""
        self._syncing, target, file = True, self._end, self._file
        self._turn.release()
        failure: OSError | None = None
        try:
            self._sync(file)
        except OSError as error:
            failure = error
        finally:
            self._turn.acquire()
            self._syncing = False
        if failure is None:
            self._synced = max(self._synced, target)
        else:  # what the kernel could not write it may have forgotten: never sync it again
            self._rollbacks.append(self._synced)
            self._cut(self._synced)
            self._end = self._synced
        self._turn.notify_all()


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
