"""What several judges remember as one state, and divided again among any number of them."""

import copy
from collections.abc import Mapping, Sequence

from foreseen.core.ids import RuleId
from foreseen.pipeline.judges import judge_of_group
from foreseen.pipeline.open_streams import JudgeState, group_of
from foreseen.rules import Rule
from foreseen.rules.correlation.groups import Group
from foreseen.rules.correlation.link import LATENESS
from foreseen.rules.correlation.state import CorrelationState, Remembered


def joined(states: Sequence[JudgeState]) -> JudgeState:
    """One state of those of several judges; of correlations they remember nothing."""
    if len(states) == 1:
        return states[0]
    whole = JudgeState(whereabouts=states[0].whereabouts)  # all were told the same
    for state in states:
        whole.streams.update(state.streams)
        whole.shared.update(state.shared)
        whole.crowded += state.crowded
        whole.provisional.early += state.provisional.early
        for uid, entry in state.provisional.entries.items():
            whole.provisional.hold(uid, entry)
        _count_along(whole.thresholds, state.thresholds)
    return whole


def divided_state(state: JudgeState, count: int, rules: Mapping[RuleId, Rule]) -> list[JudgeState]:
    """A state among so many judges, in the order of what it holds; counters stay with the first.

    Args:
        state: What one judge remembers, but for correlations. It must not be used again.
        count: How many judges.
        rules: Tell for how long a threshold's counts matter.
    """
    if count == 1:
        return [state]
    parts = [JudgeState(whereabouts=copy.deepcopy(state.whereabouts)) for _ in range(count)]
    for name, stream in state.streams.items():
        part = parts[judge_of_group(stream.group, count)]
        part.streams[name] = stream
        part.shared |= {like: name for like, known in stream.alerts.items() if known.shared}
    for (uid, entry), row in zip(
        state.provisional.entries.items(),
        state.provisional.rows(list(state.provisional.entries)).to_pylist(),
        strict=True,
    ):
        group = group_of(str(row["host"]), str(row["workload"]))
        parts[judge_of_group(group, count)].provisional.hold(uid, entry)
    parts[0].crowded, parts[0].provisional.early = state.crowded, state.provisional.early
    for name, remembered in state.thresholds.rules.items():
        rule = rules.get(RuleId(name))
        if rule is not None:  # a judge would forget it
            reach = state.thresholds.clock - rule.alerting.window - LATENESS
            _count_on(name, remembered, parts, reach)
    for part in parts:
        part.thresholds.clock = state.thresholds.clock
    return parts


def _count_on(name: str, remembered: Remembered, parts: Sequence[JudgeState], reach: int) -> None:
    """A threshold's recent counts to all judges: that of a group goes on with whoever sees it."""
    for part in parts:
        own = part.thresholds.rules[name] = Remembered(remembered.digest)
        for key, group in remembered.groups.items():
            if group.times and group.times[-1] >= reach:
                own.groups[key] = copy.deepcopy(group)
                own.size += len(group.times)
    parts[0].thresholds.rules[name].lost = remembered.lost


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
