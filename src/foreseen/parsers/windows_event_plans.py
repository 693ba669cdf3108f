"""How the fields of one shape of event become columns: decided once a shape.

A shape is channel, event id, names of the fields in their order and types of their values. Real
logs have few of them (20,000 events of attacks: 150), so per event nothing is left to decide.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from types import EllipsisType, NoneType

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

_WITHOUT_TEXT = (dict, list, NoneType, EllipsisType)
_DERIVED = ("process_path", "process_name", "raw", "unmapped", "host")


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do with the values of a shape, in this order; a place is an index into them.

    Attributes:
        template: All columns of the shape's events, with those values that are always the same.
        spelled: Places of integers, booleans and floats whose texts are needed by themselves.
        lists: Places of lists.
        by: Place of the value that chooses the class; null for none.
        cases: That value -> class and activity.
        numbers: Column and place of the text whose number it takes.
        moved: Column and place of the text that it takes.
        keywords: Place of the keywords that say if what was audited succeeded; null for none.
        kept: For each value whether it has no column and is none of the following.
        integers: For each value whether it is an integer without a column and use.
        names: The names of what is kept, then those of the integers.
        nested: Names of lists and objects.
        renamed: Names that are kept under another one, and that name: blanks are taken out, and
            what an event says itself under a name that now is a column has its name back.
        is_plain: Whether all that is kept is texts and lists, under their own names.
        clocks: Fields that say when, best first.
    """

    template: dict[str, object]
    spelled: tuple[int, ...]
    lists: tuple[int, ...]
    by: int | None
    cases: Mapping[str, tuple[int, int]]
    numbers: tuple[tuple[str, int], ...]
    moved: tuple[tuple[str, int], ...]
    keywords: int | None
    kept: tuple[bool, ...]
    integers: tuple[bool, ...]
    names: tuple[str, ...]
    nested: tuple[str, ...]
    renamed: tuple[tuple[str, str], ...]
    is_plain: bool
    clocks: tuple[str, ...]


def plan_of(channel: str, event_id: str, shape: Mapping[str, type]) -> Plan:
    """The plan of a shape.

    Args:
        channel: Empty when the event names none.
        event_id: As text.
        shape: Names of the fields in their order, and the types of their values.
    """
    kind = kind_of(channel, event_id)
    fields = _fields(shape)
    nested = tuple(name for name, of in shape.items() if of is dict or of is list)
    moved = {fields[one]: column for one, column in _targets(kind).items() if one in fields}
    numbers = _numbers(kind, fields)
    same = _same(channel, event_id, shape, moved)
    renamed = _renamed(shape, moved, nested)
    by = fields.get(kind.by)
    is_audit = kind.status_id == 0 and channel.lower() == "security" and "Keywords" in shape
    used = {*moved, *(name for _, name in numbers), by, "Keywords" if is_audit else None}
    integers = [name for name, of in shape.items() if of is int and name not in used]
    beside = {*moved, *integers, *(name for name, of in shape.items() if of is EllipsisType)}
    kept, places = _kept(shape, beside)
    return Plan(
        template=_template(kind, (*moved.values(), *dict(numbers)))
        | {moved[name]: text for name, text in same.items()},
        spelled=tuple(
            places[name]
            for name, of in shape.items()
            if of in {bool, float} or (of is int and name in used and name not in same)
        ),
        lists=tuple(places[name] for name in nested if shape[name] is list),
        by=None if by is None else places[by],
        cases=kind.cases,
        numbers=tuple((column, places[name]) for column, name in numbers),
        moved=tuple((moved[name], places[name]) for name in moved if name not in same),
        keywords=places["Keywords"] if is_audit else None,
        kept=tuple(name not in beside for name in shape),
        integers=tuple(name in integers for name in shape),
        names=(*kept, *integers),
        nested=nested,
        renamed=renamed,
        is_plain=bool(kept) and not renamed and all(_is_plain(one, shape[one]) for one in kept),
        clocks=tuple(name for name in CLOCKS if shape.get(name) is str),
    )


def _kept(shape: Mapping[str, type], beside: AbstractSet[str]) -> tuple[list[str], dict[str, int]]:
    """Names that stay in `unmapped` as they are, and the place of every name."""
    return [n for n in shape if n not in beside], {n: place for place, n in enumerate(shape)}


def _template(kind: Kind, columns: Sequence[str]) -> dict[str, object]:
    """What every event of a kind has, and null in the columns that the plan will fill."""
    return {
        "product": PRODUCT,
        "class_uid": kind.class_uid,
        "activity_id": kind.activity_id,
        "status_id": kind.status_id,
        **dict.fromkeys((*columns, *_DERIVED)),
    }


def _fields(shape: Mapping[str, type]) -> dict[str, str]:
    """Sigma's names, also without their blanks, of the fields that are texts or scalars."""
    fields: dict[str, str] = {}
    for name in shape:
        fields.setdefault(name.replace(" ", ""), name)
    for name, flat in FLAT_NAMES.items():
        if name not in fields and flat in shape:
            fields[name] = flat
    return {one: name for one, name in fields.items() if shape[name] not in _WITHOUT_TEXT}


def _same(
    channel: str, event_id: str, shape: Mapping[str, type], moved: Mapping[str, str]
) -> dict[str, str]:
    """Fields whose text is the same in all events of the shape, as it is part of the shape."""
    same = {"EventID": event_id}
    if shape.get("Channel") is str:
        same["Channel"] = channel
    return {name: text for name, text in same.items() if name in moved}


def _targets(kind: Kind) -> dict[str, str]:
    """Columns that fields go to: also what names the event, though a rule may mean another."""
    return {"Channel": "log_name", **kind.columns}


def _is_plain(name: str, of: type) -> bool:
    """Whether a field without a column is a text under its own name, or may be (a list of one)."""
    return (of is list and " " not in name) or of not in _WITHOUT_TEXT


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
