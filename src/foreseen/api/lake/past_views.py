"""What is new of late, held against the past, as the API tells it."""

from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel

from foreseen.api.lake.rows import timed
from foreseen.api.times import iso, moment
from foreseen.core.errors import MalformedInputError
from foreseen.lake.asking.past import Compared

_PAST_MS = 30 * 86_400_000
PastBegin = Annotated[
    str | None, Query(max_length=50, description="its begin; else 30 days before `from`")
]


class ComparedView(BaseModel):
    """A kind of thing of late and before.

    Attributes:
        kind: Of a workload program, user, destination, folder or port; of a person program, host,
            source (of logins), destination or folder.
        lately: How many different ones there were of late; `before` as many before.
        fresh: How many came of late alone; `gone` as many before alone.
        new: Those that came of late alone, the most frequent first; `missed` those before alone.
    """

    kind: str
    lately: int
    before: int
    fresh: int
    gone: int
    new: list[dict[str, object]]
    missed: list[dict[str, object]]


class BaselineView(BaseModel):
    """What a workload or a person did of late, beside the past.

    Attributes:
        kinds: One of each kind.
        since: Begin of the past, and `split` its end; `until` ends what is of late.
        first_time: Of the first event since the begin of the past; null: none.
    """

    kinds: list[ComparedView]
    since: str | None
    split: str | None
    until: str | None
    first_time: str | None


def past_begin(split: int, past: str | None) -> int:
    """When the past begins that ends at `split`, ms UTC.

    Raises:
        MalformedInputError: It begins when it ends, or after.
    """
    begin = moment(past)
    if begin is None:
        return split - _PAST_MS
    if begin >= split:
        raise MalformedInputError("past is not before from")
    return begin


def baseline_view(
    found: tuple[list[Compared], int | None], between: tuple[int, int], split: int
) -> BaselineView:
    """Kinds of things, compared between two times, ms UTC."""
    kinds, first = found
    return BaselineView(
        kinds=[_compared(each) for each in kinds],
        since=iso(between[0]),
        split=iso(split),
        until=iso(between[1]),
        first_time=iso(first),
    )


def _compared(each: Compared) -> ComparedView:
    return ComparedView(
        kind=each.kind,
        lately=each.lately,
        before=each.before,
        fresh=each.fresh,
        gone=each.gone,
        new=[_thing(row) for row in each.new],
        missed=[_thing(row) for row in each.missed],
    )


def _thing(row: dict[str, Any]) -> dict[str, object]:
    kept = ("value", "lately", "before", "hosts", "first_time", "last_time")
    return timed({name: row[name] for name in kept})
