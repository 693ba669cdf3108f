"""The columns of a Windows event, by the plan of its shape."""

from collections.abc import Mapping
from functools import lru_cache
from itertools import compress
from typing import Any

from orjson import dumps

from foreseen.parsers.json_flat import Flat, flatten, text_of
from foreseen.parsers.windows_event_plans import Plan
from foreseen.schema.joined import MARK, Cell, Joined

_SUCCESS, _FAILURE = 1, 2
_AUDIT_SUCCESS, _AUDIT_FAILURE = 0x20_0000_0000_0000, 0x10_0000_0000_0000
_MOST_DIGITS = 20
_LONGEST_KEYWORDS = 64
_CACHED_LENGTH = 512
_MARK = MARK.encode()
_SMALLEST, _LARGEST = -(2**63), 2**63 - 1


def columns_by(plan: Plan, values: list[Any]) -> dict[str, object]:
    """Columns of an event of the plan's shape, `unmapped` among them; `values` is used up."""
    for place in plan.spelled:
        values[place] = text_of(values[place])
    columns = plan.template.copy()
    if plan.by is not None:
        case = plan.cases.get(values[plan.by])
        if case is not None:
            columns["class_uid"], columns["activity_id"] = case
    for column, place in plan.numbers:
        text = values[place]
        columns[column] = _number(text) if text and len(text) <= _MOST_DIGITS else None
    for column, place in plan.moved:
        columns[column] = values[place]
    path = columns["process_path"]
    if path is not None:
        columns["process_name"] = _file_name(path)
    columns["unmapped"] = _unmapped(plan, values)
    if plan.keywords is not None:
        columns["status_id"] = _outcome(values[plan.keywords])
    return columns


def _unmapped(plan: Plan, values: list[Any]) -> Mapping[str, Cell]:
    """What has no column. Nearly always that is one text a name: then they are joined."""
    is_plain = plan.is_plain
    for place in plan.lists:
        value = values[place]
        if len(value) == 1 and type(value[0]) is str:
            values[place] = value[0]
        else:
            is_plain = False
    kept = list(compress(values, plan.kept))
    integers = list(compress(values, plan.integers))
    if is_plain and MARK not in "".join(kept):
        joined = MARK.join(kept).encode()
        if integers:
            # their JSON is "[1,2]": half the time of a text for each
            joined += dumps(integers)[:-1].replace(b"[", _MARK).replace(b",", _MARK)
        return Joined(plan.names, joined)
    kept += map(str, integers)
    return _rearranged(plan, dict(zip(plan.names, kept, strict=True)))


def _rearranged(plan: Plan, fields: dict[str, Any]) -> Flat:
    """Open what is nested, take blanks out of names; a name that comes twice has both values."""
    for name in plan.nested:
        flatten({name.replace(" ", ""): fields.pop(name)}, into=fields)
    for name, plain in plan.renamed:
        flatten({plain: fields.pop(name)}, into=fields)
    return fields


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
