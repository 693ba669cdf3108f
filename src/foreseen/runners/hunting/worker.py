"""The sealed process: it answers one tenant's questions, one after another, until it is killed."""

import io
import os
import queue
import signal
import socket
import threading
from collections.abc import Callable
from typing import NoReturn

import orjson
import pyarrow as pa

from foreseen.core.errors import ConfigurationError, DeniedError, ForeseenError
from foreseen.core.ids import TenantId
from foreseen.lake.asking.cancel import Cancel, CancelledError, Watch
from foreseen.lake.asking.hunt import HuntLimits, TooSlowError, ask
from foreseen.lake.asking.shown import Reach
from foreseen.runners.hunting.sandbox import Walls, die_with, limit_cpu, seal
from foreseen.runners.hunting.wire import Gone, Kind, Question, Wire

_NAMES = (
    (CancelledError, "cancelled"),
    (TooSlowError, "slow"),
    (DeniedError, "denied"),
    (ConfigurationError, "configuration"),
    (ForeseenError, "malformed"),
)
_Reaching = Callable[[Question], Reach]


def main(descriptor: int, parent: int) -> NoReturn:
    """Serve the socket, sealed; never returns into the program that was copied."""
    try:
        die_with(parent)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        with socket.socket(fileno=_alone_with(descriptor)) as side:
            _serve(Wire(side))
    except (Gone, ProcessLookupError):
        os._exit(0)
    finally:
        os._exit(1)


def _alone_with(descriptor: int) -> int:
    """Close all files but one; what libraries print goes nowhere."""
    kept = 3
    os.dup2(descriptor, kept)
    os.closerange(kept + 1, os.sysconf("SC_OPEN_MAX"))
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nothing, standard)
    os.close(nothing)
    return kept


def _serve(wire: Wire) -> None:
    handle = os.pidfd_open(os.getpid())
    hello = Kind.HELLO.value + bytes(4)
    socket.send_fds(wire.side, [hello], [handle])  # a number could be another process's by then
    os.close(handle)
    frame = wire.receive()
    if frame is None or frame[0] is not Kind.BEGIN:
        raise Gone
    begin = orjson.loads(frame[1])
    try:
        reaching = _reaching(begin)
        os.nice(begin["nice"])
        wire.send(Kind.SEAL_MADE, seal(Walls(**begin["walls"])))
    except FileNotFoundError as error:
        wire.send(Kind.ERROR, {"kind": "moved", "text": f"a file of the lake went: {error}"})
        return
    except (ForeseenError, OSError, RuntimeError, ImportError) as error:
        text = f"no process for the query could be sealed: {error}"
        wire.send(Kind.ERROR, {"kind": "configuration", "text": text})
        return
    inbox = _Inbox(wire)
    while True:
        _answer(wire, inbox.question(), inbox, reaching)


def _reaching(begin: dict[str, object]) -> _Reaching:
    """How a question's rows are reached; what that needs is loaded before the walls stand."""
    if begin["bucket"] is None:
        return lambda question: Reach(files=question.files)
    from foreseen.runners.hunting.bucket import reaching  # noqa: PLC0415 (Delta, for S3 only)

    return reaching(orjson.dumps(begin["bucket"]), TenantId(str(begin["tenant"])))


class _Inbox:
    """What is said to this process while its main thread is at work."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._questions: queue.SimpleQueue[Question] = queue.SimpleQueue()
        self.cancel = Cancel()
        threading.Thread(target=self._listen, daemon=True).start()

    def question(self) -> Question:
        return self._questions.get()

    def _listen(self) -> None:
        try:
            while frame := self._wire.receive():
                if frame[0] is Kind.CANCEL:
                    self.cancel()
                elif frame[0] is Kind.QUESTION:
                    self.cancel = Cancel()
                    self._questions.put(Question(**orjson.loads(frame[1])))
        finally:
            os._exit(0)  # no one is there to be answered


def _answer(wire: Wire, question: Question, inbox: _Inbox, reaching: _Reaching) -> None:
    def tell(done: float, total: float) -> None:
        wire.send(Kind.PROGRESS, 100 * done / total)

    wire.send(Kind.TAKEN)
    limit_cpu(question.seconds * question.threads * 1.1)
    limits = HuntLimits(
        seconds=question.seconds,
        memory=f"{question.memory_mb}MB",
        threads=question.threads,
        watch=Watch(tell, inbox.cancel),
    )
    try:
        found = ask(reaching(question), question.sql, question.limit + 1, limits)
        rows = cut(found, question.limit, question.most_bytes)
        packed = _packed(rows)
    except (ForeseenError, OSError, MemoryError, pa.ArrowException, RecursionError) as error:
        wire.send(Kind.ERROR, _told(error))
        return
    wire.send(Kind.ROWS, packed)
    wire.send(Kind.DONE, {"rows": rows.num_rows, "truncated": rows.num_rows < found.num_rows})


def cut(found: pa.Table, limit: int, most_bytes: int) -> pa.Table:
    """The first rows, as many as both bounds let."""
    rows = found.slice(0, limit)
    if rows.nbytes <= most_bytes:
        return rows
    few, many = 0, rows.num_rows
    while few + 1 < many:
        middle = (few + many) // 2
        few, many = (middle, many) if rows.slice(0, middle).nbytes <= most_bytes else (few, middle)
    return rows.slice(0, few)


def _packed(rows: pa.Table) -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, rows.schema) as stream:
        stream.write_table(rows)
    return sink.getvalue()


def _told(error: BaseException) -> dict[str, str]:
    for kind, name in _NAMES:
        if isinstance(error, kind):
            return {"kind": name, "text": str(error)}
    if isinstance(error, MemoryError):
        return {
            "kind": "malformed",
            "text": "the query needs more memory than there is for it; narrow or aggregate it",
        }
    return {"kind": "malformed", "text": f"the query cannot run: {error}"}
