"""A rule's first text from the words of a search: what was hunted once is looked for always.

A rule sees each event alone, as it comes, so that terms about times, labels and whole records have
no place in it: they are left out and told. Texts of a rule are compared in any case.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

import yaml

from foreseen.core.errors import MalformedInputError
from foreseen.lake.asking.searchbox.fields import LAST, Searched, Sort, columns_of
from foreseen.lake.asking.searchbox.networks import is_network
from foreseen.lake.asking.searchbox.tokens import Token, Value
from foreseen.lake.asking.searchbox.tree import All, Either, Not, Tree, tree_of

_TABLE = "events"
_NO_PLACE = frozenset({Sort.TIME, Sort.MAP})
_NO_COLUMNS = frozenset({"labels", "rule_id", "raw", "tenant", "seq", "stream", "event_uid"})
_COMPARED = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}
_SOURCES = (
    ("dst_", "network_connection"),
    ("file_", "file_event"),
    ("auth_", "authentication"),
)
_KEYWORDS = "keywords"

Selection = dict[str, object] | list[object]


@dataclass(frozen=True, slots=True)
class Draft:
    """A rule to go on from.

    Attributes:
        text: YAML; name, title, description and ATT&CK tags are still to be written.
        notes: Terms of the search that a rule cannot hold, or reads in fewer places.
    """

    text: str
    notes: tuple[str, ...]


def draft(search: str, uuid: UUID) -> Draft:
    """The rule that matches what a search of events finds, as far as a rule can.

    Args:
        search: Words of the search box.
        uuid: Id of the new rule.

    Raises:
        MalformedInputError: It cannot be read, is empty, or nothing of it has a place in a rule.
    """
    tree = tree_of(search)
    if tree is None:
        raise MalformedInputError("an empty search makes no rule; name what to look for")
    found = _Found()
    condition = found.condition(tree)
    if condition is None:
        raise MalformedInputError(f"no term has a place in a rule: {'; '.join(found.notes)}")
    text = yaml.safe_dump(
        _document(found, condition, uuid), sort_keys=False, allow_unicode=True, width=1000
    )
    return Draft(text, tuple(found.notes))


def _document(found: "_Found", condition: str, uuid: UUID) -> dict[str, object]:
    category = next(
        (name for start, name in _SOURCES if any(each.startswith(start) for each in found.columns)),
        "process_creation",
    )
    return {
        "title": "What it finds, in a few words",
        "name": "a_name_for_it",
        "id": str(uuid),
        "description": "What was done, and why a person should know.",
        "level": "medium",
        "logsource": {"product": "linux", "category": category},
        "detection": {**found.selections, "condition": condition},
        "falsepositives": ["Who does this for good reason"],
        "foreseen": {"model": True},
    }


@dataclass(slots=True)
class _Found:
    """What the terms have come to so far."""

    selections: dict[str, Selection] = field(default_factory=dict)
    columns: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)

    def condition(self, tree: Tree, *, inside: bool = False) -> str | None:
        """The condition of a tree; None where nothing of it has a place."""
        if isinstance(tree, Token):
            return self._term(tree)
        if isinstance(tree, Not):
            part = self.condition(tree.part, inside=True)
            return part and f"not {part}"
        word = " and " if isinstance(tree, All) else " or "
        parts = [each for part in tree.parts if (each := self.condition(part, inside=True))]
        if isinstance(tree, Either) and len(parts) < len(tree.parts):
            return None  # an alternative is missing: the others alone would say something else
        joined = word.join(parts)
        return (f"({joined})" if inside and len(parts) > 1 else joined) or None

    def _term(self, token: Token) -> str | None:
        selection = self._selection(token)
        if selection is None:
            return None
        for name, known in self.selections.items():
            if known == selection:
                return name
        stem = _KEYWORDS if token.field is None else token.field.lower().replace(".", "_")
        name = stem
        while name in self.selections:
            name = f"{stem}_{len(self.selections) + 1}"
        self.selections[name] = selection
        return name

    def _selection(self, token: Token) -> Selection | None:
        shown = f"{token.field or ''}{':' if token.field else ''}{token.values[0].text}"[:80]
        if token.field is None:
            self.notes.append(f"{shown}: a rule looks for it in the fields, not in the record")
            return [_escaped(token.values[0])]
        if token.field.lower() == LAST:
            self.notes.append(f"{shown}: a rule looks at each event as it comes")
            return None
        held = [
            each
            for each in columns_of(token, _TABLE)
            if each.sort not in _NO_PLACE and each.name not in _NO_COLUMNS
        ]
        if not held:
            self.notes.append(f"{shown}: a rule cannot read it")
            return None
        self.columns.update(each.name for each in held)
        if token.field.lower() == "process" and not token.operator:
            return _program(token.values[0])
        items = [_item(each, token) for each in held]
        return dict(items[0]) if len(items) == 1 else [dict(each) for each in items]


def _program(value: Value) -> Selection:
    """As a search has it: the name, the path, or the end of the path."""
    plain = _escaped(value)
    if value.wild or "/" in value.text:
        return [{"process_name": plain}, {"process_path": plain}]
    return [{"process_name": plain}, {"process_path|endswith": f"/{plain}"}]


def _item(column: Searched, token: Token) -> Mapping[str, object]:
    name, value = column.name, token.values[0]
    if token.operator == "[]":
        ends = zip(("gte", "lte"), token.values, strict=True)
        return {f"{name}|{how}": _number(end) for how, end in ends if not _any(end)}
    if token.operator:
        return {f"{name}|{_COMPARED[token.operator]}": _number(value)}
    if _any(value):
        return {f"{name}|exists": True}
    return _equal(name, column.sort, value)


def _equal(name: str, sort: Sort, value: Value) -> Mapping[str, object]:
    if sort is Sort.ADDRESS and is_network(value):
        return {f"{name}|cidr": value.text}
    if sort in {Sort.NUMBER, Sort.NUMBERS, Sort.FLOAT}:
        return {name: _number(value)}
    if sort is Sort.TRUTH:
        return {name: value.text.lower() == "true"}
    anywhere = sort is Sort.TEXT and not value.wild
    return {f"{name}|contains" if anywhere else name: _escaped(value)}


def _any(value: Value) -> bool:
    return value.text == "*" and bool(value.wild)


def _number(value: Value) -> int | float:
    for kind in (int, float):
        try:
            return kind(value.text)
        except ValueError:
            continue
    raise MalformedInputError(f"column {value.at}: '{value.text[:40]}' is no number")


def _escaped(value: Value) -> str:
    """The text as Sigma writes it: a letter that would stand for others gets a backslash."""
    return "".join(
        letter if place in value.wild or letter not in "*?\\" else f"\\{letter}"
        for place, letter in enumerate(value.text)
    )
