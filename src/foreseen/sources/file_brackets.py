"""Where the brackets of JSON stand, outside of its texts: vectorised, in pieces of any size."""

from collections.abc import Iterator

import numpy as np

_QUOTE = ord('"')
_STEPS = np.zeros(256, np.int8)
_STEPS[[ord("{"), ord("[")]] = 1
_STEPS[[ord("}"), ord("]")]] = -1


class Brackets:
    """Follows the nesting of a stream of JSON texts."""

    def __init__(self, deepest: int) -> None:
        """Deepest: brackets are told down to this depth."""
        self._deepest = deepest
        self._depth = 0
        self._in_text = False
        self._escaped = False

    def feed(self, data: bytes) -> Iterator[tuple[int, bool, int]]:
        """Brackets of the next piece: position in it, whether it opens, the depth inside it.

        The depth inside is that after an opening bracket and before a closing one, so that both
        brackets of a pair tell the same; a bracket that closes nothing has 0 or less.
        """
        plain = self._without_escapes(data)
        raw = np.frombuffer(plain, np.uint8)
        steps = _STEPS[raw]
        places = np.flatnonzero(steps)
        quotes = np.flatnonzero(raw == _QUOTE)
        in_text = (np.searchsorted(quotes, places) + self._in_text) & 1
        places = places[in_text == 0]
        steps = steps[places].astype(np.int64)
        after = self._depth + np.cumsum(steps)
        self._in_text = bool((len(quotes) + self._in_text) & 1)
        if len(after):
            self._depth = int(after[-1])
        inside = after + (steps < 0)
        told = inside <= self._deepest
        return zip(
            places[told].tolist(), (steps[told] > 0).tolist(), inside[told].tolist(), strict=True
        )

    def _without_escapes(self, data: bytes) -> bytes:
        """The piece, as long as it was, with escapes of quotes and backslashes blotted out."""
        if self._escaped and data:
            data = b"_" + data[1:]
            self._escaped = False
        if b"\\" not in data:
            return data
        plain = data.replace(b"\\\\", b"__").replace(b'\\"', b"__")
        self._escaped = plain.endswith(b"\\")
        return plain
