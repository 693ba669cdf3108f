"""Shards that work elsewhere, as their worker sees them; links know how messages travel."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from foreseen.core.errors import TransientError
from foreseen.core.ids import TenantId
from foreseen.rules import RuleSet
from foreseen.runners.links.link import HUNG_SECONDS, Links, answer_of
from foreseen.runners.settings.settings import Settings
from foreseen.runners.shards.messages import Go, Idle, Orders, Sent, Stop
from foreseen.runners.shards.partition import Stopped, Worked

_AHEAD = 2
"""Stretches of a shard that are not committed yet: one on its way, one in work."""

_WAIT_SECONDS = 0.2


@dataclass(slots=True)
class _Asked:
    """What a shard was asked.

    Attributes:
        end: End of the log that it was last told.
        more: Whether there may be more before that.
        owed: Answers that have not come.
        come: Answers that nobody has taken.
        since: When it began to owe what it owes, by the monotonic clock.
    """

    end: int = -1
    more: bool = True
    owed: int = 0
    come: deque[Worked] = field(default_factory=deque)
    since: float = 0.0


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
            shard.since = shard.since if shard.owed else time.monotonic()
            shard.end, shard.owed = end or 0, shard.owed + 1

    def _listen(self, seconds: float) -> None:
        owing = [number for number, shard in enumerate(self._shards) if shard.owed]
        for number in self._links.speaking(owing, seconds) if owing else ():
            shard = self._shards[number]
            shard.owed, shard.since = shard.owed - 1, time.monotonic()
            match answer_of(self._links, number):
                case Sent() as sent:
                    shard.come.append(sent.worked())
                    shard.more = True
                case Idle():
                    shard.more = False

        for number in owing:
            self._refuse_a_hung_one(number)

    def _refuse_a_hung_one(self, number: int) -> None:
        """Who is stopped or caught in an endless loop does not die, and would never be missed."""
        shard = self._shards[number]
        if shard.owed and time.monotonic() - shard.since > HUNG_SECONDS:
            raise TransientError(f"shard {number} has not answered for {HUNG_SECONDS:.0f} s")

    def _stopped(self, number: int) -> Stopped | None:
        """The last state; None where something was worked that nobody will commit."""
        self._links.say(number, Stop())
        taken = not self._shards[number].come
        while True:
            match answer_of(self._links, number):
                case Stopped() as stopped:
                    return stopped if taken else None
                case Sent():
                    taken = False
