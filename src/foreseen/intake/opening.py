"""Open an intake by its name: a folder, `nats://host:port/stream` or `kafka://host:port/topic`.

The brokers' clients are extras: they are imported when a URL asks for them.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

from foreseen.core.errors import ConfigurationError, NotFoundError
from foreseen.intake.log import IntakeLog
from foreseen.intake.protocol import Broker, Intake, Joined, Reader

if TYPE_CHECKING:
    from foreseen.intake.kafka_place import KafkaPlace
    from foreseen.intake.nats_place import NatsPlace

_KAFKA = "kafka"
_SCHEMES = ("nats", "tls", _KAFKA)
_NUMBERS = {"backlog": int, "most": int, "replicas": int, "patience": float}
_KAFKA_OPTIONS = frozenset({"backlog", "most", "patience"})
_NATS_OPTIONS = frozenset({"backlog", "replicas", "patience", "credentials"})
_SECRET = ("password", "secret", "key.pem")
_FORMS = "nats://HOST:PORT/STREAM, tls://HOST:PORT/STREAM or kafka://HOST:PORT/TOPIC"


@dataclass(frozen=True, slots=True)
class Url:
    """A broker's URL in parts.

    Attributes:
        scheme: `nats`, `tls` (NATS over TLS) or `kafka`.
        servers: `host:port`, separated by commas; for NATS may carry `user:password@`.
        name: Stream or topic; empty: the default.
        options: What stands behind `?`.
    """

    scheme: str
    servers: str
    name: str
    options: Mapping[str, str]


def shown(url: str) -> str:
    """A broker's URL for messages: without who logs in and without options."""
    return url.rpartition("@")[2].partition("?")[0]


def is_broker(place: str | Path) -> bool:
    """Whether a place is the URL of a broker and no folder."""
    return "://" in str(place)


def open_intake(place: str | Path) -> Intake:
    """An intake with one partition, both sides in one object.

    Args:
        place: Folder of our own log, or URL of a broker.

    Raises:
        ConfigurationError: The URL is wrong, an extra is not installed, the broker does not fit,
            or another process has the folder's log open.
        TransientError: The broker cannot be reached.
        CorruptError: Our own log is damaged.
    """
    if not is_broker(place):
        return IntakeLog.open(place)
    appender = open_appender(str(place), 1)
    try:
        return Joined(appender, open_partition(str(place), 0))
    except BaseException:
        appender.close()
        raise


def open_appender(url: str, partitions: int | None = None) -> Broker:
    """The side of a broker that takes entries.

    Args:
        url: URL of the broker.
        partitions: How many there have to be; None: as many as there are. JetStream's are made.

    Raises:
        ConfigurationError: As of `open_intake`, or there is another number of partitions.
        TransientError: The broker cannot be reached.
    """
    parts = parsed(url)
    if parts.scheme == _KAFKA:
        with _extra("cluster"):
            from foreseen.intake.kafka import KafkaIntake  # noqa: PLC0415 (an extra)
        return KafkaIntake.open(_kafka(parts), partitions)
    with _extra("nats"):
        from foreseen.intake.nats import NatsIntake  # noqa: PLC0415 (an extra)
    return NatsIntake.open(_nats(parts), partitions)


def open_partition(url: str, partition: int) -> Reader:
    """The side of a broker that gives the entries of one partition.

    Raises:
        ConfigurationError: As of `open_intake`, or there is no such partition.
        TransientError: The broker cannot be reached.
    """
    parts = parsed(url)
    if parts.scheme == _KAFKA:
        with _extra("cluster"):
            from foreseen.intake.kafka import KafkaPartition  # noqa: PLC0415 (an extra)
        return KafkaPartition.open(_kafka(parts), partition)
    with _extra("nats"):
        from foreseen.intake.nats import NatsPartition  # noqa: PLC0415 (an extra)
    return NatsPartition.open(_nats(parts), partition)


def claimed(url: str, owner: str) -> str:
    """Whose a broker's partitions are from now on: whoever was first to say so.

    Kafka keeps no such note, and needs none: its records go by the topic's retention, whoever has
    read them, so that two installations do not disturb each other.

    Args:
        url: URL of the broker.
        owner: The installation that asks.

    Raises:
        ConfigurationError: As of `open_intake`.
        TransientError: The broker cannot be reached.
    """
    parts = parsed(url)
    if parts.scheme == _KAFKA:
        return owner
    with _extra("nats"):
        from foreseen.intake.nats import claimed_streams  # noqa: PLC0415 (an extra)
    return claimed_streams(_nats(parts), owner)


