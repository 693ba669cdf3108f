"""What each role of a server needs of the stores, and which roles can work apart.

A log of our own has one process: who takes telemetry is who works it off. Everything else is
shared: the control database and the lake allow readers and writers beside it, so answers can come
from any number of processes. With a broker all three can be apart, on any machines.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy import Engine

from foreseen.control.places import has_database
from foreseen.control.tenants import ensure_tenant
from foreseen.core.errors import ConfigurationError, NotFoundError
from foreseen.core.ids import DEFAULT_TENANT, TenantId
from foreseen.intake.opening import open_appender
from foreseen.intake.protocol import Appender
from foreseen.intake.segments import named_segments
from foreseen.lake.lake import Lake
from foreseen.runners.control_place import control_for
from foreseen.runners.installation import Stores
from foreseen.runners.lake_place import has_lake, lake_of
from foreseen.runners.server import Addresses, stores, wall_clock
from foreseen.runners.shards.inputs import FromBroker
from foreseen.runners.shards.standing import Extent, extents_of

API, INTAKE, WORKER = "api", "intake", "worker"


@dataclass(frozen=True, slots=True)
class Opened:
    """Stores as the roles of a process need them.

    Attributes:
        control: The control database.
        appender: Takes entries; None: this process takes none.
        works: The stores of who works; None: another process does.
        lake: To be read; None: this process answers nothing.
        extent: First and last offset of a partition of the intake.
        in_records: Offsets count a broker's records, and not bytes.
    """

    control: Engine
    appender: Appender | None
    works: Stores | None
    lake: Lake | None
    extent: Callable[[int], tuple[int, int]]
    in_records: bool

    def standing(self, tenant: TenantId) -> Sequence[Extent]:
        """How far an organisation's partitions were worked off, whoever works."""
        if self.lake is None:
            return ()
        return extents_of(self.control, self.lake, self.extent, tenant)


def check_roles(roles: tuple[str, ...], intake: str | None) -> None:
    """Do nothing if these roles can be had by one process.

    Raises:
        ConfigurationError: They cannot; the message says which can.
    """
    if intake is None and (INTAKE in roles) != (WORKER in roles):
        raise ConfigurationError(
            f"roles {','.join(roles)}: a log in the data folder belongs to one process, so intake"
            " and worker go together; give intake,worker (or all), or name a broker with --intake"
        )


@contextmanager
def opened_for(roles: tuple[str, ...], data: Path, addresses: Addresses) -> Iterator[Opened]:
    """Open what the roles need; close it at the end.

    Raises:
        ConfigurationError: The roles cannot be apart, or what `stores` raises.
        NotFoundError: There is no data yet for who only answers.
        CorruptError, TransientError: As for `stores`.
    """
    check_roles(roles, addresses.intake)
    if WORKER in roles:
        with stores(data, addresses) as found:
            takes = found.intake if INTAKE in roles else None
            counts_records = found.input.in_records
            yield Opened(
                found.control, takes, found, found.lake, found.input.extent, counts_records
            )
        return
    with ExitStack() as stack:
        yield _beside(stack, roles, data, addresses)


def _beside(stack: ExitStack, roles: tuple[str, ...], data: Path, addresses: Addresses) -> Opened:
    """What a process needs that does not work itself."""
    is_new = addresses.control is None and not has_database(data)
    if API in roles and is_new:
        raise NotFoundError(f"{data}: no data yet; begin a process with the role worker first")
    control = stack.enter_context(control_for(data, addresses.control))
    ensure_tenant(control, DEFAULT_TENANT, now=wall_clock())
    lake = None
    if API in roles:
        if not has_lake(data, control):
            raise NotFoundError(f"{data}: no lake yet; begin a process with the role worker first")
        lake = lake_of(data, control, addresses.s3)
    if addresses.intake is None:
        extent = partial(_watched, data / "intake")
        return Opened(control, None, None, lake, extent, in_records=False)
    appender = stack.enter_context(closing(open_appender(addresses.intake, addresses.partitions)))
    broker, takes = FromBroker(addresses.intake, appender.partitions), INTAKE in roles
    return Opened(control, appender if takes else None, None, lake, broker.extent, in_records=True)


def _watched(folder: Path, _number: int) -> tuple[int, int]:
    """The ends of a log that another process has: what is written, on the disk or about to be."""
    found = named_segments(folder)
    if not found:
        return 0, 0
    return found[0].base, found[-1].base + found[-1].path.stat().st_size
