"""Figures of the running server for scrapers, in Prometheus' text form."""

from collections.abc import Iterator, Sequence
from http import HTTPStatus
from itertools import accumulate

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from foreseen.api.intake import Counted
from foreseen.api.problems import ProblemError, documented
from foreseen.api.scopes import Reading
from foreseen.api.services import Serviced
from foreseen.control.intake_counts import Count
from foreseen.runners.metrics import EDGES, Families, Family, HistogramFamily, Labels

router = APIRouter()

FORM = "text/plain; version=0.0.4; charset=utf-8"
_PREFIX = "foreseen_"


@router.get(
    "/metrics",
    response_class=Response,
    responses={**documented(), 200: {"content": {"text/plain": {}}}},
)
async def metrics(
    request: Request, services: Serviced, counts: Counted, grant: Reading
) -> Response:
    """How this process and the organisation's pipeline do, in Prometheus' text form.

    A scraper authenticates with a token of scope read, as `authorization` in its configuration.
    Where the roles are apart, the pipeline's counts are those of the process that works.
    """
    found = await run_in_threadpool(services.metrics, grant.tenant)
    if found is None:
        raise ProblemError(HTTPStatus.FORBIDDEN, "no worker of this server reads your organisation")
    door = _door(await run_in_threadpool(counts.of, grant.tenant))
    served = request.app.state.traffic.figures.families()
    return Response(exposition([*found, *door, *served]), headers={"content-type": FORM})


def _door(counts: Sequence[Count]) -> Families:
    """Lines and requests at the intake's door by outcome; sources stay with `/api/v1/intake`."""
    lines: dict[str, int] = {}
    requests: dict[str, int] = {}
    for count in counts:
        name = count.outcome.value
        lines[name] = lines.get(name, 0) + count.lines
        requests[name] = requests.get(name, 0) + count.requests
    return [
        Family(name, "counter", about, [({"outcome": k}, float(n)) for k, n in held.items()])
        for name, about, held in (
            ("intake_lines_total", "Lines taken and refused, as far as known", lines),
            ("intake_requests_total", "Requests to the intake by what became of them", requests),
        )
    ]


def exposition(families: Families) -> str:
    """Families in Prometheus' text form, version 0.0.4."""
    return "".join(f"{line}\n" for each in families for line in _lines(each))


def _lines(family: Family | HistogramFamily) -> Iterator[str]:
    name = _PREFIX + family.name
    kind = family.kind if isinstance(family, Family) else "histogram"
    yield f"# HELP {name} {family.help}"
    yield f"# TYPE {name} {kind}"
    if isinstance(family, Family):
        for labels, value in family.samples:
            yield f"{name}{_labels(labels)} {value:.17g}"
        return
    totals = list(accumulate(family.held.buckets.tolist()))
    for edge, total in zip([*map(str, EDGES), "+Inf"], totals, strict=True):
        yield f'{name}_bucket{{le="{edge}"}} {total}'
    yield f"{name}_sum {family.held.sum:.17g}"
    yield f"{name}_count {totals[-1]}"


def _labels(labels: Labels) -> str:
    inside = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f"{{{inside}}}" if inside else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
