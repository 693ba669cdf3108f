"""Whether an object store lets one of two writers win; where it does not, commits are lost.

A commit creates the log's next entry on the condition that there is none (`If-None-Match: *`). A
store that ignores the condition overwrites the entry of whoever was first: rows that were
acknowledged are gone, and nothing tells. So the store is asked before the first write.
"""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus

from foreseen.core.errors import ConfigurationError, TransientError
from foreseen.lake.places.place import Place
from foreseen.lake.places.requests import Answer, send
from foreseen.lake.places.s3 import S3Options

_RACERS = 4
_REFUSED = {HTTPStatus.PRECONDITION_FAILED, HTTPStatus.CONFLICT}
_ONLY_IF_NEW = {"If-None-Match": "*"}


class Probe:
    """Lets writers pass once the store has shown that it keeps conditions; threads may share it."""

    def __init__(self, s3: S3Options) -> None:
        self._s3, self._lock, self._kept = s3, threading.Lock(), False

    def __call__(self, place: Place) -> None:
        """Ask the store, the first time.

        Raises:
            ConfigurationError: It ignores conditions, or denies to write.
            TransientError: It does not answer.
        """
        with self._lock:
            if not self._kept:
                _asked(self._s3, place)
                self._kept = True


def _asked(s3: S3Options, place: Place) -> None:
    """Create an object several times at once and once more: only the very first may win."""
    key = f"{place.root}/_foreseen_probe_{uuid.uuid4().hex}"

    def put(_: int) -> Answer:
        return send(s3, "PUT", key, b"", _ONLY_IF_NEW)

    try:
        with ThreadPoolExecutor(_RACERS) as racers:
            answers = [*racers.map(put, range(_RACERS)), put(_RACERS)]
        _judged(place, answers)
    finally:
        send(s3, "DELETE", key)


def _judged(place: Place, answers: list[Answer]) -> None:
    won = [answer for answer in answers if answer.status == HTTPStatus.OK]
    if len(won) > 1 or any(a.status == HTTPStatus.NOT_IMPLEMENTED for a in answers):
        raise ConfigurationError(
            f"{place.uri}: the object store ignores conditional writes (If-None-Match), so that "
            f"two writers would overwrite each other's commits and lose acknowledged rows; use a "
            f"store that keeps them, or say single_writer=True and let one process alone write"
        )
    for answer in answers:
        if answer.status not in {HTTPStatus.OK, *_REFUSED}:
            raise _failed(place, answer)
    if not won:
        raise TransientError(f"{place.uri}: the object store let none of several writers win")


def _failed(place: Place, answer: Answer) -> ConfigurationError | TransientError:
    text = f"{place.uri}: the object store answered {answer.status} {answer.text}"
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return TransientError(f"{text}; try again")
    return ConfigurationError(f"{text}; check bucket, keys and region")
