"""Move lines through the shard step into the lake, with the state's snapshot at the cursor."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from foreseen.core.ids import TenantId
from foreseen.lake.lake import Cursor, Lake
from foreseen.lake.rollup_batches import rollup_of_batch
from foreseen.pipeline.shard import Lines, ShardArtefacts, ShardOut, ShardState, Tick, step
from foreseen.schema.arrow import texts


@dataclass(slots=True)
class Tally:
    """What went through: a line is in an event's raw or in quarantine, always.

    Attributes:
        lines: Lines received.
        events: Events stored.
        matches: Matches by rule.
        quarantined: Lines quarantined, by reason.
        streams: Streams that began: a shard keeps the last number of each for good.
    """

    lines: int = 0
    events: int = 0
    matches: Counter[str] = field(default_factory=Counter)
    quarantined: Counter[str] = field(default_factory=Counter)
    streams: int = 0

    def add(self, lines: int, out: ShardOut) -> None:
        """Count a batch."""
        self.lines += lines
        self.events += out.events.num_rows
        self.matches.update(texts(out.matches, "rule_id"))
        self.quarantined.update(texts(out.quarantine, "reason"))
        self.streams += int(np.count_nonzero(out.events["seq"].to_numpy() == 1))


class Shard:
    """One shard over one lake: its state, and the commit of what a batch gave."""

    def __init__(self, lake: Lake, artefacts: ShardArtefacts, app_id: str) -> None:
        """App id: names the producer in the lake's transactions.

        Artefacts are exchanged at a batch boundary by assigning `artefacts`.
        """
        self._lake = lake
        self.artefacts = artefacts
        self._app_id = app_id
        self.state = ShardState()
        self.tally = Tally()

    def process(self, batch: Sequence[Lines | Tick], *, after: int, version: int) -> None:
        """Put the input between two cursors through the step and commit what it gave.

        The commit says the time of its ticks: for whoever reads on it is so late after its rows,
        so that a tick belongs at the end of a batch.
        """
        self.state, out = step(self.state, batch, self.artefacts)
        given = [part for part in batch if isinstance(part, Lines)]
        self.tally.add(sum(len(part.lines) + len(part.quarantined) for part in given), out)
        ticks = [part.now for part in batch if isinstance(part, Tick)]
        self._lake.commit(
            tables_of(self.artefacts.tenant, batch, out),
            Cursor(self._app_id, version, after, max(ticks, default=None)),
        )


def tables_of(
    tenant: TenantId, batch: Sequence[Lines | Tick], out: ShardOut
) -> dict[str, pa.Table]:
    """What a batch gave as the lake's tables, with what dashboards count of it."""
    tables = {"events": out.events, "matches": out.matches, "quarantine": out.quarantine}
    given = {name: pa.Table.from_batches([rows]) for name, rows in tables.items()}
    return given | {"rollups": rollup_of_batch(tenant, batch, out)}
