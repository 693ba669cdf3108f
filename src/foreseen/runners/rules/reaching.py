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
        since: When the oldest hour begins of which all were, ms UTC.
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
    inventory, own = Inventory(), pc.field("tenant") == tenant
    events, since = 0, now
    for back in range(hours):
        since = now - (back + 1) * HOUR
        came = pc.field("ingested_time")
        newest = (came >= since) & (came < since + HOUR) if back else came >= since
        for batch in lake.read("events", None, own & newest).to_batches():
            inventory.add(batch)
            events += batch.num_rows
        if events >= MOST_EVENTS:
            break
    can = {name: one for each in rules for name, one in reach(each, inventory).items()}
    return Collected(can, events, since, since == now - hours * HOUR)
