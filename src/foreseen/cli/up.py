"""`foreseen up`: intake, pipeline and API in one process, or each role in one of its own."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from foreseen.cli.cluster import connected
from foreseen.cli.config import ConfigFile, taken
from foreseen.cli.local_rules import local_now, with_local
from foreseen.cli.options import (
    AlertsADay,
    Local,
    SettingsFile,
    Share,
    Workload,
    rules_of,
    settings_of,
)
from foreseen.cli.serving import Work, serve
from foreseen.cli.stores import s3_of_environment
from foreseen.cli.terminal import Exit, console, inert
from foreseen.core.errors import ConfigurationError
from foreseen.runners.config.declaring import Secret
from foreseen.runners.config.reading import read_configuration
from foreseen.runners.config.sections import ROLES, Configuration, Pipeline
from foreseen.runners.installation import Sharding
from foreseen.runners.links.processes import ProcessLinks
from foreseen.runners.logs import set_up
from foreseen.runners.roles import WORKER, check_roles
from foreseen.runners.rules.watch import LiveRules
from foreseen.runners.server import Addresses
from foreseen.runners.telemetry import begin


def up(
    data: Annotated[
        Path | None, typer.Option("--data", help="Folder of all stores; else ./data.")
    ] = None,
    config: ConfigFile = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on; else 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port; else 8440.")] = None,
    role: Annotated[
        str | None,
        typer.Option(help="What this process does, of api,intake,worker; else all."),
    ] = None,
    rules: Annotated[
        Path | None, typer.Option("--rules", help="Folder of Sigma rules; else the shipped.")
    ] = None,
    local: Local = None,
    budget: Share = None,
    alerts_a_day: AlertsADay = None,
    workload: Workload = None,
    settings_file: SettingsFile = None,
    shards: Annotated[
        int | None,
        typer.Option(min=1, max=64, help="Divide hosts among so many processes, one a core."),
    ] = None,
    judges: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=64,
            help="Divide workloads among so many processes that judge; 0: the server's own judges, "
            "the default without --cluster.",
        ),
    ] = None,
    control: Annotated[
        str | None,
        typer.Option(
            envvar="FORESEEN_CONTROL",
            help="postgresql://USER@HOST/DATABASE, not a file; once is enough. Password from "
            "PGPASSWORD or ~/.pgpass.",
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
    identity: Annotated[
        Path | None,
        typer.Option("--identity", help="File that says how people log in (docs/access.md)."),
    ] = None,
) -> None:
    """Run the server until it is told to stop."""
    options = {
        "stores.data": data,
        "stores.intake": Secret(intake) if intake else None,
        "stores.lake": lake,
        "stores.control": control,
        "server.host": host,
        "server.port": port,
        "server.roles": _roles(role),
        "pipeline.rules": rules,
        "pipeline.local": local,
        "pipeline.settings": settings_file,
        "pipeline.budget": budget,
        "pipeline.alerts_a_day": alerts_a_day,
        "pipeline.workloads": tuple(workload) if workload else None,
        "pipeline.shards": shards,
        "pipeline.judges": judges,
        "pipeline.cluster": cluster,
        "identity.file": identity,
    }
    read = read_configuration(config, os.environ, options)
    if read.file is not None:
        console.print(inert(taken(read)), soft_wrap=True)
    _run(with_local(read.configuration))


def _run(configuration: Configuration) -> None:
    """Serve as configured; a failure for good ends with its exit code."""
    set_up(configuration.log)
    server, pipeline = configuration.server, configuration.pipeline
    addresses = _addresses(configuration)
    check_roles(server.roles, addresses.intake)
    end_telemetry = begin(configuration.telemetry, os.environ)
    try:
        with _sharding(pipeline, addresses.intake) as sharding:
            work = _work(configuration, sharding) if WORKER in server.roles else None
            ended_well = serve(configuration, addresses, work)
    finally:
        end_telemetry()
    if not ended_well:
        raise typer.Exit(Exit.ERROR)


def _roles(told: str | None) -> tuple[str, ...] | None:
    """Roles as an option names them.

    Raises:
        ConfigurationError: One is none.
    """
    if told is None:
        return None
    named = tuple(each.strip() for each in told.split(",") if each.strip())
    wrong = [each for each in named if each not in ROLES]
    if wrong or not named:
        raise ConfigurationError(f"--role {told}: name some of {','.join(ROLES)}")
    return named


def _addresses(configuration: Configuration) -> Addresses:
    """Stores outside of the data folder."""
    stores, shards = configuration.stores, configuration.pipeline.shards
    intake = stores.intake.value if stores.intake else None
    partitions = shards if shards > 1 else None
    return Addresses(intake, partitions, stores.lake, s3_of_environment, stores.control)


def _work(configuration: Configuration, sharding: Sharding) -> Work:
    """Rules and settings, loaded and checked before anything is opened."""
    pipeline = configuration.pipeline
    with _uncollected():
        loaded = rules_of(pipeline.rules, strict=False, local=local_now(configuration))
    settings = settings_of(
        pipeline.budget,
        list(pipeline.workloads),
        pipeline.settings,
        loaded,
        pipeline.alerts_a_day,
    )
    return Work(LiveRules(loaded), (pipeline.rules, pipeline.local), settings, sharding)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Make what stays for good without the collector, which would look at all of it meanwhile.

    A quarter of the time that the shipped rules take.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.freeze()


@contextmanager
def _sharding(pipeline: Pipeline, intake: str | None) -> Iterator[Sharding]:
    """Where both steps work: in the server's own process, beside it or on a cluster."""
    shards, judges, cluster = pipeline.shards, pipeline.judges, pipeline.cluster
    if cluster is None:
        yield Sharding(shards, ProcessLinks if shards > 1 else None, judges or 0, ProcessLinks)
        return
    if intake is None:
        raise ConfigurationError(
            "--cluster: other machines cannot read a log on this one; name a broker with --intake"
        )
    with connected(cluster) as links:
        yield Sharding(shards, links, 1 if judges is None else judges, links)
