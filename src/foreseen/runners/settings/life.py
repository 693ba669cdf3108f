"""`bars` and `rhythm` of a settings file: what models must show, and how often they are renewed."""

from foreseen.rules.document import Document, RuleError
from foreseen.runners.settings.numbers import Bound, Kind, parse_numbers
from foreseen.runners.settings.rhythm import Rhythm
from foreseen.studies.gates import Bars

BARS, RHYTHM = "bars", "rhythm"

_SECOND, _MINUTE = 1_000, 60_000
_HOUR, _DAY = 60 * _MINUTE, 24 * 60 * _MINUTE
_MANY = 1_000_000

_BARS = {
    "least_matches": Bound(Kind.COUNT, 1, _MANY),
    "excess": Bound(Kind.SHARE, 1, 100),
    "most_alerted": Bound(Kind.SHARE, 0.01, 1),
    "least_strangers": Bound(Kind.SHARE, 0, 1),
    # Above, a model passes that loses more chains than it catches.
    "most_suppressed": Bound(Kind.SHARE, 0.01, 0.5),
    "agreement": Bound(Kind.SPAN, _HOUR, 365 * _DAY),
    "least_judged": Bound(Kind.COUNT, 1, _MANY),
}
_RHYTHM = {
    "look": Bound(Kind.SPAN, _SECOND, _HOUR),
    "review": Bound(Kind.SPAN, _MINUTE, 7 * _DAY),
    "retrain": Bound(Kind.SPAN, _HOUR, 365 * _DAY),
    "pause": Bound(Kind.SPAN, _MINUTE, 7 * _DAY),
    "new_matches": Bound(Kind.SHARE, 0.01, 100),
    "least_new_matches": Bound(Kind.COUNT, 1, 1_000 * _MANY),
}


def parse_bars(document: Document) -> tuple[Bars, list[RuleError]]:
    """The gates' bars, those that are not named as they are; and what is wrong."""
    values, problems = parse_numbers(document, BARS, _BARS)
    return Bars(**values), problems  # type: ignore[arg-type]  # whole numbers where it has such


def parse_rhythm(document: Document) -> tuple[Rhythm, list[RuleError]]:
    """How often models are renewed, what is not named as it is; and what is wrong."""
    values, problems = parse_numbers(document, RHYTHM, _RHYTHM)
    rhythm = Rhythm(**values)  # type: ignore[arg-type]  # whole numbers where it has such
    if not problems and rhythm.pause > rhythm.retrain:
        message = (
            f"'{RHYTHM}.pause' is longer than '{RHYTHM}.retrain' ({rhythm.pause // _MINUTE}m and"
            f" {rhythm.retrain // _MINUTE}m); make the pause shorter"
        )
        problems.append(document.error(document.line_of(RHYTHM, "pause"), message))
    return rhythm, problems
