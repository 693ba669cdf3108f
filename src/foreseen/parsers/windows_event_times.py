"""When a Windows event happened, out of the time stamps that its dialects carry."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache

#: Fields that say when, the most exact first. Sysmon's UtcTime is the moment itself; SystemTime is
#: when the event was logged. `EventTime` is the shipper's local time, mostly without its zone.
CLOCKS = (
    "UtcTime",
    "TimeCreated_SystemTime",
    "SystemTime",
    "TimeCreated",
    "EventTime",
    "@timestamp",
)
LOCAL, RECEIVED, SHIPPED = "EventTime", "EventReceivedTime", "@timestamp"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_DATE_LENGTH = 19
_REST = re.compile(r"(?:[.,]([0-9]{1,9}))?(?: ?(Z|UTC)|([+-])([0-9]{2}):?([0-9]{2}))?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}")
_LONGEST = 64
#: The usual ends of a time stamp, so that few need the expression above.
_THOUSANDTHS = {
    "": (0, False),
    "Z": (0, True),
    **{f".{count:03}": (count, False) for count in range(1000)},
    **{f".{count:03}Z": (count, True) for count in range(1000)},
}
_MINUTE = 60_000
_QUARTER = 15 * _MINUTE
_FURTHEST = 14 * 60 * _MINUTE


def time_of(fields: Mapping[str, object], clocks: Sequence[str]) -> int | None:
    """Time of an event, ms UTC, from the first of these fields that can be read; else None."""
    for name in clocks:
        value = fields[name]
        if type(value) is str:
            if name == LOCAL:
                local = _local(value, fields)
                if local is not None:
                    return local
            else:
                begin = _seconds(value[:_DATE_LENGTH])  # as `instant` does, for the usual end
                end = _THOUSANDTHS.get(value[_DATE_LENGTH:])
                if begin is not None and end is not None:
                    return begin + end[0]
                found = _instant(value)
                if found is not None:
                    return found
    return None


def instant(text: str) -> tuple[int, bool] | None:
    """Milliseconds since 1970 and whether a zone was said; without one it is taken for UTC.

    Fractions beyond milliseconds are cut off, as Sysmon does.
    """
    if len(text) > _LONGEST:
        return None
    begin = _seconds(text[:_DATE_LENGTH])
    if begin is None:
        return None
    thousandths = _THOUSANDTHS.get(text[_DATE_LENGTH:])
    if thousandths is not None:
        return begin + thousandths[0], thousandths[1]
    rest = _REST.fullmatch(text, _DATE_LENGTH)
    if rest is None:
        return None
    fraction, universal, sign, hours, minutes = rest.groups()
    if fraction is not None:
        begin += int(fraction[:3].ljust(3, "0"))
    if sign is not None:
        shift = (int(hours) * 60 + int(minutes)) * _MINUTE
        return begin - shift if sign == "+" else begin + shift, True
    return begin, universal is not None


@lru_cache(maxsize=4096)
def _seconds(text: str) -> int | None:
    if not _DATE.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return None
    return (moment - _EPOCH) // _MILLISECOND


def _local(text: str, fields: Mapping[str, object]) -> int | None:
    """UTC of the shipper's local time, if it can be read.

    NXLog writes EventTime and EventReceivedTime in local time without a zone; Logstash adds
    @timestamp, UTC, moments after the event was received. Their difference is the zone, in quarters
    of an hour. Where it is no such quarter within a minute, @timestamp is the time; where
    there is none, EventTime is taken for UTC.
    """
    shipped, received = fields.get(SHIPPED), fields.get(RECEIVED)
    if type(shipped) is str and type(received) is str and shipped[_DATE_LENGTH:] in _THOUSANDTHS:
        found = _by_second(text, received, shipped[:_DATE_LENGTH])
        if found is not None:
            return found
    local = instant(text)
    if local is None or local[1]:
        return None if local is None else local[0]
    sent, had = _instant(shipped), _instant(received)
    if sent is None:
        return local[0]
    zone = None if had is None else _zone(sent - had)
    return sent if zone is None else local[0] + zone


@lru_cache(maxsize=4096)
def _by_second(text: str, received: str, second: str) -> int | None:
    """The same, where all thousandths of the second of @timestamp tell one zone; else null."""
    local, sent, had = instant(text), _seconds(second), _instant(received)
    if local is None or local[1] or sent is None or had is None:
        return None
    zone = _zone(sent - had)
    return local[0] + zone if zone is not None and zone == _zone(sent + 999 - had) else None


def _zone(difference: int) -> int | None:
    """The zone that a difference of clocks tells, in ms; null if it is too far from any."""
    zone = (difference + _QUARTER // 2) // _QUARTER * _QUARTER
    return zone if abs(difference - zone) <= _MINUTE and abs(zone) <= _FURTHEST else None


def _instant(value: object) -> int | None:
    found = instant(value) if isinstance(value, str) else None
    return None if found is None else found[0]
