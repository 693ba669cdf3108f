"""When a record of no particular format says that it happened."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

_NAMES = (
    "@timestamp",
    "timestamp",
    "eventTime",
    "EventTime",
    "time",
    "published",
    "UtcTime",
    "CreationTime",
    "TimeCreated",
    "TimeGenerated",
    "activityDateTime",
    "created_at",
    "event_time",
    "datetime",
    "ts",
)
_LAST = 253_402_300_799_999  # end of the year 9999, ms
# numbers from here on count ms, us, ns: as seconds they would lie after the year 5138
_UNITS = ((10**11, 1000.0), (10**14, 1.0), (10**17, 1e-3), (10**20, 1e-6))
_LONGEST = 64


def time_of(record: Mapping[str, Any]) -> int | None:
    """Time of an event, ms UTC, from the fields that usually hold it; null without one.

    Numbers are seconds, ms, us or ns by their size; a text without a zone is UTC.
    """
    if "date" in record and "time" in record:  # W3C logs
        found = moment(f"{record['date']} {record['time']}")
        if found is not None:
            return found
    for name in _NAMES:
        if name in record:
            found = moment(record[name])
            if found is not None:
                return found
    return None


def moment(value: object) -> int | None:
    """A number or a text as ms UTC, null when it is no time."""
    if isinstance(value, str):
        return _of_text(value.strip()) if len(value) <= _LONGEST else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _of_number(value)
    return None


def _of_text(text: str) -> int | None:
    if text.replace(".", "", 1).isdecimal():
        return _of_number(float(text))
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    milliseconds = int(found.timestamp() * 1000)
    return milliseconds if 0 <= milliseconds <= _LAST else None


def _of_number(number: float) -> int | None:
    for end, factor in _UNITS:
        if 0 <= number < end:
            return int(number * factor)
    return None
