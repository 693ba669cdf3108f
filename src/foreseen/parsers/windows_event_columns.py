"""The columns of a Windows event, by the plan of its shape."""

from collections.abc import Mapping
from typing import Any

from orjson import dumps

from foreseen.parsers.json_flat import Flat, flatten, text_of
from foreseen.parsers.windows_event_plans import Plan, Rest
from foreseen.schema.joined import MARK
from foreseen.schema.shaped import Shaped

_MOST_DIGITS = 20
_MOST_NUMBERS = 16_384
_PUNCTUATION_TO_MARKS = bytes.maketrans(b"[,", MARK.encode() * 2)
_SMALLEST, _LARGEST = -(2**63), 2**63 - 1


def columns_by(plan: Plan, fields: dict[str, Any], raw: bytes) -> Shaped:
    """Columns of an event of the plan's shape; `fields` is used up."""
    for name in plan.counted:
        fields[name] = str(fields[name])
    for name in plan.spelled:
        fields[name] = text_of(fields[name])
    is_plain = plan.rest.is_plain
    for name in plan.lists:
        value = fields[name]
        if len(value) == 1 and type(value[0]) is str:
            fields[name] = value[0]
        else:
            is_plain = False
    kept = _joined(plan.rest, fields) if is_plain else None
    texts = plan.texts(fields)
    if plan.path is not None:
        texts += (texts[plan.path].rpartition("\\")[2],)
    return Shaped(
        plan.shape if plan.chosen is None else plan.chosen[plan.choosing(fields)],
        MARK.join(texts).encode() if MARK not in "".join(texts) else texts,
        tuple(map(_NUMBERS.__getitem__, plan.numbers(fields))) if plan.shape.integers else (),
        raw,
        _opened(plan, fields) if kept is None else kept,
    )


def _joined(rest: Rest, fields: Mapping[str, Any]) -> bytes | None:
    """What has no column, of which each name has one text; null if one of them has a mark."""
    kept = rest.texts(fields)
    if MARK in "".join(kept):
        return None
    joined = MARK.join(kept).encode()
    if rest.has_integers:
        # their JSON is "[1,2]": half the time of a text for each
        joined += dumps(rest.integers(fields))[:-1].translate(_PUNCTUATION_TO_MARKS)
    return joined


def _opened(plan: Plan, fields: Mapping[str, Any]) -> Flat:
    """What has no column, if it is not as simple as that."""
    rest = plan.rest
    kept = [*rest.texts(fields), *map(str, rest.integers(fields))]
    return _rearranged(rest, dict(zip(plan.shape.names, kept, strict=True)))


def _rearranged(rest: Rest, fields: dict[str, Any]) -> Flat:
    """Open what is nested, take blanks out of names; a name that comes twice has both values."""
    for name in rest.nested:
        flatten({name.replace(" ", ""): fields.pop(name)}, into=fields)
    for name, plain in rest.renamed:
        flatten({plain: fields.pop(name)}, into=fields)
    return fields


class _Numbers(dict[str, int | None]):
    """The numbers of texts, null for what is none; those of short texts are kept."""

    def __missing__(self, text: str) -> int | None:
        """Read a text."""
        if len(text) > _MOST_DIGITS:
            return None
        if len(self) >= _MOST_NUMBERS:
            self.clear()
        self[text] = number = _number(text)
        return number


_NUMBERS = _Numbers()


def _number(text: str) -> int | None:
    try:
        found = int(text, 16) if text[:2] in {"0x", "0X"} else int(text)
    except ValueError:
        return None
    return found if _SMALLEST <= found <= _LARGEST else None
