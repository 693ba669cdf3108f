"""How far the pipeline is behind, in seconds, and how long its steps took."""

from fastapi import APIRouter
from pydantic import BaseModel

from foreseen.api.problems import documented
from foreseen.api.scopes import Reading
from foreseen.api.services import Serviced
from foreseen.runners.metrics import Families, HistogramFamily

router = APIRouter(prefix="/api/v1/figures/pipeline")

_LAG = "lag_seconds"
_STEPS = (
    "receipt_to_commit_seconds",
    "commit_to_decision_seconds",
    "receipt_to_decision_seconds",
)


class PipelineStepView(BaseModel):
    """How long a step took since the worker began; seconds, right to within a bucket of /metrics.

    Attributes:
        name: `receipt_to_commit` (of an event, until it is in the lake), `commit_to_decision` (of a
            match), `receipt_to_decision` (both together).
        count: How many took it.
        p50: Half took no longer; null without any, and where the slowest bucket has no end.
    """

    name: str
    count: int
    p50: float | None
    p99: float | None


class PipelineView(BaseModel):
    """The organisation's pipeline.

    Attributes:
        here: Whether it works in the process that answers; else nothing is known here.
        lag_seconds: Age of the oldest entry of the intake that the lake does not have yet; 0: none.
    """

    here: bool
    lag_seconds: float | None
    steps: list[PipelineStepView]


@router.get("", responses=documented())
def pipeline_figures(services: Serviced, grant: Reading) -> PipelineView:
    """How far the pipeline is behind, and how long events and matches took through it."""
    found = services.metrics(grant.tenant)
    if found is None:
        return PipelineView(here=False, lag_seconds=None, steps=[])
    return PipelineView(here=True, lag_seconds=_lag(found), steps=_steps(found))


def _lag(found: Families) -> float | None:
    of_partitions = [
        value
        for family in found
        if not isinstance(family, HistogramFamily) and family.name == _LAG
        for _, value in family.samples
    ]
    return max(of_partitions, default=None)


def _steps(found: Families) -> list[PipelineStepView]:
    held = {family.name: family.held for family in found if isinstance(family, HistogramFamily)}
    return [
        PipelineStepView(
            name=name.removesuffix("_seconds"),
            count=int(held[name].buckets.sum()),
            p50=held[name].quantile(0.5),
            p99=held[name].quantile(0.99),
        )
        for name in _STEPS
        if name in held
    ]
