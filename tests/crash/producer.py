"""The program that sends: several lanes, each writes down what was acknowledged, then goes on.

`python -m tests.crash.producer --port N --token_file F --ledger DIR`. On its standard input it
takes `go`, `pause` and `quit`, a line each; it answers a pause with `paused` once no request is
on its way.
"""

import argparse
import http.client
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.crash.ledger import Ledger, Word
from tests.crash.telemetry import Body, body

_TIMEOUT_SECONDS = 20
_AGAIN_SECONDS = 0.05
_REJECT_EVERY = 11
_ACCEPTED, _TOO_MANY, _UNAVAILABLE, _UNAUTHORIZED = 202, 429, 503, 401


@dataclass(frozen=True, slots=True)
class Manner:
    """How a lane sends.

    Attributes:
        port: Of the server on loopback.
        token_file: Holds the token; read anew after a refusal, for it may have changed.
        rest: Seconds between an acknowledgement and the next body.
        doubts: Whether a body that the server could not store may be there all the same, as with
            a broker whose answer was lost; it is not sent again then.
    """

    port: int
    token_file: Path
    rest: float
    doubts: bool = False


@dataclass(slots=True)
class Gate:
    """Lets lanes go and stop; knows which of them are on their way."""

    open: bool = False
    over: bool = False
    under_way: int = 0
    turn: threading.Condition = field(default_factory=threading.Condition)

    def enter(self) -> bool:
        """Wait until lanes may go; False when all is over."""
        with self.turn:
            self.turn.wait_for(lambda: self.open or self.over)
            self.under_way += not self.over
            return not self.over

    def leave(self) -> None:
        """A request has ended."""
        with self.turn:
            self.under_way -= 1
            self.turn.notify_all()

    def say(self, word: str) -> None:
        """Obey `go`, `pause` or `quit`; returns when it is so."""
        with self.turn:
            self.open, self.over = word == "go", word == "quit"
            self.turn.notify_all()
            if not self.open:
                self.turn.wait_for(lambda: self.under_way == 0)


def main() -> None:
    """Send until told to quit."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--token_file", type=Path, required=True)
    parser.add_argument("--ledger", type=Path, required=True)
    parser.add_argument("--lanes", type=int, default=4)
    parser.add_argument("--rest", type=float, default=0.0)
    parser.add_argument("--doubts", type=lambda text: text == "True", default=False)
    asked = parser.parse_args()
    manner = Manner(asked.port, asked.token_file, asked.rest, asked.doubts)
    gate = Gate()
    lanes = [
        threading.Thread(target=_lane, args=(number, manner, gate, Ledger(asked.ledger, number)))
        for number in range(asked.lanes)
    ]
    for lane in lanes:
        lane.start()
    for word in sys.stdin:
        gate.say(word.strip())
        sys.stdout.write("paused\n" if word.strip() == "pause" else "done\n")
        sys.stdout.flush()
    gate.say("quit")


def _lane(lane: int, manner: Manner, gate: Gate, ledger: Ledger) -> None:
    sender, number = Sender(manner), 0
    while gate.enter():
        try:
            settled = _one(sender, body(lane, number), ledger)
        finally:
            gate.leave()
        number += settled
        time.sleep(manner.rest if settled else _AGAIN_SECONDS)
    ledger.close()


def _one(sender: "Sender", sent: Body, ledger: Ledger) -> bool:
    """Send a body once and write down the answer; False when it has to be sent again."""
    if sent.number % _REJECT_EVERY == 0:
        rejected = sender.post("nonsense", sent)
        if rejected.status == http.client.UNSUPPORTED_MEDIA_TYPE:
            ledger.write(Word.REJECTED, sent.number, 0, rejected.millis, rejected.status)
    answer = sender.post("auditd", sent)
    if answer.status == _ACCEPTED:
        ledger.write(Word.ACKED, sent.number, answer.offset, answer.millis, answer.status)
        return True
    if answer.status == _UNAVAILABLE and sender.doubts:
        ledger.write(Word.UNSURE, sent.number, 0, answer.millis, answer.status)
        return True
    if answer.status in {_TOO_MANY, _UNAVAILABLE, _UNAUTHORIZED}:
        ledger.write(Word.REFUSED, sent.number, 0, answer.retry, answer.status)
        return False
    if answer.begun:
        ledger.write(Word.UNSURE, sent.number, 0, answer.millis, answer.status)
        return True
    return False


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request; `begun`: something may have reached the server."""

    status: int = 0
    offset: int = 0
    millis: float = 0.0
    retry: float = -1.0
    begun: bool = False


class Sender:
    """One connection, opened again when it broke."""

    def __init__(self, manner: Manner) -> None:
        self._manner = manner
        self._open: http.client.HTTPConnection | None = None

    @property
    def doubts(self) -> bool:
        """See `Manner`."""
        return self._manner.doubts

    def post(self, form: str, sent: Body) -> Answer:
        """Send a body; an answer without a status when there was none."""
        started, begun = time.perf_counter(), False
        try:
            connection = self._connected()
            begun = True
            token = self._manner.token_file.read_text()
            connection.request(
                "POST",
                f"/api/v1/ingest/{form}?source={sent.source}",
                sent.data,
                {"Authorization": f"Bearer {token}"},
            )
            told = connection.getresponse()
            text = told.read()
        except (OSError, http.client.HTTPException):
            self._drop()
            return Answer(begun=begun)
        millis = (time.perf_counter() - started) * 1000
        offset = (
            int(text.rpartition(b'"offset":')[2].strip(b"} ")) if told.status == _ACCEPTED else 0
        )
        return Answer(
            told.status, offset, millis, float(told.headers.get("Retry-After", -1)), begun
        )

    def _connected(self) -> http.client.HTTPConnection:
        if self._open is None:
            self._open = http.client.HTTPConnection(
                "127.0.0.1", self._manner.port, timeout=_TIMEOUT_SECONDS
            )
            try:
                self._open.connect()
            except OSError:
                self._open = None
                raise
        return self._open

    def _drop(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None


if __name__ == "__main__":
    main()
