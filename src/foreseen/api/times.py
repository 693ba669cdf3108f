"""Moments in requests and answers: RFC 3339 outside, ms UTC inside."""

from datetime import UTC, datetime, timedelta

from foreseen.core.errors import MalformedInputError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLI = timedelta(milliseconds=1)


def iso(time: int | None) -> str | None:
    """As answers have it; null where the calendar ends."""
    if time is None:
        return None
    try:
        return (_EPOCH + timedelta(milliseconds=time)).isoformat(timespec="milliseconds")
    except OverflowError:
        return None


def moment(text: str | None) -> int | None:
    """Ms UTC of a moment as a request has it.

    Raises:
        MalformedInputError: It is none, or says no time zone.
    """
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text.replace(" ", "+"))  # a plus that was not escaped
    except ValueError as error:
        raise MalformedInputError(
            f"'{text[:50]}' is no moment; write it as 2026-11-22T14:00:00Z"
        ) from error
    if found.tzinfo is None:
        raise MalformedInputError(f"'{text[:50]}' says no time zone; end it with Z for UTC")
    return (found - _EPOCH) // _MILLI
