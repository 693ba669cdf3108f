"""What the API works with, handed in by who runs it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, cast

from fastapi import Depends, Request
from sqlalchemy import Engine

from foreseen.api.identity.settings import Identity
from foreseen.core.ids import TenantId
from foreseen.intake.protocol import Appender
from foreseen.lake.lake import Lake
from foreseen.runners.hunting.pool import Pool
from foreseen.runners.metrics import Families
from foreseen.studies.feedback import Office


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a partition of the intake has been read.

    Attributes:
        partition: Its number.
        first: Smallest offset that can be read.
        end: Offset after the last entry.
        consumed: The pipeline has everything before this offset.
        in_records: Offsets count a broker's records, and not bytes.
    """

    partition: int
    first: int
    end: int
    consumed: int
    in_records: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """How a thing stands that the server needs.

    Attributes:
        word: `ok`, or what is the matter.
        usable: Whether the server can work with it.
        lag: What waits for it, in the intake's unit; None: nothing is counted.
    """

    word: str = "ok"
    usable: bool = True
    lag: int | None = None


def _nobody(_tenant: TenantId) -> Sequence[Standing]:
    """Nobody reads the intake in this process."""
    return ()


def _nothing(_tenant: TenantId) -> Families | None:
    """Nothing is counted in this process."""
    return None


@dataclass(frozen=True, slots=True)
class Services:
    """Stores and facts of this installation.

    Attributes:
        intake: Our own log, or a broker, that `ingest` appends to; None: nothing is taken here.
        control: The control database.
        clock: Now, ms UTC.
        formats: Names of the wire formats that have a parser.
        tenants: Organisations whose intake a worker reads; others' data are refused, not lost.
        office: Where words on an organisation's alerts are taken; None: nowhere in this process.
        standing: How far an organisation's partitions of the intake have been read.
        metrics: Figures of an organisation's pipeline; None: it does not run here.
        identity: How people log in.
        checks: What else the server needs to be ready, by name; one that raises is not usable.
        hunts: Answers people's queries; None: nobody does in this process.
        lake: What people read; None: this process has none.
    """

    intake: Appender | None
    control: Engine
    clock: Callable[[], int]
    formats: frozenset[str]
    tenants: frozenset[TenantId]
    office: Callable[[TenantId], Office] | None = None
    standing: Callable[[TenantId], Sequence[Standing]] = _nobody
    metrics: Callable[[TenantId], Families | None] = _nothing
    identity: Identity = field(default_factory=Identity)
    checks: Mapping[str, Callable[[], State]] = field(default_factory=dict)
    hunts: Pool | None = None
    lake: Lake | None = None


def services_of(request: Request) -> Services:
    """The services of the app that a request came to."""
    return cast("Services", request.app.state.services)


Serviced = Annotated[Services, Depends(services_of)]
