"""States of several shards as one, for another division of the same streams among shards."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from foreseen.pipeline.shard import ShardState


def merged(states: Sequence[ShardState]) -> ShardState:
    """All that the shards remember, in one state; they must not be used again.

    Of a stream that several know, the one with the largest number has it: the others remember it
    from an earlier division.
    """
    together, owners = ShardState(), dict[str, int]()
    for place, state in enumerate(states):
        together.parsers |= state.parsers
        together.orders |= state.orders
        together.heard.sources |= state.heard.sources
        for stream, seq in state.sequences.items():
            if seq > together.sequences.get(stream, 0):
                together.sequences[stream], owners[stream] = seq, place
    tails = [together.tail]
    for place, state in enumerate(states):
        own = pa.array([stream for stream, owner in owners.items() if owner == place], pa.string())
        tails.append(state.tail.filter(pc.is_in(state.tail["stream"], own)))
        for (host, boot), known in state.processes.hosts.items():
            if owners.get(f"{host}/{boot}", place) == place:
                together.processes.hosts[host, boot] = known
    together.tail = pa.concat_tables(tails)
    together.heard.day = max((state.heard.day for state in states), default=-1)
    together.heard.days = max((state.heard.days for state in states), default=0)
    for stream, owner in owners.items():
        if stream in states[owner].heard.streams:
            together.heard.streams[stream] = states[owner].heard.streams[stream]
    return together
