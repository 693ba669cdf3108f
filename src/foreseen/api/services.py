"""What the API works with, handed in by who runs it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request
from sqlalchemy import Engine

from foreseen.core.ids import TenantId
from foreseen.intake.log import IntakeLog
from foreseen.studies.feedback import Office


@dataclass(frozen=True, slots=True)
class Services:
    """Stores and facts of this installation.

    Attributes:
        intake: The durable log that `ingest` appends to.
        control: The control database.
        clock: Now, ms UTC.
        formats: Names of the wire formats that have a parser.
        tenants: Organisations whose intake a worker reads; others' data are refused, not lost.
        office: Where words on an organisation's alerts are taken; None: nowhere in this process.
    """

    intake: IntakeLog
    control: Engine
    clock: Callable[[], int]
    formats: frozenset[str]
    tenants: frozenset[TenantId]
    office: Callable[[TenantId], Office] | None = None


def services_of(request: Request) -> Services:
    """The services of the app that a request came to."""
    return cast("Services", request.app.state.services)


Serviced = Annotated[Services, Depends(services_of)]
