"""Among how many shards an organisation's streams are divided, and another number of them."""

from dataclasses import dataclass, replace

import orjson
from sqlalchemy import Engine

from foreseen.control.cursors import Checkpoint, advance, checkpoint
from foreseen.control.database import writing
from foreseen.core.errors import CorruptError
from foreseen.core.ids import TenantId
from foreseen.intake.keys import partition_of_source
from foreseen.pipeline.merging import merged
from foreseen.pipeline.shard import ShardState
from foreseen.pipeline.snapshots import dump_shard, load_shard
from foreseen.runners.shards.committing import place_of


@dataclass(frozen=True, slots=True)
class Division:
    """A division in force.

    Attributes:
        partitions: Number of shards.
        changes: How often it was changed before.
    """

    partitions: int
    changes: int = 0


def division(engine: Engine, tenant: TenantId) -> Division | None:
    """The division that the stores know; None: none yet.

    Raises:
        CorruptError: It cannot be read.
    """
    found = checkpoint(engine, tenant, _name(tenant))
    if found is None:
        return None
    try:
        return Division(int(orjson.loads(found.state or b"")["partitions"]), found.version)
    except (ValueError, LookupError, TypeError) as error:
        raise CorruptError(f"the division into shards cannot be read: {error!r}") from error


def divide(
    engine: Engine, tenant: TenantId, before: Division | None, partitions: int, cursor: int
) -> Division:
    """Put another division in force, from an offset on that all shards of the former have reached.

    Each new shard begins with the streams of all, of which it asks for its own only, and with what
    its own sources have begun: a tick would make every shard emit what it holds of any source.

    Raises:
        CorruptError: A snapshot cannot be read, or is not of that offset.
    """
    after = Division(partitions, before.changes + 1 if before else 0)
    state = _together(engine, tenant, before, cursor) if before else None
    with writing(engine) as session:
        if state is not None:
            for number in range(partitions):
                name = place_of(tenant, number, partitions).name
                content = dump_shard(_of_its_own(state, tenant, number, partitions))
                advance(session, tenant, Checkpoint(name, cursor, content))
        told = orjson.dumps({"partitions": partitions})
        advance(session, tenant, Checkpoint(_name(tenant), after.changes, told))
    return after


def _together(engine: Engine, tenant: TenantId, before: Division, cursor: int) -> ShardState:
    states = []
    for number in range(before.partitions):
        name = place_of(tenant, number, before.partitions).name
        found = checkpoint(engine, tenant, name)
        if found is None or found.version != cursor or found.state is None:
            at = found.version if found else "nothing"
            raise CorruptError(f"the snapshot of {name} is of {at}, not of {cursor}")
        state = load_shard(found.state)
        states.append(_of_its_own(state, tenant, number, before.partitions))
    return merged(states)


def _of_its_own(state: ShardState, tenant: TenantId, number: int, partitions: int) -> ShardState:
    """The state with the shard's own sources alone."""

    def is_own(source: str) -> bool:
        return partition_of_source(tenant, source, partitions) == number

    own = {key: parser for key, parser in state.parsers.items() if is_own(key[1])}
    heard = {key: day for key, day in state.heard.sources.items() if is_own(key[1])}
    return replace(state, parsers=own, heard=replace(state.heard, sources=heard))


def _name(tenant: TenantId) -> str:
    return f"division/{tenant}"
