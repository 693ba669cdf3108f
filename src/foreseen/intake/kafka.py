"""An intake kept by Kafka: one topic, its partitions by key, explicit offsets and no groups."""

import logging
import threading
import time
from collections.abc import Sequence
from functools import partial
from typing import Self

from confluent_kafka import (
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)

from foreseen.core.errors import NotFoundError, TransientError
from foreseen.intake.entries import Entry, Stored
from foreseen.intake.kafka_place import KafkaPlace, made, offsets_at, partitions_at, told
from foreseen.intake.protocol import BacklogFullError
from foreseen.intake.records import offset_of, placed, sequence_of, size_of, stored_of, until

__all__ = ["KafkaIntake", "KafkaPartition", "KafkaPlace"]

log = logging.getLogger("foreseen.kafka")

_SLACK_SECONDS = 5.0  # for the client's word that a record was given up
_POLL_SECONDS = 0.1
_WAIT_SECONDS = 0.2  # of a reader for the first record
_IDLE_SECONDS = 5.0  # after which a reader that finds nothing asks whether the broker lives
_OVERHEAD = 512  # bytes of a record besides its value


class KafkaIntake:
    """The appender: takes entries for all partitions; acknowledged by all in-sync replicas."""

    def __init__(self, place: KafkaPlace, partitions: int) -> None:
        self._place, self.partitions = place, partitions
        self._turn, self._counting = threading.Lock(), threading.Lock()
        self._waiting = 0
        self._fatal: str | None = None
        self._producer = self._new_producer()
        self._closed = threading.Event()
        self._poller = threading.Thread(target=self._poll, name="kafka", daemon=True)
        self._poller.start()

    @classmethod
    def open(cls, place: KafkaPlace, partitions: int | None = None) -> Self:
        """Open the topic for appends.

        Raises:
            ConfigurationError: There is no such topic, it has another number of partitions, or a
                setting is wrong.
            TransientError: No broker answers.
        """
        return cls(place, partitions_at(place, partitions))

    def append(self, entries: Sequence[Entry]) -> int:
        """Store entries, see `Appender.append`."""
        records = placed(entries, self.partitions, self._place.most - _OVERHEAD)
        if not records:
            return 0
        call = _Call(len(records))
        with self._turn:
            self._renew_when_fatal()
            self._reserve(sum(len(payload) for _, payload in records))
            for number, (partition, payload) in enumerate(records):
                self._produce(call, number, partition, payload)
        return call.wait(self._place)

    def check(self) -> None:
        """Do nothing if an append would be taken now; raises what `append` would."""
        self._reserve(0)
        partitions_at(self._place, self.partitions)

    def close(self) -> None:
        """End the use; appends that run have to be over."""
        self._closed.set()
        self._poller.join()
        self._producer.flush(_SLACK_SECONDS)

    def _new_producer(self) -> Producer:
        ours = {
            "acks": "all",
            "enable.idempotence": True,
            "message.max.bytes": self._place.most,
            "delivery.timeout.ms": int(self._place.patience * 1000),
            "queue.buffering.max.kbytes": 2 * self._place.backlog // 1024 + 1,
            "error_cb": self._told,
            "logger": log,
        }
        return made(
            Producer, {"compression.type": "lz4", "linger.ms": 2} | self._place.client(ours)
        )

    def _told(self, error: KafkaError) -> None:
        if error.fatal():
            self._fatal = error.str()
        else:
            log.warning("%s: %s", self._place, error.str())

    def _renew_when_fatal(self) -> None:
        """An idempotent producer that lost its order takes nothing more: begin another one."""
        if self._fatal is not None:
            log.warning("%s: a new producer after: %s", self._place, self._fatal)
            self._producer.purge()
            self._producer.flush(_SLACK_SECONDS)
            self._producer, self._fatal = self._new_producer(), None

    def _reserve(self, size: int) -> None:
        most = self._place.backlog
        with self._counting:
            if self._waiting + size > most:
                raise BacklogFullError(
                    f"{self._place}: {self._waiting} bytes wait for the broker, {most} are "
                    f"allowed; retry later"
                )
            self._waiting += size

    def _produce(self, call: "_Call", number: int, partition: int, payload: bytes) -> None:
        done = partial(self._delivered, call, number, len(payload))
        try:
            self._producer.produce(
                self._place.topic, payload, partition=partition, on_delivery=done
            )
        except (KafkaException, BufferError) as error:
            self._free(len(payload))
            call.failed(error)

    def _delivered(
        self, call: "_Call", number: int, size: int, error: KafkaError | None, message: Message
    ) -> None:
        self._free(size)
        if error is None:
            call.stored(number, message.offset() or 0)
        else:
            call.failed(KafkaException(error))

    def _free(self, size: int) -> None:
        with self._counting:
            self._waiting -= size

    def _poll(self) -> None:
        while not self._closed.is_set():
            self._producer.poll(_POLL_SECONDS)


