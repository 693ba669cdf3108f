"""Our own attributes of a rule, `foreseen: {...}`; whatever is not understood is refused."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from string import Formatter

from foreseen.rules.document import Document, RuleError
from foreseen.rules.rule import Alerting
from foreseen.schema.columns import EVENT_COLUMNS, MATCH_COLUMNS

_KEYS = ("model", "severity", "title", "aggregate", "threshold", "window", "compliance")
_KEPT = frozenset(column.name for column in MATCH_COLUMNS)
_COLUMNS = frozenset(column.name for column in EVENT_COLUMNS) & _KEPT  # all but the raw line
_SPAN = re.compile(r"([1-9]\d{0,8})([smhd])")
_UNIT_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_LONGEST_WINDOW = 30 * _UNIT_MS["d"]
_MOST_THRESHOLD = 100_000
_SEVERITIES = (1, 2, 3)
_CLASSIFIER = re.compile(r"[a-z0-9][a-z0-9.-]*:[A-Za-z0-9][A-Za-z0-9 ().-]*")


@dataclass(frozen=True, slots=True)
class Attributes:
    """What a rule says in our own words; the fields are those of `Rule`."""

    foresee: bool
    severity: int | None
    alerting: Alerting
    compliance: tuple[str, ...]


def attributes_of(document: Document) -> Attributes:
    """Our attributes of a rule.

    Raises:
        RuleError: An unknown key, or a value that it cannot have.
    """
    own = document.data.get("foreseen", {})
    if not isinstance(own, Mapping):
        raise document.error(document.line_of("foreseen"), "'foreseen' must be a mapping")
    for key in own:
        if key not in _KEYS:
            near = get_close_matches(str(key), _KEYS, n=1, cutoff=0.0)[0]
            raise _error(document, str(key), f"is not known; did you mean '{near}'?")
    severity = own.get("severity")
    if severity is not None and (isinstance(severity, bool) or severity not in _SEVERITIES):
        raise _error(document, "severity", f"must be 1, 2 or 3, not {severity!r}")
    foresee = own.get("model", False)
    if not isinstance(foresee, bool):
        raise _error(document, "model", f"must be true or false, not {foresee!r}")
    return Attributes(foresee, severity, _alerting(document, own), _compliance(document, own))


def _alerting(document: Document, own: Mapping[str, object]) -> Alerting:
    threshold = own.get("threshold", 1)
    if isinstance(threshold, bool) or not isinstance(threshold, int):
        raise _error(document, "threshold", f"must be a whole number, not {threshold!r}")
    if not 1 <= threshold <= _MOST_THRESHOLD:
        raise _error(document, "threshold", f"must lie between 1 and {_MOST_THRESHOLD}")
    if ("window" in own) is not (threshold > 1):
        key = "window" if "window" in own else "threshold"
        raise _error(document, key, "needs its other half: a threshold over 1 and a window")
    return Alerting(
        threshold=threshold,
        window=_window(document, own["window"]) if "window" in own else 0,
        aggregate=_aggregate(document, own.get("aggregate", [])),
        title=_title(document, own.get("title", "")),
    )


def _window(document: Document, text: object) -> int:
    found = _SPAN.fullmatch(str(text))
    span = int(found[1]) * _UNIT_MS[found[2]] if found else 0
    if not 0 < span <= _LONGEST_WINDOW:
        message = f"must be a time such as 30s, 10m, 2h or 1d, 30d at most, not {text!r}"
        raise _error(document, "window", message)
    return span


def _aggregate(document: Document, names: object) -> tuple[str, ...]:
    if not isinstance(names, list) or len(set(map(str, names))) < len(names):
        raise _error(document, "aggregate", "must be a list of different columns of events")
    for name in names:
        _check_column(document, "aggregate", str(name))
    return tuple(map(str, names))


def _title(document: Document, template: object) -> str:
    if not isinstance(template, str):
        raise _error(document, "title", f"must be a text, not {template!r}")
    try:
        parts = list(Formatter().parse(template))
    except ValueError as error:
        raise _error(document, "title", f"is no template: {error}") from error
    for _, name, form, conversion in parts:
        if name is not None:
            if form or conversion:
                raise _error(document, "title", f"may name columns only, not '{name}' with a form")
            _check_column(document, "title", name)
    return template


def _check_column(document: Document, key: str, name: str) -> None:
    if name not in _COLUMNS:
        near = get_close_matches(name, sorted(_COLUMNS), n=1, cutoff=0.0)[0]
        message = f"names '{name}', which is no column of events; did you mean '{near}'?"
        raise _error(document, key, message)


def _compliance(document: Document, own: Mapping[str, object]) -> tuple[str, ...]:
    found = own.get("compliance", [])
    if not isinstance(found, list):
        raise _error(document, "compliance", "must be a list, e.g. ['pci-dss:10.2.2']")
    for each in found:
        if not isinstance(each, str) or not _CLASSIFIER.fullmatch(each):
            message = f"has {each!r}; write 'framework:requirement', e.g. 'pci-dss:10.2.2'"
            raise _error(document, "compliance", message)
    return tuple(found)


def _error(document: Document, key: str, message: str) -> RuleError:
    return document.error(document.line_of("foreseen", key), f"'foreseen.{key}' {message}")
