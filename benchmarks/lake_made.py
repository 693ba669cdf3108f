"""The lake that is asked: recorded events under other hosts, and matches anywhere among them."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from foreseen.core.ids import DEFAULT_TENANT
from foreseen.lake.lake import Cursor, Lake
from foreseen.models.moments.windows import FORKS
from foreseen.pipeline.shard import Lines, ShardArtefacts, ShardState, step
from foreseen.runners.rules.files import load_rules
from lake_apart import say
from recorded import first_lines, placed, tested_recording

LINES = 150_000
PER_COMMIT = 500_000
MATCHES = "matches.parquet"
_SEED = 7


def recorded() -> pa.Table:
    """Events of a recording, labelled, without their raw lines."""
    lines = placed(first_lines(tested_recording(), LINES))
    artefacts = ShardArtefacts(DEFAULT_TENANT, load_rules(None))
    _, out = step(ShardState(), [Lines("recording", "auditd", lines, ended=True)], artefacts)
    rows = pa.Table.from_batches([out.events])
    place = rows.schema.names.index("raw")
    return rows.set_column(place, "raw", pa.nulls(rows.num_rows, pa.string()))


def make(folder: Path, events: int, matches: int) -> int:
    """A lake of about so many events and the matches in it, unless it is there; its events."""
    if (folder / MATCHES).exists():
        files = Lake.open(folder / "lake").files("events", DEFAULT_TENANT)
        return sum(pq.read_metadata(path).num_rows for path in files)
    rows = recorded()
    copies, lake = max(1, round(events / rows.num_rows)), Lake.open(folder / "lake")
    at_once = max(1, PER_COMMIT // rows.num_rows)
    for begin in range(0, copies, at_once):
        numbers = range(begin, min(begin + at_once, copies))
        part = pa.concat_tables([copied(rows, number) for number in numbers])
        lake.commit({"events": part}, Cursor("benchmark", begin + 1))
    say(f"a lake of {copies * rows.num_rows:,} events is written")
    pq.write_table(_chosen(rows, copies, matches), folder / MATCHES)
    return copies * rows.num_rows


def copied(rows: pa.Table, number: int) -> pa.Table:
    """The events as those of other hosts."""
    for name in ("stream", "host"):
        told = rows[name].combine_chunks().dictionary_encode()
        names = [f"{number}-{value}" for value in told.dictionary.to_pylist()]
        column = pa.array(names, pa.string()).take(told.indices)
        rows = rows.set_column(rows.schema.names.index(name), name, column)
    return rows


def _chosen(rows: pa.Table, copies: int, matches: int) -> pa.Table:
    """Matches anywhere in the lake: events that are no forks."""
    plain = np.flatnonzero(~pc.is_in(rows["event_type"], pa.array(FORKS)).to_numpy())
    chosen = np.random.default_rng(_SEED).choice(copies * len(plain), matches, replace=False)
    parts = [
        copied(rows.take(pa.array(plain[chosen[chosen // len(plain) == copy] % len(plain)])), copy)
        for copy in np.unique(chosen // len(plain)).tolist()
    ]
    return pa.concat_tables(parts).select(["stream", "seq", "time"])