def parsed(url: str) -> Url:
    """The parts of a broker's URL.

    Raises:
        ConfigurationError: It is no URL of a broker.
    """
    try:
        found = urlsplit(url)
        options = dict(parse_qsl(found.query, strict_parsing=True)) if found.query else {}
    except ValueError as error:
        raise ConfigurationError(f"the intake's URL is wrong ({error}); write {_FORMS}") from error
    name = unquote(found.path.removeprefix("/"))
    if found.scheme not in _SCHEMES or not found.netloc or "/" in name or found.fragment:
        raise ConfigurationError(f"{_shown(url)} is no URL of an intake; write {_FORMS}")
    return Url(found.scheme, found.netloc, name, options)


@contextmanager
def _extra(name: str) -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"this intake needs a package that is not installed ({error.name}): "
            f"pip install 'foreseen[{name}]'"
        ) from error


def _kafka(url: Url) -> "KafkaPlace":
    from foreseen.intake.kafka_place import KafkaPlace  # noqa: PLC0415 (an extra)

    if not url.name:
        raise ConfigurationError(f"kafka://{url.servers}: name the topic: kafka://HOST:PORT/TOPIC")
    settings = _file_settings(url.options["config"]) if "config" in url.options else {}
    for name, value in url.options.items():
        if name in _KAFKA_OPTIONS or name == "config":
            continue
        if "." not in name or any(word in name for word in _SECRET):
            raise ConfigurationError(
                f"kafka://{url.servers}: the option {name!r} is not known here; there are config "
                f"(a file of the client's settings, also for secrets), "
                f"{', '.join(sorted(_KAFKA_OPTIONS))}, and librdkafka's settings without secrets"
            )
        settings[name] = value
    numbers = _numbers({key: url.options[key] for key in _KAFKA_OPTIONS & url.options.keys()})
    return KafkaPlace(url.servers, url.name, settings, **numbers)  # type: ignore[arg-type] # by name


def _nats(url: Url) -> "NatsPlace":
    from foreseen.intake.nats_place import NatsPlace  # noqa: PLC0415 (an extra)

    unknown = url.options.keys() - _NATS_OPTIONS
    if unknown:
        raise ConfigurationError(
            f"{_shown(url.servers)}: the option {min(unknown)!r} is not known; there are "
            f"{', '.join(sorted(_NATS_OPTIONS))}"
        )
    credentials = url.options.get("credentials", "")
    if credentials and not Path(credentials).is_file():
        raise NotFoundError(f"{credentials}: no such file of credentials")
    servers = ",".join(f"{url.scheme}://{server}" for server in url.servers.split(","))
    numbers = _numbers({k: v for k, v in url.options.items() if k != "credentials"})
    name = url.name or "foreseen"
    if not name.replace("-", "").replace("_", "").isalnum() or not name.isascii():
        raise ConfigurationError(f"the stream {name!r}: write letters, digits, '-' and '_'")
    return NatsPlace(servers, name, credentials, **numbers)  # type: ignore[arg-type] # by name


def _numbers(given: Mapping[str, str]) -> dict[str, int | float]:
    numbers: dict[str, int | float] = {}
    for name, text in given.items():
        try:
            numbers[name] = _NUMBERS[name](text)
        except ValueError as error:
            raise ConfigurationError(f"option {name}={text}: no number") from error
        if numbers[name] <= 0:
            raise ConfigurationError(f"option {name}={text}: has to be more than 0")
    return numbers


def _file_settings(path: str) -> dict[str, str]:
    """Settings of librdkafka in a file, `name=value` a line; `#` begins a comment.

    Raises:
        NotFoundError: There is no such file.
        ConfigurationError: A line is no setting.
    """
    file = Path(path)
    if not file.is_file():
        raise NotFoundError(f"{file}: no such file of Kafka settings")
    settings = {}
    for number, line in enumerate(file.read_text().splitlines(), start=1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        name, equals, value = stripped.partition("=")
        if not equals:
            raise ConfigurationError(f"{file}:{number}: write name=value")
        settings[name.strip()] = value.strip()
    return settings


def _shown(url: str) -> str:
    """A URL without user and password."""
    scheme, separator, rest = url.rpartition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"
