"""The JetStream streams of an intake: made, looked at, read by sequence number, purged."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from nats.aio.msg import Msg
from nats.js.api import DiscardPolicy, StorageType, StreamInfo
from nats.js.errors import APIError, BadRequestError
from nats.js.errors import NotFoundError as NoStreamError

from foreseen.core.errors import ConfigurationError
from foreseen.intake.nats_place import ASK_SECONDS, PARTITIONS, Connection, NatsPlace

_BATCH = 1000  # records by one request
_STATUS = "Status"
_FINISHED, _NOTHING = "204", "404"
_OWNER = "foreseen.installation"
_NO_ROOM = 10047


@dataclass(frozen=True, slots=True)
class State:
    """What a partition's stream holds.

    Attributes:
        first: Number of its first record, or of the next one when it is empty.
        end: Number of the record that comes next.
        bytes: Size of what it holds.
    """

    first: int
    end: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it lies in a stream.

    Attributes:
        sequence: Its number.
        payload: Its bytes.
        received: When the server had it, ms UTC.
    """

    sequence: int
    payload: bytes
    received: int


async def ensure(connection: Connection, wanted: int | None) -> int:
    """How many partitions there are; those that are missing are made.

    Args:
        connection: Where.
        wanted: How many there shall be; None: as many as there are, one when there is none.

    Raises:
        ConfigurationError: There is another number of them, or a stream that is not ours.
    """
    place = connection.place
    begun = await _info(connection, 0)
    partitions = wanted or (_partitions(place, begun) if begun else 1)
    for partition in range(partitions):
        info = begun if partition == 0 else await _info(connection, partition)
        if info is None:
            await _create(connection, partition, partitions)
        elif (found := _partitions(place, info)) != partitions:
            raise ConfigurationError(
                f"{place}: there are {found} partitions and {partitions} are wanted; the number "
                f"cannot change while there are data, for streams would change their shard"
            )
    return partitions


async def claimed(connection: Connection, owner: str) -> str:
    """Whose the partitions are from now on: whoever was first, as the first stream's metadata say.

    JetStream changes metadata without conditions: of two that ask in the same instant for the
    first time, both may be told that it is theirs.

    Raises:
        ConfigurationError: There is no stream.
    """
    for _ in range(2):
        info = await _info(connection, 0)
        if info is None:
            raise ConfigurationError(f"{connection.place}: there is no stream yet")
        metadata = info.config.metadata or {}
        if found := metadata.get(_OWNER):
            return found
        live = await connection.live()
        await live.jetstream.update_stream(info.config.evolve(metadata=metadata | {_OWNER: owner}))
    return owner


async def there(connection: Connection, partition: int) -> None:
    """Do nothing if there is this partition.

    Raises:
        ConfigurationError: There is not, or its stream is not ours.
    """
    place = connection.place
    info = await _info(connection, 0)
    if info is None:
        raise ConfigurationError(
            f"{place}: there is no stream {place.name(0)} yet; start what receives first"
        )
    partitions = _partitions(place, info)
    if not 0 <= partition < partitions:
        raise ConfigurationError(
            f"{place}: there is no partition {partition}; there are {partitions}, from 0"
        )


async def state_of(connection: Connection, partition: int) -> State:
    """What a partition holds now.

    Raises:
        ConfigurationError: Its stream is gone.
    """
    info = await _info(connection, partition)
    if info is None:
        raise ConfigurationError(
            f"{connection.place}: the stream of partition {partition} is gone, with what was in it"
        )
    end = info.state.last_seq + 1
    return State(max(info.state.first_seq, 1), end, info.state.bytes)


async def fetched(
    connection: Connection, partition: int, sequence: int, most_bytes: int
) -> list[Record]:
    """Records from a number on, about as many as asked for; none when there is none yet."""
    live = await connection.live()
    inbox = live.client.new_inbox()
    answers = await live.client.subscribe(inbox, pending_bytes_limit=-1, pending_msgs_limit=-1)
    wanted = {"seq": sequence, "batch": _BATCH, "max_bytes": max(most_bytes, 1)}
    subject = f"$JS.API.DIRECT.GET.{connection.place.name(partition)}"
    found: list[Record] = []
    try:
        await live.client.publish(subject, json.dumps(wanted).encode(), reply=inbox)
        while True:
            message = await answers.next_msg(timeout=ASK_SECONDS)
            status = (message.headers or {}).get(_STATUS)
            if status is not None:
                _refuse_other(status, message)
                return found
            found.append(_record(message))
    finally:
        await answers.unsubscribe()


async def purge(connection: Connection, partition: int, before: int) -> None:
    """Delete the records before a number."""
    live = await connection.live()
    await live.jetstream.purge_stream(connection.place.name(partition), seq=before)


def _record(message: Msg) -> Record:
    headers = message.headers or {}
    stamp = headers.get("Nats-Time-Stamp", "")
    return Record(int(headers["Nats-Sequence"]), message.data, _milliseconds(stamp))


def _milliseconds(stamp: str) -> int:
    """An RFC 3339 time in UTC, of nine digits of a second, as ms."""
    whole, _, fraction = stamp.rstrip("Z").partition(".")
    seconds = int(datetime.fromisoformat(whole).replace(tzinfo=UTC).timestamp())
    return seconds * 1000 + int(f"{fraction:0<3}"[:3])


def _refuse_other(status: str, message: Msg) -> None:
    if status not in {_FINISHED, _NOTHING}:
        raise APIError(code=int(status), description=(message.headers or {}).get("Description"))


async def _info(connection: Connection, partition: int) -> StreamInfo | None:
    live = await connection.live()
    try:
        return await live.jetstream.stream_info(connection.place.name(partition))
    except NoStreamError:
        return None


def _partitions(place: NatsPlace, info: StreamInfo) -> int:
    """How many partitions a stream was made for; it keeps what it took until it is trimmed."""
    made = info.config
    said = (made.metadata or {}).get(PARTITIONS, "")
    fit = made.storage == StorageType.FILE and made.discard == DiscardPolicy.NEW
    if not said.isdecimal() or not fit or made.max_age:
        raise ConfigurationError(
            f"{place}: the stream {made.name} is there and not ours (or was changed: it has to be "
            f"stored in files, to discard what is new when full, and to have no highest age); "
            f"choose another name"
        )
    return int(said)


async def _create(connection: Connection, partition: int, partitions: int) -> None:
    place = connection.place
    live = await connection.live()
    try:
        await live.jetstream.add_stream(place.config(partition, partitions))
    except APIError as error:
        if isinstance(error, BadRequestError) or error.err_code == _NO_ROOM:
            raise ConfigurationError(
                f"{place}: the stream {place.name(partition)} cannot be made: {error.description}; "
                f"it reserves {place.backlog} bytes (backlog) of the server's storage"
            ) from error
        raise
