"""Parts of a settings file that hold named numbers and times: `bars` and `rhythm`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum

from foreseen.rules.document import Document, RuleError

_SPAN = re.compile(r"(\d{1,9})([smhd])")
_UNITS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000}
_LARGEST = 1 << 53  # integers of YAML have any size, floats have not
_SHOWN = 50


class Kind(Enum):
    """How a number is written; the words follow "is"."""

    SHARE = "a number"
    COUNT = "a whole number"
    SPAN = "a time such as 30s, 10m, 12h or 7d"


@dataclass(frozen=True, slots=True)
class Bound:
    """What a key may hold.

    Attributes:
        kind: How it is written.
        least: Smallest value; of a time in ms.
        most: Largest value.
    """

    kind: Kind
    least: float
    most: float

    @property
    def words(self) -> str:
        """E.g. `a whole number from 1 to 10,000`."""
        return f"{self.kind.value} from {self._told(self.least)} to {self._told(self.most)}"

    def _told(self, value: float) -> str:
        if self.kind is not Kind.SPAN:
            return f"{value:,g}" if value < _LARGEST_PLAIN else f"{value:,.0f}"
        unit, size = next((u, s) for u, s in _UNITS.items() if value >= s and value % s == 0)
        return f"{value // size:.0f}{unit}"

    def read(self, value: object) -> float | int | None:
        """The value, times in ms; None where it is not one or lies outside."""
        found = _span(value) if self.kind is Kind.SPAN else _number(value)
        if found is None or not self.least <= found <= self.most:
            return None
        if self.kind is Kind.SHARE:
            return float(found)
        return int(found) if found == int(found) else None


_LARGEST_PLAIN = 1e5  # from there on `g` would write an exponent


def parse_numbers(
    document: Document, part: str, bounds: Mapping[str, Bound]
) -> tuple[dict[str, float | int], list[RuleError]]:
    """The values under one key of a settings file by name, and what is wrong, each at its line.

    Args:
        document: A settings file.
        part: The key.
        bounds: What may stand under it.
    """
    told = document.data.get(part, {})
    if not isinstance(told, dict):
        example = ", ".join(list(bounds)[:2])
        message = f"'{part}' has names with values, such as {example}, not {_shown(told)}"
        return {}, [document.error(document.line_of(part), message)]
    values: dict[str, float | int] = {}
    problems = []
    for name, value in told.items():
        line = document.line_of(part, str(name))
        if name not in bounds:
            near = get_close_matches(str(name), list(bounds), n=1, cutoff=0.0)[0]
            message = f"'{part}.{name}' is no setting; did you mean '{near}'?"
            problems.append(document.error(line, message))
            continue
        found = bounds[name].read(value)
        if found is None:
            message = f"'{part}.{name}' is {bounds[name].words}, not {_shown(value)}"
            problems.append(document.error(line, message))
        else:
            values[name] = found
    return values, problems


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < _LARGEST else None  # so a NaN and infinities are none


def _span(value: object) -> float | None:
    found = _SPAN.fullmatch(value) if isinstance(value, str) else None
    return float(int(found[1]) * _UNITS[found[2]]) if found else None


def _shown(value: object) -> str:
    return repr(value)[:_SHOWN]
