"""Shards that work elsewhere, as their worker sees them; links know how messages travel."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from foreseen.core.errors import CorruptError, TransientError
from foreseen.core.ids import TenantId
from foreseen.rules import RuleSet
from foreseen.runners.settings.settings import Settings
from foreseen.runners.shards.messages import Failed, Go, Idle, Orders, Sent, Stop
from foreseen.runners.shards.partition import Stopped, Worked

_AHEAD = 2
"""Stretches of a shard that are not committed yet: one on its way, one in work."""

_WAIT_SECONDS = 0.2


class Links(Protocol):
    """A link to each shard, in the order of partitions. Answers come in the order of messages."""

    def __len__(self) -> int: ...

    @property
    def process_ids(self) -> Sequence[int]:
        """Processes of the shards on this machine."""
        ...

    def say(self, number: int, message: object) -> None:
        """A message to a shard; raises TransientError if it has died."""
        ...

    def heard(self, number: int) -> object:
        """The next answer of a shard, waited for; raises TransientError if it has died."""
        ...

    def speaking(self, numbers: Sequence[int], seconds: float) -> Sequence[int]:
        """Which of these shards have answered, after a while at most."""
        ...

    def close(self) -> None:
        """End all shards at once."""
        ...


@dataclass(slots=True)
class _Asked:
    """What a shard was asked.

    Attributes:
        end: End of the log that it was last told.
        more: Whether there may be more before that.
        owed: Answers that have not come.
        come: Answers that nobody has taken.
    """

    end: int = -1
    more: bool = True
    owed: int = 0
    come: deque[Worked] = field(default_factory=deque)


class RemoteShards:
    """Keeps each shard at work while the worker commits."""

    def __init__(
        self, links: Links, tenant: TenantId, settings: Settings, end: Callable[[], int | None]
    ) -> None:
        """Ask shards for stretches.

        Args:
            links: To the shards.
            tenant: Organisation.
            settings: In force for all.
            end: Tells up to where the log is on the disk; None: the shards ask their broker.
        """
        self._links, self._tenant, self._settings, self._end = links, tenant, settings, end
        self._shards = [_Asked() for _ in range(len(links))]

    @property
    def process_ids(self) -> Sequence[int]:
        """Processes of the shards on this machine."""
        return self._links.process_ids

    def ready(self) -> Sequence[Worked]:
        """What has come, at most one stretch of each; waits a little while one is in work.

        Raises:
            TransientError: A shard cannot go on now, or has died.
            CorruptError: A shard cannot go on at all.
        """
        end = self._end()
        for number, shard in enumerate(self._shards):
            self._ask(number, shard, end)
        self._listen(0.0 if any(shard.come for shard in self._shards) else _WAIT_SECONDS)
        return [shard.come.popleft() for shard in self._shards if shard.come]

    def use(self, rules: RuleSet) -> None:
        """Exchange the rules, from the next stretch on that has not been asked for."""
        orders = Orders.of(self._tenant, rules, self._settings)
        while any(shard.owed for shard in self._shards):  # who still says much does not hear much
            self._listen(_WAIT_SECONDS)
        for number in range(len(self._links)):
            self._links.say(number, orders)

    def stop(self) -> Sequence[Stopped]:
        """End all shards; the last state of each from which everything has been taken."""
        try:
            stopped = [self._stopped(number) for number in range(len(self._links))]
            return [each for each in stopped if each is not None]
        finally:
            self.kill()

    def kill(self) -> None:
        """End all shards at once."""
        self._links.close()

    def _ask(self, number: int, shard: _Asked, end: int | None) -> None:
        """For more stretches, as long as there may be some and few are waiting."""
        grown = shard.owed == 0 if end is None else shard.end < end
        while shard.owed + len(shard.come) < _AHEAD and (shard.more or grown):
            shard.more, grown = shard.more and not grown, False
            self._links.say(number, Go(end))
            shard.end, shard.owed = end or 0, shard.owed + 1

    def _listen(self, seconds: float) -> None:
        owing = [number for number, shard in enumerate(self._shards) if shard.owed]
        for number in self._links.speaking(owing, seconds) if owing else ():
            shard = self._shards[number]
            shard.owed -= 1
            match self._heard(number):
                case Sent() as sent:
                    shard.come.append(sent.worked())
                    shard.more = True
                case Idle():
                    shard.more = False

    def _stopped(self, number: int) -> Stopped | None:
        """The last state; None where something was worked that nobody will commit."""
        self._links.say(number, Stop())
        taken = not self._shards[number].come
        while True:
            match self._heard(number):
                case Stopped() as stopped:
                    return stopped if taken else None
                case Sent():
                    taken = False

    def _heard(self, number: int) -> object:
        heard = self._links.heard(number)
        if isinstance(heard, Failed):
            raise TransientError(heard.message) if heard.heals else CorruptError(heard.message)
        return heard
