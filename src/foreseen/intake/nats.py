"""An intake kept by NATS JetStream: one stream for each partition, read by sequence number."""

import asyncio
import logging
import time
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import Self
from uuid import uuid4

from nats.aio.client import Client
from nats.errors import Error
from nats.js.api import PubAck

from foreseen.core.errors import NotFoundError, TransientError
from foreseen.intake.entries import Entry, Stored
from foreseen.intake.nats_place import CONNECT_SECONDS, Connection, Live, NatsPlace, told
from foreseen.intake.nats_streams import claimed, ensure, fetched, purge, state_of, there
from foreseen.intake.protocol import BacklogFullError
from foreseen.intake.records import offset_of, placed, sequence_of, stored_of, until

__all__ = ["NatsIntake", "NatsPartition", "NatsPlace", "claimed_streams"]

log = logging.getLogger("foreseen.nats")

_SLACK_SECONDS = 2.0
_LOOK_SECONDS = 0.2  # between looks whether the connection still stands
_HEADER_BYTES = 1024
_IDLE_SECONDS = 5.0  # after which a reader that finds nothing asks for the stream's state
_TRIM_SECONDS = 1.0


@dataclass(slots=True)
class _Record:
    """A record on its way; its id makes JetStream keep it once however often it is sent."""

    partition: int
    payload: bytes
    id: str
    ack: PubAck | None = None


class NatsIntake:
    """The appender: takes entries for all partitions; acknowledged when JetStream has them."""

    def __init__(self, connection: Connection, partitions: int, most: int) -> None:
        self._connection, self.partitions, self._most = connection, partitions, most
        self._place = connection.place

    @classmethod
    def open(cls, place: NatsPlace, partitions: int | None = None) -> Self:
        """Open the streams for appends; make them where there are none.

        Raises:
            ConfigurationError: There are streams of another kind or number, the credentials are
                wrong, or the server is too old.
            TransientError: No server answers.
        """
        connection = Connection(place)
        try:
            found = connection.run(ensure(connection, partitions))
            most = connection.run(connection.live()).client.max_payload
        except BaseException:
            connection.close()
            raise
        return cls(connection, found, most)

    def append(self, entries: Sequence[Entry]) -> int:
        """Store entries, see `Appender.append`."""
        records = [
            _Record(partition, payload, uuid4().hex)
            for partition, payload in placed(entries, self.partitions, self._most - _HEADER_BYTES)
        ]
        if not records:
            return 0
        most = self._place.patience
        bound = most + CONNECT_SECONDS + _SLACK_SECONDS
        self._connection.run(self._store(records, time.monotonic() + most), bound)
        last = records[-1].ack
        return offset_of(last.seq + 1) if last is not None else 0

    def check(self) -> None:
        """Do nothing if an append would be taken now; raises what `append` would."""
        for partition in range(self.partitions):
            state = self._connection.run(state_of(self._connection, partition))
            if state.bytes >= self._place.backlog:
                raise BacklogFullError(
                    f"{self._place}: {state.bytes} bytes of partition {partition} wait to be read"
                )

    def close(self) -> None:
        """End the use; appends that run have to be over."""
        self._connection.close()

    async def _store(self, records: Sequence[_Record], deadline: float) -> None:
        """Send until all are acknowledged; the same ids again after a lost connection."""
        failure: Exception | None = None
        while left := [record for record in records if record.ack is None]:
            if time.monotonic() >= deadline:
                raise TransientError(
                    f"{self._place}: not stored in {self._place.patience:.0f} s"
                    f"{f' ({failure})' if failure else ''}; retry"
                ) from failure
            try:
                await self._send(await self._connection.live(), left, deadline)
            except (OSError, Error) as error:
                failure = told(error, self._place)
                if not isinstance(failure, TransientError) or isinstance(failure, BacklogFullError):
                    raise failure from error
                await asyncio.sleep(_LOOK_SECONDS)

    async def _send(self, live: Live, records: Sequence[_Record], deadline: float) -> None:
        """Send records together, in order, and wait for their answers."""
        seconds = max(deadline - time.monotonic(), _LOOK_SECONDS)
        # Tasks begin in the order in which they are made, with nothing of others between them.
        sent = [asyncio.create_task(self._publish(live, record, seconds)) for record in records]
        try:
            await _until_done(live.client, sent, deadline)
            for record, task in zip(records, sent, strict=True):
                if task.done():
                    record.ack = task.result()
        finally:
            for task in sent:
                if not task.cancel() and not task.cancelled():
                    task.exception()  # looked at: only the first is raised

    def _publish(
        self, live: Live, record: _Record, seconds: float
    ) -> Coroutine[object, object, PubAck]:
        return live.jetstream.publish(
            self._place.subject(record.partition),
            record.payload,
            timeout=seconds,
            stream=self._place.name(record.partition),
            headers={"Nats-Msg-Id": record.id},
        )