class _Call:
    """One append that waits for its records."""

    def __init__(self, records: int) -> None:
        self._left, self._last = records, records - 1
        self._end = 0
        self._error: KafkaException | BufferError | None = None
        self._done = threading.Event()
        self._turn = threading.Lock()

    def stored(self, number: int, sequence: int) -> None:
        """A record is stored."""
        if number == self._last:
            self._end = offset_of(sequence + 1)
        self._one_less()

    def failed(self, error: KafkaException | BufferError) -> None:
        """A record is not."""
        self._error = self._error or error
        self._one_less()

    def wait(self, place: KafkaPlace) -> int:
        """Offset after the last record when all are stored."""
        if not self._done.wait(place.patience + _SLACK_SECONDS):
            raise TransientError(f"{place}: no answer in {place.patience:.0f} s; retry")
        if self._error is not None:
            raise told(self._error, place) from self._error
        return self._end

    def _one_less(self) -> None:
        with self._turn:
            self._left -= 1
            if self._left == 0:
                self._done.set()


class KafkaPartition:
    """The reader of one partition. The cursor is the pipeline's own: nothing is committed here."""

    def __init__(self, place: KafkaPlace, partition: int) -> None:
        self._place, self._partition = place, partition
        self._name = f"{place}[{partition}]"
        self._consumer = made(Consumer, place.client(_READING | {"logger": log}))
        self._held: list[Stored] = []  # given last time: who reads may come back to any of them
        self._position: int | None = None
        self._heard = time.monotonic()

    @classmethod
    def open(cls, place: KafkaPlace, partition: int) -> Self:
        """Open a partition of the topic for reading.

        Raises:
            ConfigurationError: There is no such topic or partition, or a setting is wrong.
            TransientError: No broker answers.
        """
        partitions = partitions_at(place, None)
        if not 0 <= partition < partitions:
            partitions_at(place, partition + 1)
        return cls(place, partition)

    @property
    def first(self) -> int:
        """Smallest offset that can be read."""
        return offset_of(offsets_at(self._consumer, self._place, self._partition)[0])

    @property
    def end(self) -> int:
        """Offset after the last durable entry."""
        return offset_of(offsets_at(self._consumer, self._place, self._partition)[1])

    def read(self, cursor: int, limit_bytes: int) -> list[Stored]:
        """Entries from an offset on, see `Reader.read`."""
        found = self._again(cursor)
        size = sum(map(size_of, found))
        while size < limit_bytes or not found:
            stored = self._next(0 if found else _WAIT_SECONDS, wanted=not found)
            if stored is None:
                break
            found.append(stored)
            size += size_of(stored)
        self._held = found
        return until(found, limit_bytes)

    def trim(self, before_offset: int) -> None:
        """Nothing: what is kept is the broker's retention, and other readers' business."""

    def close(self) -> None:
        """End the use."""
        self._consumer.close()

    def _again(self, cursor: int) -> list[Stored]:
        """What was given last time, from a cursor on; the broker is asked when it is elsewhere."""
        begin = self._held[0].offset if self._held else self._position
        if self._position is None or begin is None or not begin <= cursor <= self._position:
            self._go(cursor)
        return [stored for stored in self._held if stored.offset >= cursor]

    def _go(self, cursor: int) -> None:
        self._held, self._position = [], None
        sequence = sequence_of(cursor, self._name)
        self._refuse_when_gone(sequence)
        self._consumer.assign([TopicPartition(self._place.topic, self._partition, sequence)])
        self._position = cursor

    def _refuse_when_gone(self, sequence: int) -> None:
        low, high = offsets_at(self._consumer, self._place, self._partition)
        self._heard = time.monotonic()
        if sequence < low:
            raise NotFoundError(
                f"{self._name}: records {sequence} to {low - 1} are gone and were not read: the "
                f"topic's retention has passed the pipeline's cursor; {low} to {high} are left. "
                f"Lengthen the retention"
            )
        if sequence > high:
            raise NotFoundError(
                f"{self._name}: record {sequence} lies after the end, the partition holds {low} to "
                f"{high}; the topic was made anew, or lost what it had acknowledged"
            )

    def _next(self, wait: float, *, wanted: bool) -> Stored | None:
        """The next record; None when there is none now. Errors are raised only when `wanted`."""
        message = self._consumer.poll(wait)
        error = message.error() if message is not None else None
        overdue = message is None and time.monotonic() - self._heard > _IDLE_SECONDS
        if wanted and (error is not None or overdue):
            self._refuse_when_gone(sequence_of(self._position or 0, self._name))
        if error is not None:
            self._position = None  # the next read goes there anew
            if wanted:
                raise told(KafkaException(error), self._place)
        if message is None or error is not None:
            return None
        self._heard = time.monotonic()
        sequence = message.offset() or 0
        stored = stored_of(message.value() or b"", sequence, self._name, message.timestamp()[1])
        self._position = stored.end
        return stored


_READING: dict[str, object] = {
    "group.id": "foreseen",  # the client wants one; it is never joined
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    "auto.offset.reset": "error",  # where records are missing we say so
    "isolation.level": "read_committed",
    "allow.auto.create.topics": False,
    "queued.max.messages.kbytes": 64 << 10,
    "fetch.wait.max.ms": 100,
    "fetch.queue.backoff.ms": 100,
    "check.crcs": True,
}
