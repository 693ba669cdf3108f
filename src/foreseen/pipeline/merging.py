"""States of several shards as one, for another division of the same streams among shards."""

from collections.abc import Sequence

import pyarrow as pa

from foreseen.pipeline.shard import ShardState


def merged(states: Sequence[ShardState]) -> ShardState:
    """All that the shards remember, in one state; they must not be used again.

    Sources and streams have one shard each, so nothing is in two of them; of a stream that is, the
    larger sequence number counts. A shard that gets all of it never asks for what is not its own.
    """
    together = ShardState()
    for state in states:
        together.parsers |= state.parsers
        together.processes.hosts |= state.processes.hosts
        together.orders |= state.orders
        for stream, seq in state.sequences.items():
            together.sequences[stream] = max(seq, together.sequences.get(stream, 0))
    together.tail = pa.concat_tables([together.tail, *(state.tail for state in states)])
    return together
