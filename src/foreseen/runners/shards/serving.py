"""The far side of a shard that works elsewhere: it answers each message of its worker."""

from dataclasses import dataclass

from foreseen.core.errors import ForeseenError, TransientError
from foreseen.runners.rules.compiled import user_folder
from foreseen.runners.rules.files import settle
from foreseen.runners.shards.feeds import Feed
from foreseen.runners.shards.messages import Failed, Go, Idle, Orders, Sent, Stop
from foreseen.runners.shards.partition import Partition, Place, Start, Stopped

Answer = Sent | Idle | Stopped | Failed


@dataclass(frozen=True, slots=True)
class Begin:
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


class ServedShard:
    """One partition that does what it is told."""

    def __init__(self, begin: Begin) -> None:
        """Open the partition and load the rules.

        Raises:
            CorruptError: A snapshot cannot be read, or the rules are not the worker's.
            ConfigurationError: The partition cannot be opened.
            TransientError: Not now.
        """
        self._feed = begin.feed.opened()
        artefacts = begin.orders.loaded(user_folder())
        settle()
        self._partition = Partition(begin.place, self._feed.stretches, begin.start, artefacts)

    def answer(self, message: Go | Orders | Stop) -> Answer | None:
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


def failed(error: ForeseenError) -> Failed:
    """The last word of a shard that cannot go on."""
    return Failed(str(error), heals=isinstance(error, TransientError))
