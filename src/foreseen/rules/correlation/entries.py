"""What a labelled event adds to a correlation: to which groups, and which values."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from math import prod
from operator import itemgetter
from typing import NamedTuple, cast

from foreseen.core.ids import RuleId
from foreseen.rules.correlation.correlation import NUMERIC, TEMPORAL, Kind
from foreseen.rules.correlation.link import Linked
from foreseen.rules.correlation.state import Key, Lost
from foreseen.rules.correlation.windows import Extra
from foreseen.rules.engine.scalars import number_of

MOST_KEYS = 16
"""Groups that one event may belong to, by fields with several values."""
MOST_VALUES = 1_024
"""Values of several fields together that one event may add."""

Values = Callable[[str, str, Mapping[str, object]], Sequence[str]]
"""Texts of a field in a row: (id of the Sigma rule whose field it is, field's name, row)."""


Item = tuple[int, str, int]
"""What an event means to a correlation: slot, Sigma rule that it has its fields by, time in ms."""


class Labelled(NamedTuple):
    """One event with the Sigma rules that match it.

    Attributes:
        event_uid: Its name.
        time: When it happened, ms UTC; no later than when we had it, or one wrong clock would make
            all others late.
        labels: Ids of the rules.
        row: Its fields, JSON-ready, for `Values`.
    """

    event_uid: str
    time: int
    labels: Sequence[str]
    row: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Fired:
    """A correlation whose condition an event made true.

    Attributes:
        rule: Id of the correlation.
        event_uid: The event that completed it.
        time: End of the window, ms: the event's time, or that of a later one that was there before.
        via: Sigma rule that labelled the event.
        group: Fields of `group-by` with their values as written; None where there is none.
        count: Events in the window.
        members: Names of the last of them, oldest first.
        value: What they come to; None where the condition is no number.
        row: The event's fields.
    """

    rule: RuleId
    event_uid: str
    time: int
    via: str
    group: tuple[tuple[str, str | None], ...]
    count: int
    members: tuple[str, ...]
    value: int | float | None
    row: Mapping[str, object]


class Entry(NamedTuple):
    """What an event adds to one group.

    Attributes:
        extra: Its rules, values or numbers.
        shown: The group's values as written.
        via: Sigma rule that labelled it.
        slot: Place of the first rule by which it counts.
    """

    extra: Extra
    shown: Key
    via: str
    slot: int


def entries_of(
    linked: Linked, items: Sequence[Item], event: Labelled, values: Values, lost: Counter[Lost]
) -> dict[tuple[Key, int], Entry]:
    """By group and time: what the event adds there, once however many rules say so.

    Args:
        linked: The correlation.
        items: What the event means to it.
        event: The event.
        values: How to read its fields.
        lost: What is left out is counted here.
    """
    entries: dict[tuple[Key, int], Entry] = {}
    for slot, via, time in sorted(items, key=itemgetter(0)):  # labels come in any order
        extra = _extra(
            linked, slot, [values(via, n, event.row) for n in linked.value_names[slot]], lost
        )
        if extra is None:
            continue
        for shown in _groups([values(via, n, event.row) for n in linked.group_names[slot]], lost):
            at = (tuple([text and text.lower() for text in shown]), time)
            known = entries.get(at)
            if known is None:
                entries[at] = Entry(extra, shown, via, slot)
            else:
                entries[at] = _merged(known, extra, slot, linked)
    return entries


def _extra(
    linked: Linked, slot: int, texts: Sequence[Sequence[str]], lost: Counter[Lost]
) -> Extra | None:
    """What is kept of the event; None where it has no value that counts."""
    kind = linked.correlation.kind
    if kind is Kind.EVENT_COUNT:
        return 0
    if kind in TEMPORAL:
        return 1 << slot
    if kind in NUMERIC:
        numbers = [number_of(text) for text in texts[0]]
        if None in numbers:
            lost[Lost.NO_NUMBER] += numbers.count(None)
        return tuple(number for number in numbers if number is not None) or None
    if prod(len(each) for each in texts) > MOST_VALUES:
        lost[Lost.MANY_VALUES] += 1
    together = islice(product(*texts), MOST_VALUES)
    return tuple(dict.fromkeys("\0".join(parts).lower() for parts in together)) or None


def _groups(texts: Sequence[Sequence[str]], lost: Counter[Lost]) -> list[Key]:
    """The groups of an event: of several values each is a group, and absence is one, too."""
    present = [each or _ABSENT for each in texts]
    if prod(len(each) for each in present) > MOST_KEYS:
        lost[Lost.MANY_GROUPS] += 1
    return list(islice(product(*present), MOST_KEYS))


_ABSENT: tuple[None] = (None,)


def _merged(known: Entry, extra: Extra, slot: int, linked: Linked) -> Entry:
    """One event by two rules: both rules are seen, but the same field is counted once."""
    if isinstance(known.extra, int) and isinstance(extra, int):
        return known._replace(extra=known.extra | extra)
    if linked.value_names[known.slot] == linked.value_names[slot]:
        return known
    both: tuple[str, ...] = (*cast("tuple[str]", known.extra), *cast("tuple[str]", extra))
    if linked.correlation.kind not in NUMERIC:
        both = tuple(dict.fromkeys(both))
    return known._replace(extra=cast("Extra", both))
