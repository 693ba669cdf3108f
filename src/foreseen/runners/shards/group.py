"""The shards of an organisation as its worker sees them."""

from collections.abc import Callable, Sequence
from typing import Protocol

from foreseen.pipeline.shard import ShardArtefacts
from foreseen.rules import RuleSet
from foreseen.runners.shards.partition import Partition, Stopped, Worked


class ShardGroup(Protocol):
    """Works ahead of what is committed; after an error, begin another one."""

    @property
    def process_ids(self) -> Sequence[int]:
        """Processes of the shards; none when they work in the worker's own."""
        ...

    def ready(self) -> Sequence[Worked]:
        """What shards have worked since, at most one stretch of each; none when nothing waits.

        Raises:
            TransientError: A shard cannot go on now, or has died.
            CorruptError: A shard cannot go on at all.
        """
        ...

    def use(self, rules: RuleSet) -> None:
        """Exchange the rules, from a stretch on that has not begun yet."""
        ...

    def stop(self) -> Sequence[Stopped]:
        """End the shards; the last state of each of which everything was taken."""
        ...

    def kill(self) -> None:
        """End the shards at once."""
        ...


class InTurn:
    """All shards in the worker's own thread, one after the other."""

    def __init__(
        self, partitions: Sequence[Partition], artefacts: Callable[[RuleSet], ShardArtefacts]
    ) -> None:
        """Partitions, and what makes artefacts of newer rules."""
        self._partitions, self._artefacts = partitions, artefacts

    @property
    def process_ids(self) -> Sequence[int]:
        """None of its own."""
        return []

    def ready(self) -> Sequence[Worked]:
        """The next stretch of each."""
        return [each for each in (one.advance() for one in self._partitions) if each is not None]

    def use(self, rules: RuleSet) -> None:
        """Exchange the rules."""
        artefacts = self._artefacts(rules)
        for each in self._partitions:
            each.artefacts = artefacts

    def stop(self) -> Sequence[Stopped]:
        """The state of each."""
        return [each.stopped() for each in self._partitions]

    def kill(self) -> None:
        """There is nothing to end."""
