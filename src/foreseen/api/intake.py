"""How the intake stands: how far the pipeline is behind, and what was taken and refused."""

from collections.abc import Sequence
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from foreseen.api.problems import documented
from foreseen.api.scopes import Reading
from foreseen.api.services import Serviced, Standing
from foreseen.control.intake_counts import Count, IntakeCounts, Outcome
from foreseen.intake.protocol import SEQUENCE_SHIFT

router = APIRouter(prefix="/api/v1/intake")


def counts_of(request: Request) -> IntakeCounts:
    """The counts of the app that a request came to."""
    return cast("IntakeCounts", request.app.state.intake_counts)


Counted = Annotated[IntakeCounts, Depends(counts_of)]


class PartitionView(BaseModel):
    """How far one partition has been read.

    Attributes:
        partition: Its number.
        first: Smallest offset that can be read.
        end: Offset after the last entry.
        consumed: The pipeline has everything before this offset.
        lag: What waits: bytes of our own log, records of a broker.
    """

    partition: int
    first: int
    end: int
    consumed: int
    lag: int


class SourceView(BaseModel):
    """What a source sent, in lines as far as they are known, and in requests.

    Attributes:
        source: Its name.
        received: Lines taken and refused.
        taken: Lines that were acknowledged: each is stored, in quarantine, or waits.
        rejected: Lines refused, by reason.
        requests: Requests by what became of them; those whose body was not read have no lines.
        last: When the last request came, ms UTC.
    """

    source: str
    received: int
    taken: int
    rejected: dict[Outcome, int]
    requests: dict[Outcome, int]
    last: int


class IntakeView(BaseModel):
    """How the intake stands."""

    partitions: list[PartitionView]
    sources: list[SourceView]


@router.get("", responses=documented())
async def intake(services: Serviced, counts: Counted, grant: Reading) -> IntakeView:
    """How far the pipeline is behind, and what each source sent: taken, and refused by reason."""
    found = await run_in_threadpool(counts.of, grant.tenant)
    places = await run_in_threadpool(services.standing, grant.tenant)
    by_source: dict[str, list[Count]] = {}
    for count in found:
        by_source.setdefault(count.source, []).append(count)
    return IntakeView(
        partitions=[_partition(place) for place in places],
        sources=[_source(name, counted) for name, counted in by_source.items()],
    )


def _partition(place: Standing) -> PartitionView:
    lag = max(place.end - place.consumed, 0)
    return PartitionView(
        partition=place.partition,
        first=place.first,
        end=place.end,
        consumed=place.consumed,
        lag=lag >> SEQUENCE_SHIFT if place.in_records else lag,
    )


def _source(name: str, counted: Sequence[Count]) -> SourceView:
    lines = {count.outcome: count.lines for count in counted}
    taken = lines.pop(Outcome.TAKEN, 0)
    return SourceView(
        source=name,
        received=taken + sum(lines.values()),
        taken=taken,
        rejected=lines,
        requests={count.outcome: count.requests for count in counted},
        last=max(count.last for count in counted),
    )
