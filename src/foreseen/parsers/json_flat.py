"""Nested JSON to dotted names and texts: what the `unmapped` column keeps of a record.

- A member of an object is `object.member`; members of the objects in a list are gathered under one
  name without indices (`spec.containers.image` -> one text for each container).
- Text stays as it is, JSON text inside a text too; numbers and booleans are written canonically
  (1.0 -> `1`, true -> `true`).
- null, `{}` and `[]` are None: the name is there, without a value. A null among the values of a
  list says nothing beside them and is left out.
- Bounded in depth, length of names and number of values; what lies beyond a bound is kept as its
  JSON text, under the name of the object or list that would have had to be opened.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

#: Levels of objects and lists that are opened.
DEPTH_LIMIT = 32
#: Longest name, in characters, below which is opened: names are repeated for each value.
NAME_LIMIT = 1_000
#: Values of one record that get names of their own.
VALUE_LIMIT = 10_000
#: Name of what a record itself has beyond `VALUE_LIMIT`.
REST = "(rest)"

Flat = dict[str, str | list[str] | None]
#: Holder of fields (empty: the record itself) and its fields with their columns.
Places = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
_WHOLE_FLOATS = float(1 << 53)
_ABSENT = object()


def flatten(record: Mapping[str, object], prefix: str = "", into: Flat | None = None) -> Flat:
    """Texts of a JSON object by dotted name.

    Args:
        record: As orjson gives it: strings, integers, floats, booleans, None, lists, dicts.
        prefix: Put before every name, with its dot.
        into: Added to, and returned; a name that is there already gets the values of both.
    """
    flat: Flat = {} if into is None else into
    left = VALUE_LIMIT - len(flat)
    if len(record) > left:
        record, rest = _cut(record, max(left - 1, 0))
        _add(flat, prefix + REST, json_text(rest))
    _open(record, prefix, flat, [left - len(record)], DEPTH_LIMIT)
    return flat


def places_of(columns: Mapping[str, str]) -> Places:
    """Fields by the object that holds them, for `lift`; top-level ones by the empty name."""
    by_parent: dict[str, list[tuple[str, str]]] = {}
    for field, column in columns.items():
        parent, _, member = field.rpartition(".")
        by_parent.setdefault(parent, []).append((member, column))
    return tuple((parent, tuple(members)) for parent, members in by_parent.items())


def lift(record: dict[str, Any], places: Places) -> dict[str, object]:
    """Takes the fields that have a column out of a record: column to text.

    What is no text there (null, object, list) stays in the record, for `flatten`.
    """
    columns: dict[str, object] = {}
    for parent, members in places:
        holder = record.get(parent) if parent else record
        if not isinstance(holder, dict):
            continue
        for member, column in members:
            value = holder.pop(member, _ABSENT)
            if type(value) is str:
                columns[column] = value
            elif value is not _ABSENT:
                text = text_of(value)
                if text is None:
                    holder[member] = value
                else:
                    columns[column] = text
        if not holder and parent:
            del record[parent]
    return columns


def text_of(value: object) -> str | None:
    """Canonical text of a JSON scalar; null for null, an object or a list."""
    if type(value) is str:
        return value
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, float):
        whole = -_WHOLE_FLOATS < value < _WHOLE_FLOATS and value.is_integer()
        return str(int(value)) if whole else repr(value)
    return str(value) if isinstance(value, int) else None


def json_text(value: object) -> str:
    """A JSON value as compact JSON, however deep."""
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:  # deeper than 254, or an integer beyond 64 bits
        return b"".join(_written(value)).decode("utf-8", "replace")


def _cut(record: Mapping[str, object], count: int) -> tuple[dict[str, object], dict[str, object]]:
    members = list(record.items())
    return dict(members[:count]), dict(members[count:])


def _open(
    members: Mapping[str, Any], prefix: str, flat: Flat, budget: list[int], depth: int
) -> None:
    """Each member of an object; `budget` holds how many values may still get names."""
    for key, value in members.items():
        name = prefix + key
        kind = type(value)
        if kind is str:
            found = value
        elif value is None:
            found = None
        elif kind is dict or kind is list:
            if not value:
                found = None
            elif depth <= 0 or len(value) > budget[0] or len(name) > NAME_LIMIT:
                found = json_text(value)
            else:
                budget[0] -= len(value)
                if kind is dict:
                    _open(value, name + ".", flat, budget, depth - 1)
                else:
                    _open_list(value, name, flat, budget, depth - 1)
                continue
        else:
            found = text_of(value)
        if name in flat:
            _add(flat, name, found)
        else:
            flat[name] = found


def _open_list(value: list[Any], name: str, flat: Flat, budget: list[int], depth: int) -> None:
    """Each element of a list, all under the name of the list."""
    for one in value:
        if not isinstance(one, dict | list) or not one:
            _add_to_list(flat, name, text_of(one))
        elif depth <= 0 or len(one) > budget[0]:
            _add_to_list(flat, name, json_text(one))
        else:
            budget[0] -= len(one)
            if isinstance(one, dict):
                _open(one, name + ".", flat, budget, depth - 1)
            else:
                _open_list(one, name, flat, budget, depth - 1)


def _add(flat: Flat, name: str, found: str | None) -> None:
    """Another value of a name; several make a list, a null gives way to any."""
    there = flat.get(name)
    if there is None:
        flat[name] = found
    elif found is not None:
        _add_to_list(flat, name, found)


def _add_to_list(flat: Flat, name: str, found: str | None) -> None:
    """A value among several; a list of one value is a list too."""
    there = flat.get(name)
    if isinstance(there, list):
        if found is not None:
            there.append(found)
    elif found is None:
        flat.setdefault(name, None)
    else:
        flat[name] = [found] if there is None else [there, found]


def _written(value: object) -> Iterable[bytes]:
    """Pieces of a JSON text, without recursion; bytes on the stack are punctuation."""
    stack: list[object] = [value]
    while stack:
        one = stack.pop()
        if isinstance(one, bytes):
            yield one
        elif isinstance(one, dict):
            yield b"{"
            stack.append(b"}")
            for place, (key, member) in reversed(list(enumerate(one.items()))):
                stack += [member, b":", key, b"," if place else b""]
        elif isinstance(one, list):
            yield b"["
            stack.append(b"]")
            for place, member in reversed(list(enumerate(one))):
                stack += [member, b"," if place else b""]
        elif isinstance(one, int) and not isinstance(one, bool):
            yield str(one).encode()
        else:
            yield orjson.dumps(one)
