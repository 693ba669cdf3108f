"""`foreseen up`: intake, pipeline and API in one process."""

import logging
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
import uvicorn

from foreseen.api.app import Services, create_app
from foreseen.api.services import Standing
from foreseen.cli.cluster import connected
from foreseen.cli.options import (
    AlertsADay,
    Local,
    SettingsFile,
    Share,
    Workload,
    rules_of,
    settings_of,
)
from foreseen.cli.stores import s3_of_environment
from foreseen.cli.terminal import Exit, console
from foreseen.control.tokens import Scope, create_token, has_tokens
from foreseen.core.errors import ConfigurationError
from foreseen.core.ids import DEFAULT_TENANT, TenantId
from foreseen.parsers.registry import PARSERS
from foreseen.runners.installation import Installation, Sharding, Stores
from foreseen.runners.life.office import Place, office_of
from foreseen.runners.links.processes import ProcessLinks
from foreseen.runners.metrics_standing import Instruments
from foreseen.runners.server import Addresses, stores, wall_clock, working
from foreseen.runners.shards.standing import extents
from foreseen.studies.feedback import Office

_POLL_SECONDS = 0.5
_GRACE_SECONDS = 5
_BACKLOG = 2048


def up(
    data: Annotated[Path, typer.Option("--data", help="Folder of all stores.")] = Path("data"),
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port.")] = 8440,
    rules: Annotated[
        Path | None, typer.Option("--rules", help="Folder of Sigma rules; else the shipped.")
    ] = None,
    local: Local = None,
    budget: Share = None,
    alerts_a_day: AlertsADay = None,
    workload: Workload = None,
    settings_file: SettingsFile = None,
    shards: Annotated[
        int,
        typer.Option(min=1, max=64, help="Divide hosts among so many processes, one a core."),
    ] = 1,
    judges: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=64,
            help="Divide workloads among so many processes that judge; 0: the server's own judges, "
            "the default without --cluster.",
        ),
    ] = None,
    intake: Annotated[
        str | None,
        typer.Option(help="nats://... or kafka://... instead of a log in the data folder."),
    ] = None,
    lake: Annotated[
        str | None,
        typer.Option(help="s3://BUCKET/PREFIX, not a folder; once is enough. Keys from AWS_*."),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(
            help="HOST:PORT of a Ray cluster (or auto) where shards work and models are fitted; "
            "with --intake."
        ),
    ] = None,
) -> None:
    """Run the server until it is told to stop."""
    for library in ("alembic", "uvicorn"):
        logging.getLogger(library).setLevel(logging.WARNING)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    loaded = rules_of(rules, strict=False, local=local)
    settings = settings_of(budget, workload, settings_file, loaded, alerts_a_day)
    wanted = shards if shards > 1 else None
    addresses = Addresses(intake, wanted, lake, s3_of_environment)
    with (
        _listening(host, port) as listener,
        _sharding(shards, judges, cluster, intake) as sharding,
        stores(data, addresses) as opened,
    ):
        if not has_tokens(opened.control):
            _first_tokens(opened)
        installation = Installation(opened, DEFAULT_TENANT, settings, sharding)
        services = _services(installation, data)
        server = uvicorn.Server(_config(services))
        followed = (rules, local)
        with working(installation, loaded, followed, data, s3_of_environment, cluster) as failed:
            _stop_when(failed, server)
            server.run([listener])
    if failed.is_set():
        raise typer.Exit(Exit.ERROR)


def _services(installation: Installation, data: Path) -> Services:
    """What the API works with."""
    opened = installation.stores

    def office(tenant: TenantId) -> Office:
        return office_of(Place(data, opened.lake, tenant=tenant), opened.control, now=wall_clock())

    return Services(
        opened.intake,
        opened.control,
        wall_clock,
        frozenset(PARSERS),
        frozenset({DEFAULT_TENANT}),
        office,
        partial(_standing, opened),
        Instruments(installation),
    )


def _standing(opened: Stores, tenant: TenantId) -> list[Standing]:
    records = opened.input.in_records
    return [
        Standing(number, each.first, each.end, each.consumed, records)
        for number, each in enumerate(extents(opened, tenant))
    ]


@contextmanager
def _sharding(
    shards: int, judges: int | None, cluster: str | None, intake: str | None
) -> Iterator[Sharding]:
    """Where both steps work: in the server's own process, beside it or on a cluster."""
    if cluster is None:
        yield Sharding(shards, ProcessLinks if shards > 1 else None, judges or 0, ProcessLinks)
        return
    if intake is None:
        raise ConfigurationError(
            "--cluster: other machines cannot read a log on this one; name a broker with --intake"
        )
    with connected(cluster) as links:
        yield Sharding(shards, links, 1 if judges is None else judges, links)


def _listening(host: str, port: int) -> socket.socket:
    """The socket to answer on, taken before anything is made or shown."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise ConfigurationError(
            f"{host}:{port}: cannot listen there ({error.strerror}); choose --host and --port"
        ) from error
    shown = f"[{host}]" if family is socket.AF_INET6 else host
    console.print(f"Foreseen listens on http://{shown}:{listener.getsockname()[1]}")
    return listener


def _config(services: Services) -> uvicorn.Config:
    """Our own logging only, on stderr; a request that hangs does not hold up the end."""
    return uvicorn.Config(
        create_app(services),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )


def _first_tokens(opened: Stores) -> None:
    """The tokens of a new installation, shown once."""
    console.print("New installation. Its tokens, shown only now:")
    for scope in Scope:
        token = create_token(
            opened.control, DEFAULT_TENANT, name=f"first-{scope}", scope=scope, now=wall_clock()
        )
        console.print(f"  {scope.value:>6}  {token}", soft_wrap=True)


def _stop_when(failed: threading.Event, server: uvicorn.Server) -> None:
    """Stop the server when the worker failed, or by a signal.

    The server has handlers of its own while it runs, and raises what it caught again at its end:
    ours make that an orderly end, and catch what comes before.
    """

    def stop(_signal: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, stop)

    def watch() -> None:
        while not failed.wait(_POLL_SECONDS):
            if server.should_exit:
                return
        server.should_exit = True

    threading.Thread(target=watch, name="watch", daemon=True).start()
