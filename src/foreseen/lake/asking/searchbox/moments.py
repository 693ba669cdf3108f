"""Times in a search: a day, an hour or a moment, each a stretch of milliseconds; spans like 24h."""

import re
from calendar import monthrange
from datetime import UTC, datetime, timedelta

from foreseen.lake.asking.searchbox.tokens import Value, wrong

_SPAN = re.compile(r"(\d{1,9})(s|m|h|d|w)")
_UNITS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_NUMBER = re.compile(r"-?\d{9,18}")
_SHAPES = (
    (re.compile(r"\d{4}"), "%Y"),
    (re.compile(r"\d{4}-\d\d"), "%Y-%m"),
    (re.compile(r"\d{4}-\d\d-\d\d"), "%Y-%m-%d"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d"), "%Y-%m-%dT%H"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d"), "%Y-%m-%dT%H:%M"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"), "%Y-%m-%dT%H:%M:%S"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}"), "%Y-%m-%dT%H:%M:%S.%f"),
)
_LENGTHS = {"%d": 86_400_000, "%H": 3_600_000, "%M": 60_000, "%S": 1_000, "%f": 1}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def stretch(value: Value) -> tuple[int, int]:
    """First millisecond of a written time and the one after its last, UTC.

    Raises:
        MalformedInputError: It is no time.
    """
    text = value.text.removesuffix("Z").replace(" ", "T")
    if _NUMBER.fullmatch(text):
        return int(text), int(text) + 1
    for shape, form in _SHAPES:
        if shape.fullmatch(text):
            try:
                start = datetime.strptime(text, form).replace(tzinfo=UTC)
            except ValueError:
                break
            first = (start - _EPOCH) // timedelta(milliseconds=1)
            return first, first + _length(start, form[-2:])
    raise wrong(
        value.at,
        f"'{value.text[:40]}' is no time; write it like 2026-11-21, 2026-11-21T19:30 (UTC) or "
        f"in milliseconds",
    )


def span(value: Value) -> int:
    """Milliseconds of a span like 24h.

    Raises:
        MalformedInputError: It is none.
    """
    found = _SPAN.fullmatch(value.text)
    if found is None:
        raise wrong(value.at, f"'{value.text[:40]}' is no span; write it like 30m, 24h, 7d or 2w")
    return int(found[1]) * _UNITS[found[2]]


def _length(start: datetime, finest: str) -> int:
    if finest == "%Y":
        return (366 if monthrange(start.year, 2)[1] == 29 else 365) * _LENGTHS["%d"]  # noqa: PLR2004
    if finest == "%m":
        return monthrange(start.year, start.month)[1] * _LENGTHS["%d"]
    return _LENGTHS[finest]
