"""Every section and key of `foreseen.toml`; the example file and the documents are made from it."""

from dataclasses import dataclass, field
from pathlib import Path

from foreseen.runners.config.declaring import Secret, key

ROLES = ("api", "intake", "worker")
_MANY = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Server:
    """Where the server listens, and which roles this process has."""

    host: str = key("127.0.0.1", "Address to listen on.")
    port: int = key(8440, "Port; 0: any that is free.", least=0, most=65_535)
    roles: tuple[str, ...] = key(
        ROLES, "What this process does: answers, takes telemetry, works it off.", choices=ROLES
    )
    public_url: str | None = key(
        None, "Where people reach it, for links and cookies.", example="https://foreseen.example"
    )
    trusted_proxies: tuple[str, ...] = key(
        (), "Addresses or networks whose X-Forwarded-For and -Proto are believed."
    )
    tls_cert: Path | None = key(
        None, "Certificate chain (PEM); without it HTTP is plain.", example="/etc/foreseen/tls.pem"
    )
    tls_key: Path | None = key(None, "Its private key (PEM).", example="/etc/foreseen/tls.key")
    stop_seconds: int = key(
        5, "How long running requests may end after the signal to stop.", least=0, most=600
    )
    drain_seconds: int = key(
        0, "How long new ones are taken after it while /readyz says 503.", least=0, most=600
    )


@dataclass(frozen=True, slots=True)
class Stores:
    """Where data are kept."""

    data: Path = key(Path("data"), "Folder of all stores that are not named below.")
    intake: Secret | None = key(
        None, "nats://... or kafka://..., a secret where it has a password; none: a log of our own."
    )
    lake: str | None = key(
        None,
        "s3://BUCKET/PREFIX instead of a folder; its keys come from AWS_*.",
        example="s3://b/p",
    )
    control: str | None = key(
        None,
        "postgresql://... without a password instead of a SQLite file in the data folder.",
        example="postgresql://foreseen@db/foreseen",
    )


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What labels and judges, and how the work is divided."""

    rules: Path | None = key(None, "Folder of Sigma rules instead of the shipped.", example="rules")
    local: Path | None = key(None, "Folder of local rules, filters and tuning.", example="local")
    settings: Path | None = key(
        None, "YAML file of rule sets, groups, bars, retention.", example="settings.yml"
    )
    budget: float | None = key(
        None, "Share of expected matches that may alert.", least=1e-4, most=0.5, example="0.01"
    )
    alerts_a_day: float | None = key(
        None, "The same as false alerts a day.", least=0.01, most=100_000, example="20"
    )
    workloads: tuple[str, ...] = key((), "HOST=NAME each: the workload of hosts.")
    shards: int = key(1, "Processes that hosts are divided among.", least=1, most=64)
    judges: int | None = key(
        None, "Processes that judge; 0: the worker itself.", least=0, most=64, example="2"
    )
    cluster: str | None = key(None, "HOST:PORT of a Ray cluster, or auto.", example="auto")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one caller may take of the server; a rate of 0 has no limit."""

    connections: int = key(4_096, "Open connections in all.", least=1, most=1_000_000)
    connections_per_address: int = key(
        2_048, "Open connections of one address; trusted proxies have no limit.", least=1, most=1e6
    )
    head_seconds: float = key(10.0, "For the whole head of a request.", least=0.1, most=600)
    body_seconds: float = key(60.0, "For the whole body of a request.", least=0.1, most=3_600)
    body_rate: int = key(
        256, "Bytes a second that a body has to come with, after 5 s.", least=0, most=_MANY
    )
    idle_seconds: float = key(
        15.0, "A connection may wait between requests.", least=0.1, most=3_600
    )
    answer_seconds: float = key(
        30.0, "A client may take nothing of its answer for so long.", least=0.1, most=3_600
    )
    body_bytes: int = key(
        512 << 20, "Memory for all bodies that are being received.", least=32 << 20, most=1e12
    )
    address_per_minute: int = key(60_000, "Requests of an address.", least=0, most=_MANY)
    token_per_minute: int = key(30_000, "Requests of a token or user.", least=0, most=_MANY)
    tenant_per_minute: int = key(120_000, "Requests of an organisation.", least=0, most=_MANY)
    login_per_minute: int = key(120, "Attempts of an address to log in.", least=0, most=_MANY)
    hunts_per_minute: int = key(120, "Hunts of a token or user.", least=0, most=_MANY)
    ingest_bytes_per_minute: int = key(
        0, "Bytes that a token may send as telemetry; the intake holds back by itself.",
        least=0, most=1e15,
    )  # fmt: skip
    tenant_in_flight: int = key(
        24,
        "Requests of one organisation at a time, while others ask, too.",
        least=0,
        most=_MANY,
    )


@dataclass(frozen=True, slots=True)
class Log:
    """What is told on stderr."""

    format: str = key(
        "auto", "auto: console on a terminal, else json.", choices=("auto", "console", "json")
    )
    level: str = key("info", "Least level.", choices=("debug", "info", "warning", "error"))
    access: bool = key(True, "Whether each request has a line.")


@dataclass(frozen=True, slots=True)
class Telemetry:
    """OpenTelemetry; needs the extra `telemetry`. The standard OTEL_* variables count too."""

    endpoint: str | None = key(
        None, "Base URL of an OTLP/HTTP receiver; none: off.", example="http://127.0.0.1:4318"
    )
    headers: Secret | None = key(None, "NAME=VALUE,... sent with it, e.g. an API key.")
    service_name: str = key("foreseen", "Name of the service.")
    share: float = key(1.0, "Share of requests that are traced.", least=0, most=1)


@dataclass(frozen=True, slots=True)
class Identity:
    """How people log in."""

    file: Path | None = key(
        None, "TOML of providers and sessions, by organisation.", example="/etc/foreseen/login.toml"
    )


@dataclass(frozen=True, slots=True)
class Hunting:
    """Questions in SQL, each in a process that the kernel has sealed."""

    workers: int = key(2, "Questions at work at a time.", least=1, most=64)
    waiting: int = key(8, "Questions that wait; one more is refused.", least=0, most=10_000)
    wait_seconds: float = key(5.0, "How long one may wait.", least=0.1, most=600)
    memory_mb: int = key(1_000, "Memory of each, MB.", least=64, most=1_000_000)
    threads: int = key(2, "Cores for each.", least=1, most=256)
    sandbox: bool = key(True, "Whether to refuse answers where the kernel cannot seal (Landlock).")


@dataclass(frozen=True, slots=True)
class Configuration:
    """The whole configuration."""

    server: Server = field(default_factory=Server)
    stores: Stores = field(default_factory=Stores)
    pipeline: Pipeline = field(default_factory=Pipeline)
    limits: Limits = field(default_factory=Limits)
    log: Log = field(default_factory=Log)
    telemetry: Telemetry = field(default_factory=Telemetry)
    identity: Identity = field(default_factory=Identity)
    hunting: Hunting = field(default_factory=Hunting)


SECTIONS: dict[str, type] = {
    "server": Server,
    "stores": Stores,
    "pipeline": Pipeline,
    "limits": Limits,
    "log": Log,
    "telemetry": Telemetry,
    "identity": Identity,
    "hunting": Hunting,
}
