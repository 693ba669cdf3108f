"""Whether rules can match what a lake has of late."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow.compute as pc

from foreseen.core.ids import RuleId, TenantId
from foreseen.lake.lake import Lake
from foreseen.rules import RuleSet
from foreseen.rules.reach import Inventory, Reach, reach

HOUR = 3_600_000
MOST_EVENTS = 500_000


@dataclass(frozen=True, slots=True)
class Collected:
    """What came of late, and what it lets rules do.

    Attributes:
        rules: For each rule whether it can match such events.
        events: How many were looked at.
        since: From when on all that came was looked at, ms UTC.
        complete: Whether that is all that was asked for.
    """

    rules: dict[RuleId, Reach]
    events: int
    since: int
    complete: bool


def reach_of_late(
    lake: Lake, rules: Sequence[RuleSet], tenant: TenantId, *, now: int, hours: int
) -> Collected:
    """Whether rules can match events that came in the last hours, the newest first.

    After `MOST_EVENTS` it looks no further back: what is collected shows in far fewer.

    Args:
        lake: Where events are.
        rules: The rules, in one set or several.
        tenant: Whose events.
        now: Wall time, ms UTC.
        hours: How far to look back.
    """
    inventory, events, whole = Inventory(), 0, 0
    data, came = lake.dataset("events", tenant), pc.field("ingested_time")
    while whole < hours and events < MOST_EVENTS:
        # The table is looked through for every span: by the hour that costs seconds for a week.
        span = min(whole or 1, hours - whole)
        newest = came >= now - (whole + span) * HOUR
        if whole:
            newest &= came < now - whole * HOUR
        for batch in data.to_batches(filter=newest):
            inventory.add(batch)
            events += batch.num_rows
            if events >= MOST_EVENTS:
                break
        else:
            whole += span
    since = now - whole * HOUR
    can = {name: one for each in rules for name, one in reach(each, inventory).items()}
    return Collected(can, events, since, whole == hours)
