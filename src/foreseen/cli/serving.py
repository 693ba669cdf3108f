"""A server of some roles: its door open at once, its stores behind it, ended by a signal."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from foreseen.api.app import Services, create_app
from foreseen.api.identity.settings import Identity
from foreseen.api.services import Standing, State
from foreseen.api.serving.connections import Connections
from foreseen.api.serving.traffic import Traffic
from foreseen.cli.listening import Http, Stop, answering, listening, signals
from foreseen.cli.local_rules import make_local
from foreseen.cli.set_up import identity_of, show_set_up
from foreseen.cli.terminal import console
from foreseen.control.audit_log import SERVER
from foreseen.control.scopes import Scope
from foreseen.control.tokens import create_token, has_tokens
from foreseen.core.ids import DEFAULT_TENANT, TenantId
from foreseen.parsers.registry import PARSERS
from foreseen.runners.config.sections import Configuration, Server
from foreseen.runners.hunting.pool import Pool, PoolLimits
from foreseen.runners.installation import Installation, Sharding
from foreseen.runners.lake_place import HowS3
from foreseen.runners.life.office import Place, office_of
from foreseen.runners.metrics_standing import Instruments
from foreseen.runners.roles import API, Opened, opened_for
from foreseen.runners.rules.book import RuleBook
from foreseen.runners.rules.files import Document
from foreseen.runners.rules.watch import LiveRules
from foreseen.runners.server import Addresses, wall_clock, working
from foreseen.runners.settings.settings import Settings
from foreseen.studies.feedback import Office

log = logging.getLogger("foreseen.server")

_POLL_SECONDS = 0.1
_FIRST_SCOPES = (Scope.INGEST, Scope.READ, Scope.TRIAGE, Scope.HUNT)


@dataclass(frozen=True, slots=True)
class Work:
    """What a process with the role worker works with.

    Attributes:
        rules: Rules to begin with; newer ones take their place.
        followed: Where they came from.
        settings: Settings of both steps.
        sharding: How the work is divided.
    """

    rules: LiveRules
    followed: tuple[Path | None, Path | None]
    settings: Settings
    sharding: Sharding


def serve(configuration: Configuration, addresses: Addresses, work: Work | None) -> bool:
    """Run a server until it is told to stop; whether it ended as it should.

    Args:
        configuration: All of it.
        addresses: Stores outside of the data folder.
        work: What to work with; None: this process does not.

    Raises:
        ForeseenError: It cannot begin.
    """
    limits, server = configuration.limits, configuration.server
    traffic = Traffic(limits, access=configuration.log.access)
    connections = Connections(limits, traffic.figures, server.trusted_proxies)
    stop = Stop()
    with (
        listening(server.host, server.port, server.tls_cert is not None) as listener,
        signals(stop),
        answering(configuration, connections, listener) as http,
        opened_for(server.roles, configuration.stores.data, addresses) as opened,
        _hunting(opened, configuration, addresses.s3) as hunts,
        _working(opened, configuration, work, addresses.s3) as (instruments, failed),
    ):
        logins, book = _logins(configuration), _book(configuration, work)
        if work is not None and not has_tokens(opened.control):
            _first_tokens(opened)
        if API in server.roles:
            show_set_up(opened.control, logins, listener)
        checks = _checks(opened, http, failed)
        services = replace(
            _services(opened, configuration, instruments, book),
            identity=logins,
            checks=checks,
            hunts=hunts,
            lake=opened.lake,
            rules=book,
        )
        http.door.open(create_app(services, traffic, server.roles))
        log.info("ready", extra={"roles": ",".join(server.roles)})
        _until(stop, failed, http, server)
        http.end()
    return not failed.is_set()


def _until(stop: Stop, failed: threading.Event, http: Http, server: Server) -> None:
    """Wait for a reason to end, then say so before it is done."""
    while not stop.asked.wait(_POLL_SECONDS):
        if failed.is_set() or not http.thread.is_alive():
            failed.set()
            return
    http.door.drain()
    log.info("stopping", extra={"drain_seconds": server.drain_seconds})
    end = time.monotonic() + server.drain_seconds
    while time.monotonic() < end and not failed.is_set():
        time.sleep(_POLL_SECONDS)


@contextmanager
def _working(
    opened: Opened, configuration: Configuration, work: Work | None, s3: HowS3
) -> Iterator[tuple[Instruments | None, threading.Event]]:
    """The pipeline, where this process has it; its figures, and whether it failed for good."""
    if work is None or opened.works is None:
        yield None, threading.Event()
        return
    make_local(configuration)
    installation = Installation(opened.works, DEFAULT_TENANT, work.settings, work.sharding)
    data, cluster = configuration.stores.data, configuration.pipeline.cluster
    with working(installation, work.rules, work.followed, data, s3, cluster) as failed:
        yield Instruments(installation), failed


@contextmanager
def _hunting(opened: Opened, configuration: Configuration, s3: HowS3) -> Iterator[Pool | None]:
    """The processes that answer questions over the lake, where this one answers people."""
    if opened.lake is None or API not in configuration.server.roles:
        yield None
        return
    told = configuration.hunting
    limits = PoolLimits(
        workers=told.workers,
        waiting=told.waiting,
        wait_seconds=told.wait_seconds,
        memory_mb=told.memory_mb,
        threads=told.threads,
        open_without_landlock=not told.sandbox,
    )
    with Pool(opened.lake, s3() if opened.lake.place.folder is None else None, limits) as pool:
        yield pool


def _services(
    opened: Opened,
    configuration: Configuration,
    instruments: Instruments | None,
    book: RuleBook,
) -> Services:
    """What the API works with; without a lake nobody can speak of an alert here."""
    lake, data = opened.lake, configuration.stores.data

    def files() -> list[Document]:
        return list(book.current().sound_files().items())

    def office(tenant: TenantId) -> Office:
        assert lake is not None  # noqa: S101 (handed on only where there is one)
        place = Place(data, lake, tenant=tenant, likely=files)
        return office_of(place, opened.control, now=wall_clock())

    return Services(
        opened.appender,
        opened.control,
        wall_clock,
        frozenset(PARSERS),
        frozenset({DEFAULT_TENANT}),
        office if lake is not None and API in configuration.server.roles else None,
        partial(_standing, opened),
        instruments or (lambda _tenant: []),
    )


def _book(configuration: Configuration, work: Work | None) -> RuleBook:
    """The rules that the API tells of: the worker's own where this process has one."""
    pipeline = configuration.pipeline
    return RuleBook(pipeline.rules, pipeline.local, work.rules if work else None)


