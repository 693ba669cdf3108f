"""What a shard's commit adds to the rollups: counts of its batch and of what that gave; pure."""

from collections import Counter
from collections.abc import Sequence

import pyarrow as pa

from foreseen.core.ids import TenantId
from foreseen.lake.rollups import HOUR_MS, Counted, folded, rollup
from foreseen.pipeline.shard import Lines, ShardOut, Tick
from foreseen.schema.arrow import ROLLUP_SCHEMA, batch_of


def rollup_of_batch(tenant: TenantId, batch: Sequence[Lines | Tick], out: ShardOut) -> pa.Table:
    """Rows of the `rollups` table, to commit together with what the batch gave.

    Args:
        tenant: Whose lines they are.
        batch: The batch that went into the shard step.
        out: What it gave.
    """
    given = rollup(
        events=pa.Table.from_batches([out.events]),
        matches=pa.Table.from_batches([out.matches]),
        quarantine=pa.Table.from_batches([out.quarantine]),
    )
    return folded(pa.concat_tables([given, received(tenant, batch)]))


def received(tenant: TenantId, batch: Sequence[Lines | Tick]) -> pa.Table:
    """Lines and bytes that came, by source and hour; the hour is null in a replay."""
    lines: Counter[tuple[str, int | None]] = Counter()
    sizes: Counter[tuple[str, int | None]] = Counter()
    for part in batch:
        if isinstance(part, Lines):
            for line in [*part.lines, *(each.line for each in part.quarantined)]:
                hour = None if line.received is None else line.received // HOUR_MS * HOUR_MS
                lines[line.source, hour] += 1
                sizes[line.source, hour] += len(line.data)
    rows = [
        {
            "tenant": tenant,
            "counted": Counted.RECEIVED.value,
            "source": source,
            "time": hour,
            "count": count,
            "bytes": sizes[source, hour],
        }
        for (source, hour), count in lines.items()
    ]
    return pa.Table.from_batches([batch_of(rows, ROLLUP_SCHEMA)])
