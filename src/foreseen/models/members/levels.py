"""Whose history answers for a match: its workload's own, else its group's, else the tenant's.

A pod of thirty seconds has no history, but its deployment's siblings have one. What neighbours do
is weaker evidence than what this workload did: above the workload a habit counts only where
`SPREAD` others show it, so that one compromised neighbour cannot make its acts expected here; it
counts as often as that many of them show it, not as often as all do together; and the probability
is cut by `STRICTER`. There is no level beyond the tenant's: habits of other people's machines say
nothing of these ones, and would be known to the attacker.
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from foreseen.core.decisions import Level

SPREAD = 2
"""Other workloads that must show a habit before their level knows it."""

STRICTER: Mapping[Level, float] = {Level.WORKLOAD: 1.0, Level.GROUP: 0.7, Level.TENANT: 0.5}
"""What is left of a probability by the level that gave it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What answers for a rule on a workload.

    Attributes:
        level: The nearest level with enough history; the workload's own where none has.
        name: Name of the workload or the group; empty for the tenant.
        history: Expected matches of the level; too few of them are a cold start.
        members: The other workloads of the level that matched, in order; none for a workload's own.
    """

    level: Level
    name: str
    history: int
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Levels:
    """Groups of workloads, and the history that a level needs before it answers.

    Attributes:
        groups: Group by workload; a workload without one goes to the tenant at once.
        least_history: Expected matches below which a level does not answer.
    """

    groups: Mapping[str, str] = field(default_factory=dict)
    least_history: int = 1

    def standing(self, history: Mapping[str, int], workload: str) -> Standing:
        """The level that answers for a workload.

        Args:
            history: Expected matches of one rule by workload.
            workload: Whose match it is.
        """
        own = history.get(workload, 0)
        if own >= self.least_history:
            return Standing(Level.WORKLOAD, workload, own)
        group = self.groups.get(workload)
        if group is not None:
            mates = [name for name in history if self.groups.get(name) == group]
            found = _standing(Level.GROUP, group, history, mates, workload)
            if self._answers(found):
                return found
        found = _standing(Level.TENANT, "", history, history, workload)
        return found if self._answers(found) else Standing(Level.WORKLOAD, workload, own)

    def _answers(self, found: Standing) -> bool:
        return found.history >= self.least_history and len(found.members) >= SPREAD

    def dump(self) -> dict[str, object]:
        """JSON-ready."""
        return {"groups": dict(sorted(self.groups.items())), "least_history": self.least_history}


Key = TypeVar("Key", bound=Hashable)


def shared(others: Iterable[Mapping[Key, int]]) -> dict[Key, int]:
    """How often at least `SPREAD` of some workloads show each key; without those that fewer show.

    Args:
        others: Counts by key, one mapping a workload.
    """
    found: defaultdict[Key, list[int]] = defaultdict(list)
    for counts in others:
        for key, count in counts.items():
            found[key].append(count)
    return {key: sorted(c)[-SPREAD] for key, c in found.items() if len(c) >= SPREAD}


def known(own: Mapping[Key, int], others: Iterable[Mapping[Key, int]]) -> dict[Key, int]:
    """What a workload's own counts and those of others know together: the larger of both."""
    counts = shared(others)
    for key, count in own.items():
        counts[key] = max(count, counts.get(key, 0))
    return counts


def load(dumped: Mapping[str, object]) -> Levels:
    """Levels from `Levels.dump`."""
    groups, least = dumped["groups"], dumped["least_history"]
    if not isinstance(groups, dict) or not isinstance(least, int):
        raise TypeError("levels need groups and a least history")
    return Levels({str(name): str(group) for name, group in groups.items()}, least)


def _standing(
    level: Level, name: str, history: Mapping[str, int], mates: Collection[str], workload: str
) -> Standing:
    count = sum(history[mate] for mate in mates)
    others = sorted(mate for mate in mates if mate != workload and history[mate])
    return Standing(level, name, count, tuple(others))