def _logins(configuration: Configuration) -> Identity:
    """How people log in; the address that people reach is the server's unless the file says so."""
    found = identity_of(configuration.stores.data, configuration.identity.file)
    return replace(found, public_url=found.public_url or configuration.server.public_url)


def _standing(opened: Opened, tenant: TenantId) -> list[Standing]:
    return [
        Standing(number, each.first, each.end, each.consumed, opened.in_records)
        for number, each in enumerate(opened.standing(tenant))
    ]


def _checks(opened: Opened, http: Http, failed: threading.Event) -> dict[str, Callable[[], State]]:
    """What else has to do for the server to be ready."""

    def server() -> State:
        return State("stopping", usable=False) if http.door.draining else State()

    def lake() -> State:
        assert opened.lake is not None  # noqa: S101 (asked only where there is one)
        opened.lake.version("matches")
        return State()

    def worker() -> State:
        lag = sum(max(each.end - each.consumed, 0) for each in opened.standing(DEFAULT_TENANT))
        if opened.works is None:
            return State("elsewhere", lag=lag)
        return State("failed", usable=False, lag=lag) if failed.is_set() else State(lag=lag)

    found: dict[str, Callable[[], State]] = {"server": server}
    return found | ({"lake": lake, "worker": worker} if opened.lake is not None else {})


def _first_tokens(opened: Opened) -> None:
    """The tokens of a new installation, shown once."""
    console.print("New installation. Its tokens, shown only now:")
    for scope in _FIRST_SCOPES:
        token = create_token(
            opened.control,
            DEFAULT_TENANT,
            name=f"first-{scope}",
            scopes={scope},
            now=wall_clock(),
            by=SERVER,
        )
        console.print(f"  {scope.value:>6}  {token}", soft_wrap=True)
