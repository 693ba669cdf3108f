"""Where a Kafka topic is, what its client is told, and what the client's errors mean for us."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from foreseen.core.errors import (
    ConfigurationError,
    ForeseenError,
    MalformedInputError,
    TransientError,
)

Made = TypeVar("Made")
_ASK_SECONDS = 5.0
_TOO_LARGE = (KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE)


@dataclass(frozen=True, slots=True)
class KafkaPlace:
    """A topic.

    Attributes:
        servers: `host:port` of brokers, separated by commas.
        topic: Its name; the topic exists.
        settings: More settings of the client by librdkafka's names, e.g. of TLS and SASL.
        most: Longest record that the topic takes (`max.message.bytes`), bytes.
        backlog: Bytes that may wait for the broker in this process.
        patience: How long an append tries, s.
    """

    servers: str
    topic: str
    settings: Mapping[str, str] = field(default_factory=dict)
    most: int = 1 << 20
    backlog: int = 256 << 20
    patience: float = 15.0

    def __str__(self) -> str:
        return f"kafka://{self.servers}/{self.topic}"

    @property
    def ask(self) -> float:
        """How long a question to the brokers may take, s."""
        return min(self.patience, _ASK_SECONDS)

    def client(self, ours: Mapping[str, object]) -> dict[str, object]:
        """Settings of a client: ours over those of the place."""
        return {"bootstrap.servers": self.servers, **self.settings, **ours}


def made(kind: Callable[[dict[str, Any]], Made], settings: dict[str, Any]) -> Made:
    """A client.

    Raises:
        ConfigurationError: A setting is wrong.
    """
    try:
        return kind(settings)
    except (KafkaException, TypeError, ValueError) as error:
        raise ConfigurationError(f"a setting of the Kafka client is wrong: {error}") from error


def partitions_at(place: KafkaPlace, wanted: int | None) -> int:
    """How many partitions the topic has.

    Raises:
        ConfigurationError: There is no such topic, or it has another number than wanted.
        TransientError: No broker answers.
    """
    admin = made(AdminClient, place.client({"allow.auto.create.topics": False}))
    try:
        topic = admin.list_topics(place.topic, timeout=place.ask).topics[place.topic]
    except KafkaException as error:
        raise told(error, place) from error
    if topic.error is not None:
        raise ConfigurationError(
            f"{place}: {topic.error.str()}; create the topic, with as many partitions as there "
            f"shall be shards"
        )
    if wanted is not None and len(topic.partitions) != wanted:
        raise ConfigurationError(
            f"{place}: the topic has {len(topic.partitions)} partitions and {wanted} are wanted; "
            f"the number cannot change while there are data, for streams would change their shard"
        )
    return len(topic.partitions)


def offsets_at(consumer: Consumer, place: KafkaPlace, partition: int) -> tuple[int, int]:
    """First record of a partition and the one after the last, as the broker says.

    Raises:
        TransientError: No broker answers.
    """
    try:
        found = consumer.get_watermark_offsets(
            TopicPartition(place.topic, partition), timeout=place.ask
        )
    except KafkaException as error:
        raise told(error, place) from error
    if found is None:
        raise TransientError(f"{place}: no broker answers within {place.ask:.0f} s; retry")
    return found[0], found[1]


def told(error: KafkaException | BufferError, place: KafkaPlace) -> ForeseenError:
    """What an error of the client means for a caller."""
    cause = error.args[0] if error.args else None
    if not isinstance(cause, KafkaError):
        return TransientError(f"{place}: {error}; retry")
    if cause.code() in _TOO_LARGE:
        return MalformedInputError(
            f"{place}: the broker takes no record of this size; raise the topic's "
            f"max.message.bytes to {place.most}, or say most= what it is"
        )
    return TransientError(f"{place}: {cause.str()}; retry")