async def _until_done(
    client: Client, waiting: Iterable[asyncio.Task[PubAck]], deadline: float
) -> None:
    """Wait for answers, until the deadline or until no more can come."""
    left = set(waiting)
    while left and client.is_connected and time.monotonic() < deadline:
        _, left = await asyncio.wait(left, timeout=_LOOK_SECONDS)


class NatsPartition:
    """The reader of one partition, by sequence number; it needs no consumer on the server."""

    def __init__(self, connection: Connection, partition: int) -> None:
        self._connection, self._partition = connection, partition
        self._name = f"{connection.place}[{partition}]"
        self._position: int | None = None
        self._heard = self._trimmed = -_IDLE_SECONDS

    @classmethod
    def open(cls, place: NatsPlace, partition: int) -> Self:
        """Open a partition for reading.

        Raises:
            ConfigurationError: There is no such partition, or no stream of ours.
            TransientError: No server answers.
        """
        connection = Connection(place)
        try:
            connection.run(there(connection, partition))
        except BaseException:
            connection.close()
            raise
        return cls(connection, partition)

    @property
    def first(self) -> int:
        """Smallest offset that can be read."""
        return offset_of(self._connection.run(state_of(self._connection, self._partition)).first)

    @property
    def end(self) -> int:
        """Offset after the last durable entry."""
        return offset_of(self._connection.run(state_of(self._connection, self._partition)).end)

    def read(self, cursor: int, limit_bytes: int) -> list[Stored]:
        """Entries from an offset on, see `Reader.read`."""
        sequence = sequence_of(cursor, self._name)
        if cursor != self._position:
            self._refuse_when_gone(sequence)
        found = self._some(sequence, limit_bytes)
        if found and found[0].offset != cursor:
            self._refuse_when_gone(sequence)
            log.warning("%s: records before %d were deleted", self._name, found[0].offset)
        if not found and time.monotonic() - self._heard > _IDLE_SECONDS:
            self._refuse_when_gone(sequence)
        given = until(found, limit_bytes)
        self._position = given[-1].end if given else cursor
        return given

    def trim(self, before_offset: int) -> None:
        """Delete the records before an offset, but not at every call: it is a request."""
        now = time.monotonic()
        if now - self._trimmed < _TRIM_SECONDS:
            return
        self._trimmed = now
        end = self._connection.run(state_of(self._connection, self._partition)).end
        before = min(sequence_of(before_offset, self._name), end)
        self._connection.run(purge(self._connection, self._partition, before))

    def close(self) -> None:
        """End the use."""
        self._connection.close()

    def _some(self, sequence: int, most_bytes: int) -> list[Stored]:
        records = self._connection.run(
            fetched(self._connection, self._partition, sequence, most_bytes)
        )
        return [
            stored_of(record.payload, record.sequence, self._name, record.received)
            for record in records
        ]

    def _refuse_when_gone(self, sequence: int) -> None:
        state = self._connection.run(state_of(self._connection, self._partition))
        self._heard = time.monotonic()
        if sequence < state.first:
            raise NotFoundError(
                f"{self._name}: records {sequence} to {state.first - 1} are gone; the stream holds "
                f"{state.first} to {state.end}. If the pipeline had not read them, they are lost"
            )
        if sequence > state.end:
            raise NotFoundError(
                f"{self._name}: record {sequence} lies after the end, the stream holds "
                f"{state.first} to {state.end}; it was made anew, or lost what it had acknowledged"
            )


def claimed_streams(place: NatsPlace, owner: str) -> str:
    """Whose the streams are from now on, see `nats_streams.claimed`.

    Raises:
        ConfigurationError: There is no stream.
        TransientError: No server answers.
    """
    connection = Connection(place)
    try:
        return connection.run(claimed(connection, owner))
    finally:
        connection.close()
