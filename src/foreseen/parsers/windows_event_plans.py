"""How the fields of one shape of event become columns: decided once a shape, done for each event.

A shape is channel, event id, names of the fields in their order and types of their values. Real
logs have few of them (20,000 events of attacks: 150), so per event nothing is left to decide.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import NoneType
from typing import Any

from foreseen.parsers.json_flat import flatten, text_of
from foreseen.parsers.windows_event_dialects import OWN_DATA
from foreseen.parsers.windows_event_kinds import Kind, kind_of
from foreseen.parsers.windows_event_times import CLOCKS

PRODUCT = "windows"
#: What flat events call what names the event; only where Sigma's name is not there.
FLAT_NAMES = {
    "Provider_Name": "SourceName",
    "Computer": "Hostname",
    "EventRecordID": "RecordNumber",
}

_DERIVED = ("process_path", "process_name", "raw", "unmapped", "host")
_SUCCESS, _FAILURE = 1, 2
_AUDIT_SUCCESS, _AUDIT_FAILURE = 0x20_0000_0000_0000, 0x10_0000_0000_0000
_MOST_DIGITS = 20
_LONGEST_KEYWORDS = 64
_CACHED_LENGTH = 512
_SMALLEST, _LARGEST = -(2**63), 2**63 - 1


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do with the fields of a shape, in this order.

    Attributes:
        template: All columns of the shape's events, with those values that are always the same.
        by: Field that chooses the class, empty for none.
        cases: Its value -> class and activity.
        integers: Fields that are integers and become their decimal text.
        scalars: Fields that are other scalars and become their canonical text.
        moved: Fields whose texts go to columns, and
        columns: those columns.
        numbers: Column -> field whose number it takes.
        nested: Fields that are lists or objects.
        renamed: Fields that are kept under another name, and that name: blanks are taken out, and
            what an event says itself under a name that now is a column has its name back.
        clocks: Fields that say when, best first.
        is_audit: Whether the keywords say if what was audited succeeded.
    """

    template: dict[str, object]
    by: str
    cases: Mapping[str, tuple[int, int]]
    integers: tuple[str, ...]
    scalars: tuple[str, ...]
    moved: tuple[str, ...]
    columns: tuple[str, ...]
    numbers: tuple[tuple[str, str], ...]
    nested: tuple[str, ...]
    renamed: tuple[tuple[str, str], ...]
    clocks: tuple[str, ...]
    is_audit: bool


def plan_of(channel: str, event_id: str, shape: Mapping[str, type]) -> Plan:
    """The plan of a shape.

    Args:
        channel: Empty when the event names none.
        event_id: As text.
        shape: Names of the fields in their order, and the types of their values.
    """
    kind = kind_of(channel, event_id)
    places: dict[str, str] = {}
    for name in shape:
        places.setdefault(name.replace(" ", ""), name)
    for name, flat in FLAT_NAMES.items():
        if name not in places and flat in shape:
            places[name] = flat
    nested = tuple(name for name, of in shape.items() if of is dict or of is list)
    kept = {*nested, *(name for name, of in shape.items() if of is NoneType)}
    whole = {field: name for field, name in places.items() if name not in kept}
    moved = {whole[field]: column for field, column in _targets(kind).items() if field in whole}
    numbers = _numbers(kind, whole)
    return Plan(
        template={
            "product": PRODUCT,
            "class_uid": kind.class_uid,
            "activity_id": kind.activity_id,
            "status_id": kind.status_id,
            **dict.fromkeys((*moved.values(), *(column for column, _ in numbers), *_DERIVED)),
        },
        by=whole.get(kind.by, ""),
        cases=kind.cases,
        integers=tuple(name for name, of in shape.items() if of is int),
        scalars=tuple(name for name, of in shape.items() if of is bool or of is float),
        moved=tuple(moved),
        columns=tuple(moved.values()),
        numbers=numbers,
        nested=nested,
        renamed=_renamed(shape, moved, nested),
        clocks=tuple(name for name in CLOCKS if shape.get(name) is str),
        is_audit=kind.status_id == 0 and channel.lower() == "security" and "Keywords" in shape,
    )


def columns_by(plan: Plan, fields: dict[str, Any]) -> dict[str, object]:
    """Columns of an event of the plan's shape; what is left in `fields` has no column."""
    for name in plan.integers:
        fields[name] = str(fields[name])
    for name in plan.scalars:
        fields[name] = text_of(fields[name])
    columns = plan.template.copy()
    if plan.by:
        case = plan.cases.get(fields[plan.by])
        if case is not None:
            columns["class_uid"], columns["activity_id"] = case
    for column, name in plan.numbers:
        text = fields[name]
        columns[column] = _number(text) if text and len(text) <= _MOST_DIGITS else None
    columns.update(zip(plan.columns, map(fields.pop, plan.moved), strict=True))
    path = columns["process_path"]
    if path is not None:
        columns["process_name"] = _file_name(path)
    if plan.nested or plan.renamed:
        _rearrange(plan, fields)
    if plan.is_audit:
        columns["status_id"] = _outcome(fields["Keywords"])
    return columns


def _targets(kind: Kind) -> dict[str, str]:
    """Columns that fields go to: also what names the event, though a rule may mean another."""
    return {"Channel": "log_name", **kind.columns}


def _numbers(kind: Kind, places: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Column and field; of several fields for one column the first one that is there."""
    found: dict[str, str] = {}
    for field, column in kind.numbers.items():
        if field in places:
            found.setdefault(column, places[field])
    return tuple(found.items())


def _renamed(
    shape: Mapping[str, type], moved: Mapping[str, str], nested: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    renamed = []
    for name in shape:
        own = name.removeprefix(OWN_DATA)
        plain = (own if own in moved else name).replace(" ", "")
        if plain != name and name not in moved and name not in nested:
            renamed.append((name, plain))
    return tuple(renamed)


def _rearrange(plan: Plan, fields: dict[str, Any]) -> None:
    """Open what is nested, take blanks out of names; a name that comes twice has both values."""
    for name in plan.nested:
        value = fields[name]
        if len(value) == 1 and type(value) is list and type(value[0]) is str and " " not in name:
            fields[name] = value[0]
        else:
            del fields[name]
            flatten({name.replace(" ", ""): value}, into=fields)
    for name, plain in plan.renamed:
        flatten({plain: fields.pop(name)}, into=fields)


@lru_cache(maxsize=16_384)
def _number(text: str) -> int | None:
    try:
        found = int(text, 16) if text[:2] in {"0x", "0X"} else int(text)
    except ValueError:
        return None
    return found if _SMALLEST <= found <= _LARGEST else None


def _file_name(path: object) -> str:
    text = str(path)
    return _short_file_name(text) if len(text) < _CACHED_LENGTH else text.rpartition("\\")[2]


@lru_cache(maxsize=8192)
def _short_file_name(path: str) -> str:
    return path.rpartition("\\")[2]


def _outcome(keywords: object) -> int:
    """Whether an audited act succeeded, by the event's keywords: a bit mask or their names."""
    if not isinstance(keywords, str) or len(keywords) > _LONGEST_KEYWORDS:
        return 0
    return _short_outcome(keywords)


@lru_cache(maxsize=1024)
def _short_outcome(keywords: str) -> int:
    try:
        bits = int(keywords, 0)
    except ValueError:
        return {"Audit Success": _SUCCESS, "Audit Failure": _FAILURE}.get(keywords, 0)
    return _SUCCESS if bits & _AUDIT_SUCCESS else _FAILURE if bits & _AUDIT_FAILURE else 0
