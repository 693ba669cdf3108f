"""What a campaign is to do: rounds of faults, each in a fresh installation of some setting."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tests.crash.faults import (
    BROKER_PLACES,
    PLACES,
    SHARD_PLACES,
    Fault,
    Kind,
    drawn,
    restarts,
)

PER_ROUND = 20
_LEAST_SHARDS = 2


class Setting(StrEnum):
    """What an installation consists of; one in which the judge works elsewhere belongs here too.

    Attributes:
        ONE: One process and a log of its own.
        SHARDS: Shards in processes of their own, and a log of its own.
        BROKER: One process that reads from a broker.
    """

    ONE = "one process, own log"
    SHARDS = "shards in processes of their own, own log"
    BROKER = "one process, NATS JetStream"


@dataclass(frozen=True, slots=True)
class Order:
    """What a campaign is to do.

    Attributes:
        kills: How many kills of a server with a log of its own.
        cuts: How many power cuts of one.
        seed: Of the dice.
        shards: Processes that the server divides hosts among in those rounds.
        restarts: How many kills and starts of the broker, in turns with as many of the server.
        shard_kills: How many kills of a shard's process, in turns with as many of the server.
    """

    kills: int
    cuts: int
    seed: int
    shards: int = 1
    restarts: int = 0
    shard_kills: int = 0


@dataclass(frozen=True, slots=True)
class Round:
    """A fresh installation, and what is done to it."""

    setting: Setting
    shards: int
    faults: Sequence[Fault]


def rounds(order: Order, dice: random.Random) -> Iterator[Round]:
    """All rounds; every place of a setting comes before one comes again."""
    kills = drawn(Kind.KILL, PLACES, order.kills, dice)
    mixed = [*kills, *drawn(Kind.CUT, PLACES, order.cuts, dice)]
    dice.shuffle(mixed)
    first = Setting.SHARDS if order.shards > 1 else Setting.ONE
    for part in _parts(mixed):
        yield Round(first, order.shards, part)
    shards = drawn(Kind.SHARD, SHARD_PLACES, order.shard_kills, dice)
    for part in _parts(_in_turns(shards, drawn(Kind.KILL, PLACES, order.shard_kills, dice))):
        yield Round(Setting.SHARDS, max(order.shards, _LEAST_SHARDS), part)
    broker = restarts(order.restarts, dice)
    for part in _parts(_in_turns(broker, drawn(Kind.KILL, BROKER_PLACES, order.restarts, dice))):
        yield Round(Setting.BROKER, 1, part)


def _in_turns(ours: Sequence[Fault], kills: Sequence[Fault]) -> list[Fault]:
    return [fault for pair in zip(ours, kills, strict=True) for fault in pair]


def _parts(faults: Sequence[Fault]) -> Iterator[Sequence[Fault]]:
    for start in range(0, len(faults), PER_ROUND):
        yield faults[start : start + PER_ROUND]
