"""The far side of a shard that works elsewhere: it answers each message of its worker."""

from dataclasses import dataclass

from foreseen.runners.rules.compiled import user_folder
from foreseen.runners.rules.files import settle
from foreseen.runners.shards.feeds import Feed
from foreseen.runners.shards.messages import Go, Idle, Orders, Sent, Stop
from foreseen.runners.shards.partition import Partition, Place, Start, Stopped

Answer = Sent | Idle | Stopped


@dataclass(frozen=True, slots=True)
class BeginShard:
    """What a shard needs to begin.

    Attributes:
        feed: Its partition.
        place: Whose, and its name.
        start: Where it goes on.
        orders: Rules and settings.
    """

    feed: Feed
    place: Place
    start: Start
    orders: Orders

    @property
    def name(self) -> str:
        """The shard's, for messages to people."""
        return self.place.name

    @property
    def is_light(self) -> bool:
        """It works all the time."""
        return False

    def opened(self) -> "ServedShard":
        """Begin where this is.

        Raises:
            CorruptError: A snapshot cannot be read, or the rules are not the worker's.
            ConfigurationError: The partition cannot be opened.
            TransientError: Not now.
        """
        return ServedShard(self)


class ServedShard:
    """One partition that does what it is told."""

    def __init__(self, begin: BeginShard) -> None:
        """Open the partition and load the rules; raises as `BeginShard.opened`."""
        self._feed = begin.feed.opened()
        artefacts = begin.orders.loaded(user_folder())
        settle()
        self._partition = Partition(begin.place, self._feed.stretches, begin.start, artefacts)

    def answer(self, message: object) -> Answer | None:
        """What becomes of a message; None: there is nothing to say."""
        match message:
            case Go(end):
                self._feed.may_read_to(end)
                worked = self._partition.advance()
                return Sent.of(worked) if worked else Idle()
            case Orders():
                before = self._partition.artefacts.rules
                self._partition.artefacts = message.loaded(user_folder(), before)
                return None
            case Stop():
                return self._partition.stopped()
            case _:
                raise TypeError(f"{message!r} is nothing that is said to a shard")
