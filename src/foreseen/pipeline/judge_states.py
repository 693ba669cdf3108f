"""What several judges remember as one state, and divided again among any number of them."""

import copy
from collections.abc import Sequence
from heapq import merge

from foreseen.pipeline.judges import WorkloadOf, judge_of
from foreseen.pipeline.open_streams import JudgeState
from foreseen.rules.correlation.groups import Group
from foreseen.rules.correlation.state import CorrelationState, Remembered


def joined(states: Sequence[JudgeState]) -> JudgeState:
    """One state of those of several judges; of correlations they remember nothing.

    What a judge remembers stays in its order, for late evidence is weighed in it.
    """
    if len(states) == 1:
        return states[0]
    whole = JudgeState(whereabouts=states[0].whereabouts)  # all were told the same
    streams = (state.streams.items() for state in states)
    whole.streams.update(merge(*streams, key=lambda each: each[1].now))
    entries = (state.provisional.entries.items() for state in states)
    for uid, entry in merge(*entries, key=lambda each: each[1].sighting.arrived):
        whole.provisional.hold(uid, entry)
    for state in states:
        whole.shared.update(state.shared)
        whole.crowded += state.crowded
        whole.provisional.early += state.provisional.early
        _count_along(whole.thresholds, state.thresholds)
    return whole


def divided_state(state: JudgeState, count: int, workload_of: WorkloadOf) -> list[JudgeState]:
    """A state among so many judges, in the order of what it holds; counters stay with the first.

    What thresholds have counted goes to all: that of a group goes on with whoever sees it.

    Args:
        state: What one judge remembers, but for correlations. It must not be used again.
        count: How many judges.
        workload_of: Names the workload that a host plays now.
    """
    if count == 1:
        return [state]
    parts = [
        JudgeState(
            whereabouts=copy.deepcopy(state.whereabouts),
            thresholds=copy.deepcopy(state.thresholds),
        )
        for _ in range(count)
    ]
    for name, stream in state.streams.items():
        part = parts[judge_of(workload_of(stream.host), count)]
        part.streams[name] = stream
        part.shared |= {like: name for like, known in stream.alerts.items() if known.shared}
    uids = list(state.provisional.entries)
    for uid, row in zip(uids, state.provisional.rows(uids).to_pylist(), strict=True):
        part = parts[judge_of(workload_of(str(row["host"])), count)]
        part.provisional.hold(uid, state.provisional.entries[uid])
    parts[0].crowded, parts[0].provisional.early = state.crowded, state.provisional.early
    for part in parts[1:]:
        for remembered in part.thresholds.rules.values():
            remembered.lost.clear()
    return parts


def _count_along(whole: CorrelationState, part: CorrelationState) -> None:
    """What another judge has counted; of a group that several hold, that which went on."""
    whole.clock = max(whole.clock, part.clock)
    for name, other in part.rules.items():
        known = whole.rules.setdefault(name, Remembered(other.digest))
        if known.digest != other.digest:
            continue
        known.lost.update(other.lost)
        for key, group in other.groups.items():
            before = known.groups.get(key)
            if before is None or _newest(before) <= _newest(group):
                known.groups[key] = group
        known.size = sum(len(group.times) for group in known.groups.values())


def _newest(group: Group) -> tuple[int, int]:
    return (group.times[-1] if group.times else 0, len(group.times))
