"""Counts, spans of time and people as they stand in a sentence."""

_SECOND, _MINUTE, _HOUR, _DAY = 1_000, 60_000, 3_600_000, 86_400_000
_LONGEST = 100
_NO_LOGIN = "without login as "
_PLACES = {", no terminal": " without a terminal", ", terminal": " at a terminal"}


def several(count: int, one: str, many: str | None = None) -> str:
    """A count with its noun, e.g. `1 match`, `1,200 matches`; `many` is `one` with an s if left."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def span(length: float) -> str:
    """A length of time in ms, in the largest unit of which there are two, e.g. `5.4 hours`."""
    for size, unit in ((_DAY, "days"), (_HOUR, "hours"), (_MINUTE, "minutes")):
        if length >= 2 * size:
            return f"{_short_number(length / size)} {unit}"
    if length < _SECOND / 10:
        return "less than 0.1 s"
    return f"{_short_number(length / _SECOND)} s"


def slots(count: int, of: int | None = None) -> str:
    """Ten-minute slots of time, e.g. `4 of 33 ten-minute slots`."""
    told = several(of if of is not None else count, "ten-minute slot")
    return told if of is None else f"{count:,} of {told}"


def person(who: str) -> str:
    """Whose act it was, e.g. `user 33 as 0 without a terminal` of `33 as 0, no terminal`."""
    place = next((each for each in _PLACES if who.endswith(each)), "")
    name = who.removesuffix(place)
    if name.startswith(_NO_LOGIN):
        name = f"{name.removeprefix(_NO_LOGIN)} without a login,"
    return f"user {short(name)}{_PLACES.get(place, '')}".removesuffix(",")


def short(text: str) -> str:
    """The text as far as a sentence can hold it."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _short_number(value: float) -> str:
    return f"{value:,.1f}".removesuffix(".0")
