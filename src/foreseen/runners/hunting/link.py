"""The server's end of the processes that answer questions: how they are begun, asked and ended."""

import contextlib
import os
import signal
import socket
import time
from dataclasses import asdict, dataclass
from functools import cached_property

import orjson
import pyarrow as pa

from foreseen.core.errors import (
    ConfigurationError,
    DeniedError,
    ForeseenError,
    MalformedInputError,
    TransientError,
)
from foreseen.core.ids import TenantId
from foreseen.lake.asking.cancel import CancelledError, Watch
from foreseen.lake.asking.hunt import TooSlowError, too_slow
from foreseen.lake.lake import S3Options
from foreseen.runners.hunting.sandbox import Seal, Walls
from foreseen.runners.hunting.spawning import Spawner
from foreseen.runners.hunting.wire import Gone, Kind, Question, Wire

_BEGIN_SECONDS = 30.0
_LOOK_SECONDS = 0.05
_GRACE = 1.1  # of the time limit; then the process is killed
_CANCEL_SECONDS = 0.5
_ERRORS: dict[str, type[ForeseenError]] = {
    "cancelled": CancelledError,
    "slow": TooSlowError,
    "denied": DeniedError,
    "configuration": ConfigurationError,
    "malformed": MalformedInputError,
}


class EndedError(TransientError):
    """The process of a query ended, by a crash or for want of memory; the next one is sound."""


class NotBegunError(EndedError):
    """No process took the question: one ended before, or a file of the lake went: ask anew."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """A lake in S3 and how it is reached."""

    uri: str
    s3: S3Options


@dataclass(frozen=True)
class Answer:
    """Rows of a query.

    Attributes:
        stream: They as an Arrow IPC stream, not checked: `table` checks them.
        rows: How many.
        truncated: Whether there are more.
        seal: Which walls stood around the query.
    """

    stream: bytes
    rows: int
    truncated: bool
    seal: Seal

    @cached_property
    def table(self) -> pa.Table:
        """The rows.

        Raises:
            EndedError: The sealed process sent what is no rows.
        """
        try:
            found = pa.ipc.open_stream(self.stream).read_all()
            found.validate(full=True)
        except (pa.ArrowException, OSError) as error:
            raise EndedError(f"the query's process sent damaged rows: {error}") from error
        return found


class Worker:
    """A process that answers one tenant's questions, sealed.

    Args:
        spawner: Makes it.
        tenant: Whose questions it answers, all its life.
        walls: What it may have.
        bucket: The lake, where that is not in a folder.
        nice: How much it gives way to others.

    Raises:
        ConfigurationError: The kernel cannot seal it.
        NotBegunError: It did not begin, or one of its files is gone.
    """

    def __init__(
        self,
        spawner: Spawner,
        tenant: TenantId,
        walls: Walls,
        *,
        bucket: Bucket | None = None,
        nice: int = 0,
    ) -> None:
        self.tenant, self.answered = tenant, 0
        self._files = frozenset(walls.readable)
        self._handle: int | None = None
        try:
            self._wire = Wire(spawner.connected())
        except Gone as error:
            raise NotBegunError("the program that makes processes for queries has ended") from error
        try:
            self._handle = self._hello()
            self.seal = self._sealed(
                {
                    "tenant": tenant,
                    "nice": nice,
                    "walls": asdict(walls),
                    "bucket": None if bucket is None else asdict(bucket),
                }
            )
        except Gone as error:
            self.close()
            raise NotBegunError(
                "no process for the query began: it ended before it was sealed"
            ) from error
        except ForeseenError:
            self.close()
            raise

    def can_read(self, files: list[str]) -> bool:
        """Whether its walls let it read all these files."""
        return self._files.issuperset(files)

    def ask(self, question: Question, watch: Watch) -> Answer:
        """Rows of a query; after any error but those of the query itself, close this.

        Raises:
            CancelledError: It was stopped.
            MalformedInputError: See `hunt`.
            DeniedError: It reaches outside the tables.
            TooSlowError: Its time was over.
            NotBegunError: The process ended before it took the question.
            EndedError: The process died of it.
        """
        self.answered += 1
        end = time.monotonic() + question.seconds * _GRACE
        taken, told, stream = False, False, b""
        try:
            self._wire.send(Kind.QUESTION, question)
            while True:
                frame = self._wire.receive(_LOOK_SECONDS)
                if watch.cancel.asked and not told:
                    self._wire.send(Kind.CANCEL)
                    told, end = True, min(end, time.monotonic() + _CANCEL_SECONDS)
                if frame is None or frame[0] is Kind.PROGRESS:
                    self._give_up_after(end, question, stopped=told)
                    if frame is not None:
                        watch.progress(float(orjson.loads(frame[1])), 100)
                elif frame[0] is Kind.TAKEN:
                    taken = True
                elif frame[0] is Kind.ROWS:
                    stream = frame[1]
                else:
                    return self._last(frame, stream)
        except (Gone, orjson.JSONDecodeError) as error:
            self.close()
            if not taken:
                raise NotBegunError("the query's process ended before it took the query") from error
            raise EndedError(
                "the query ended its process: it took too much memory or CPU, or crashed the "
                "database; narrow it"
            ) from error

    def close(self) -> None:
        """Kill it."""
        if self._handle is not None:
            with contextlib.suppress(ProcessLookupError):  # it has ended by itself
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)
            os.close(self._handle)
            self._handle = None
        self._wire.close()

    @property
    def is_alive(self) -> bool:
        """Whether it waits for a question: no one killed it."""
        return self._handle is not None and not self._wire.is_over()

    def _give_up_after(self, end: float, question: Question, *, stopped: bool) -> None:
        if time.monotonic() < end:
            return
        self.close()
        if stopped:
            raise CancelledError("the query was stopped; it gave no rows")
        raise TooSlowError(too_slow(question.seconds))

    def _last(self, frame: tuple[Kind, bytes], stream: bytes) -> Answer:
        said = orjson.loads(frame[1])
        if frame[0] is Kind.DONE:
            return Answer(stream, int(said["rows"]), bool(said["truncated"]), self.seal)
        raise _error(said)

    def _hello(self) -> int:
        self._wire.side.settimeout(_BEGIN_SECONDS)
        try:
            _, handles, _, _ = socket.recv_fds(self._wire.side, 5, 1)
        except OSError as error:
            raise Gone from error
        if not handles:
            raise Gone
        return handles[0]

    def _sealed(self, begin: dict[str, object]) -> Seal:
        self._wire.send(Kind.BEGIN, begin)
        frame = self._wire.receive(_BEGIN_SECONDS)
        if frame is None:
            raise Gone
        said = orjson.loads(frame[1])
        if frame[0] is Kind.SEAL_MADE:
            return Seal(**said)
        raise _error(said)


def _error(said: dict[str, str]) -> ForeseenError:
    if said["kind"] == "moved":
        return NotBegunError(said["text"])
    return _ERRORS.get(said["kind"], MalformedInputError)(said["text"])
