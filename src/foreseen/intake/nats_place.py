"""Where JetStream is, how we connect to it, and what its errors mean for us."""

import asyncio
import logging
import threading
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from nats.aio.client import Client
from nats.errors import AuthorizationError, Error, MaxPayloadError
from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import APIError, ServiceUnavailableError

from foreseen.core.errors import (
    ConfigurationError,
    ForeseenError,
    MalformedInputError,
    TransientError,
)
from foreseen.intake.protocol import BacklogFullError

log = logging.getLogger("foreseen.nats")
Result = TypeVar("Result")

ASK_SECONDS = 5.0
_RUN_SECONDS = 10.0
CONNECT_SECONDS = 2
_PENDING_BYTES = 128 << 20
_UNKNOWN = "Authorization Violation"
_NOT_ENABLED = 10039  # of JetStream, like the next
_STORE_FAILED = 10077  # a limit of the stream, or of the disk
PARTITIONS = "foreseen.partitions"
_LEAST_SERVER = (2, 11)  # reads many messages by one request


@dataclass(frozen=True, slots=True)
class NatsPlace:
    """Streams of a JetStream server or cluster, one for each partition.

    Attributes:
        servers: `nats://host:port` or `tls://host:port`, separated by commas; may carry
            `user:password@`.
        stream: What their names begin with: partition 0 is `<stream>-0` with the subject
            `<stream>.intake.0`.
        credentials: File of credentials (JWT and seed); empty: none.
        backlog: Bytes of unread input of a partition beyond which it takes no more.
        replicas: Servers that keep each record.
        patience: How long an append tries, s.
    """

    servers: str
    stream: str = "foreseen"
    credentials: str = ""
    backlog: int = 8 << 30
    replicas: int = 1
    patience: float = 10.0

    def __str__(self) -> str:
        shown = ",".join(part.rpartition("@")[2] for part in self.servers.split(","))
        return f"{shown}/{self.stream}"

    def name(self, partition: int) -> str:
        """Name of a partition's stream."""
        return f"{self.stream}-{partition}"

    def subject(self, partition: int) -> str:
        """Subject of a partition."""
        return f"{self.stream}.intake.{partition}"

    def config(self, partition: int, partitions: int) -> StreamConfig:
        """A partition's stream as we make it."""
        return StreamConfig(
            name=self.name(partition),
            description="Foreseen's intake; the pipeline trims what it has read",
            subjects=[self.subject(partition)],
            retention=RetentionPolicy.LIMITS,
            storage=StorageType.FILE,
            discard=DiscardPolicy.NEW,
            max_bytes=self.backlog,
            max_age=0,
            num_replicas=self.replicas,
            duplicate_window=120,
            allow_direct=True,
            metadata={PARTITIONS: str(partitions)},
        )


def told(error: BaseException, place: NatsPlace) -> ForeseenError:
    """What an error of the client means for a caller."""
    if isinstance(error, AuthorizationError) or _UNKNOWN in str(error):
        return ConfigurationError(f"{place}: the server does not know these credentials")
    if isinstance(error, ServiceUnavailableError) and error.err_code in {None, _NOT_ENABLED}:
        return TransientError(
            f"{place}: JetStream does not answer; is it enabled for this account? (retry)"
        )
    if isinstance(error, MaxPayloadError):
        return MalformedInputError(f"{place}: the server takes no record of this size")
    if isinstance(error, APIError):
        said = error.description or str(error)
        if error.err_code == _STORE_FAILED and "maximum" in said:
            return BacklogFullError(
                f"{place}: {said}: too much waits to be read, {place.backlog} bytes are allowed; "
                f"retry when the pipeline has caught up"
            )
        return TransientError(f"{place}: {said}; retry")
    return TransientError(f"{place}: {str(error) or type(error).__name__}; retry")


@dataclass(frozen=True, slots=True)
class Live:
    """A client that is connected, and its JetStream."""

    client: Client
    jetstream: JetStreamContext


def _refuse_old(place: NatsPlace, version: str) -> None:
    raise ConfigurationError(f"{place}: the server has version {version}; 2.11 or later is needed")


class Connection:
    """A connection with a thread of its own for the client's asyncio loop.

    A lost connection is made anew by the next who needs one: nothing is sent behind the back of a
    caller that was told of a failure.
    """

    def __init__(self, place: NatsPlace) -> None:
        self.place = place
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="nats", daemon=True)
        self._thread.start()
        self._live: Live | None = None
        self._connecting = asyncio.Lock()

    def run(self, work: Coroutine[Any, Any, Result], seconds: float = _RUN_SECONDS) -> Result:
        """Do work in the loop's thread within a time; errors are told in our terms."""
        future = asyncio.run_coroutine_threadsafe(asyncio.wait_for(work, seconds), self._loop)
        try:
            return future.result()
        except (OSError, Error) as error:  # a TimeoutError is an OSError
            raise told(error, self.place) from error

    async def live(self) -> "Live":
        """A client that is connected.

        Raises:
            ConfigurationError: The server is too old.
        """
        async with self._connecting:
            if self._live is None or not self._live.client.is_connected:
                self._live = await self._connected()
            return self._live

    def close(self) -> None:
        """Disconnect and end the thread."""
        try:
            if self._live is not None:
                self.run(self._live.client.close())
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    async def _connected(self) -> "Live":
        made = Client()
        connecting = made.connect(
            servers=self.place.servers.split(","),
            error_cb=self._failed,
            connect_timeout=CONNECT_SECONDS,
            allow_reconnect=False,
            pending_size=_PENDING_BYTES,
            user_credentials=self.place.credentials or None,
        )
        try:  # the client itself would try for ever
            await asyncio.wait_for(connecting, CONNECT_SECONDS)
            version = made.connected_server_version
            if (version.major, version.minor) < _LEAST_SERVER:
                _refuse_old(self.place, f"{version.major}.{version.minor}")
            stream = made.jetstream(timeout=ASK_SECONDS)
            await stream.account_info()  # is there JetStream; and requests are set up from here on
        except BaseException:
            await made.close()
            raise
        return Live(made, stream)

    async def _failed(self, error: Exception) -> None:
        log.warning("%s: %s", self.place, error or type(error).__name__)
