"""How the fields of one shape of event become columns: decided once a shape.

A shape is channel, event id, names of the fields in their order and types of their values. Real
logs have few of them (20,000 events of attacks: 150), so per event nothing is left to decide.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from operator import itemgetter
from types import EllipsisType, NoneType
from typing import Any

from foreseen.parsers.json_lines import WRAPPING
from foreseen.parsers.windows_event_chosen import Chosen, chosen
from foreseen.parsers.windows_event_dialects import OWN_DATA
from foreseen.parsers.windows_event_kinds import Kind, kind_of
from foreseen.parsers.windows_event_times import CLOCKS
from foreseen.schema.shaped import Shape

PRODUCT = "windows"
#: What flat events call what names the event; only where Sigma's name is not there.
FLAT_NAMES = {
    "Provider_Name": "SourceName",
    "Computer": "Hostname",
    "EventRecordID": "RecordNumber",
}

_WITHOUT_TEXT = (dict, list, NoneType, EllipsisType)
Values = Callable[[Mapping[str, Any]], tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Rest:
    """What to do with the values that have no column; their names are the shape's.

    Attributes:
        texts: Values of all but `integers`.
        integers: Values of the integers that nothing else is made of.
        has_integers: Whether there are any.
        is_plain: Whether all others are texts and lists, under their own names.
        nested: Names of lists and objects.
        renamed: Names that are kept under another one, and that name: blanks are taken out, and
            what an event says itself under a name that now is a column has its name back.
    """

    texts: Values
    integers: Values
    has_integers: bool
    is_plain: bool
    nested: tuple[str, ...]
    renamed: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do with the fields of a shape, in this order.

    Attributes:
        fields: Names of the fields.
        types: Types of their values.
        clocks: Fields that say when, best first.
        counted: Names of integers whose texts are needed by themselves.
        spelled: Names of booleans and floats.
        lists: Names of lists.
        rest: What has no column.
        texts: Texts of the shape's columns, but for the name of the process.
        path: Place among them of the path whose end is that name; null for none.
        numbers: Texts whose numbers the shape's integers are.
        shape: The columns.
        choosing: Values of the event that tell its class or outcome.
        chosen: Columns by these values; null where the shape is the only one.
        host: Name of the text that says whose event it is; null for none.
        may_wrap: Whether an object with these fields may hold records.
    """

    fields: list[str]
    types: list[type]
    clocks: tuple[str, ...]
    counted: tuple[str, ...]
    spelled: tuple[str, ...]
    lists: tuple[str, ...]
    rest: Rest
    texts: Values
    path: int | None
    numbers: Values
    shape: Shape
    choosing: Values
    chosen: Chosen | None
    host: str | None
    may_wrap: bool


def plan_of(channel: str, event_id: str, shape: Mapping[str, type]) -> Plan:
    """The plan of events of this channel (empty: none) and id, of these fields and their types."""
    kind = kind_of(channel, event_id)
    fields = _fields(shape)
    moved = {fields[one]: column for one, column in _targets(kind).items() if one in fields}
    numbers = _numbers(kind, fields)
    same = _same(channel, event_id, shape, moved)
    by = fields.get(kind.by)
    is_audit = kind.status_id == 0 and channel.lower() == "security" and "Keywords" in shape
    keywords = "Keywords" if is_audit else None
    used = {*moved, *numbers.values(), by, keywords}
    rest, names = _rest(shape, moved, used)
    texts = {column: name for name, column in moved.items() if name not in same}
    host = texts.pop("host", None)
    fixed = {moved[name]: text for name, text in same.items()}
    columns = _columns(kind, fixed, texts, numbers, names)
    return Plan(
        fields=list(shape),
        types=list(shape.values()),
        clocks=tuple(name for name in CLOCKS if shape.get(name) is str),
        counted=tuple(n for n, of in shape.items() if of is int and n in used and n not in same),
        spelled=tuple(name for name, of in shape.items() if of in {bool, float}),
        lists=tuple(name for name, of in shape.items() if of is list),
        rest=rest,
        texts=_getter(texts.values()),
        path=list(texts).index("process_path") if "process_path" in texts else None,
        numbers=_getter(numbers.values()),
        shape=columns,
        choosing=_choosing([name for name in (by, keywords) if name], shape),
        chosen=chosen(columns, kind, by=bool(by), audited=bool(keywords)),
        host=host,
        may_wrap=not WRAPPING.isdisjoint(shape),
    )


def _rest(
    shape: Mapping[str, type], moved: Mapping[str, str], used: Collection[str | None]
) -> tuple[Rest, tuple[str, ...]]:
    """What has no column, and its names: those of integers come last."""
    integers = [name for name, of in shape.items() if of is int and name not in used]
    beside = {*moved, *integers, *(name for name, of in shape.items() if of is EllipsisType)}
    texts = [name for name in shape if name not in beside]
    nested = tuple(name for name, of in shape.items() if of is dict or of is list)
    renamed = _renamed(shape, moved, nested)
    rest = Rest(
        texts=_getter(texts),
        integers=_getter(integers),
        has_integers=bool(integers),
        is_plain=bool(texts) and not renamed and all(_is_plain(one, shape[one]) for one in texts),
        nested=nested,
        renamed=renamed,
    )
    return rest, (*texts, *integers)


def _columns(
    kind: Kind,
    same: Mapping[str, str],
    texts: Collection[str],
    integers: Collection[str],
    names: tuple[str, ...],
) -> Shape:
    """Columns of a shape; the name of the process follows its path."""
    constants: dict[str, str | int | None] = {
        "product": PRODUCT,
        "class_uid": kind.class_uid,
        "activity_id": kind.activity_id,
        "status_id": kind.status_id,
        **same,
    }
    name = ("process_name",) if "process_path" in texts else ()
    return Shape(constants, (*texts, *name), tuple(integers), names)


def _getter(names: Collection[str]) -> Values:
    """Gives the values of these names: `itemgetter`, which gives a value bare if it is one."""
    if not names:
        return lambda fields: ()  # noqa: ARG005  the others' signature
    if len(names) == 1:
        (name,) = names
        return lambda fields: (fields[name],)
    return itemgetter(*names)


def _choosing(names: Collection[str], shape: Mapping[str, type]) -> Values:
    """Gives the values of these names; no text for one that is no text, say a list of several."""
    if all(shape[name] not in _WITHOUT_TEXT for name in names):
        return _getter(names)
    return lambda fields: tuple(
        value if isinstance(value := fields[name], str) else "" for name in names
    )


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


def _numbers(kind: Kind, places: Mapping[str, str]) -> dict[str, str]:
    """Column and field; of several fields for one column the first one that is there."""
    found: dict[str, str] = {}
    for field, column in kind.numbers.items():
        if field in places:
            found.setdefault(column, places[field])
    return found


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
