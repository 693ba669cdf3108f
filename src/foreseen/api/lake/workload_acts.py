"""A workload up close: its risk over time, changed files, opened ports, and what is new on it."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from foreseen.api.cursors import Limit
from foreseen.api.lake.desk import ANSWERS, Desked
from foreseen.api.lake.events import Moment
from foreseen.api.lake.every import Every
from foreseen.api.lake.past_views import BaselineView, PastBegin, baseline_view, past_begin
from foreseen.api.lake.people import From, between
from foreseen.api.lake.risk_views import RiskCourseView, risk_view
from foreseen.api.lake.rows import timed
from foreseen.api.scopes import Reading
from foreseen.api.services import Serviced
from foreseen.api.times import iso
from foreseen.control.risk_course import waits_on
from foreseen.lake.asking.narrowed import Asker
from foreseen.lake.asking.workload_acts import Changed, against_past, changed_files, opened_ports

router = APIRouter(prefix="/api/v1/workloads/{workload:path}")


class ChangedFilesView(BaseModel):
    """Files that somebody made, wrote, moved, removed or gave other rights.

    Attributes:
        folders: By their first two names: changes and different files, most changes first.
        files: Those that changed last first; what was done, by whom and by which program last.
    """

    folders: list[dict[str, object]]
    files: list[dict[str, object]]
    since: str | None
    until: str | None


class OpenedPortsView(BaseModel):
    """Ports on which programs began to listen, those opened last first."""

    ports: list[dict[str, object]]
    since: str | None
    until: str | None


@router.get("/risk", responses=ANSWERS)
def get_workload_risk(  # noqa: PLR0913, PLR0917 (each is a part of the request)
    services: Serviced,
    grant: Reading,
    workload: str,
    since: From = None,
    until: Moment = None,
    every: Every = Every.DAY,
) -> RiskCourseView:
    """The highest risk of an alert that waited for a person, over time; which rules it is from."""
    waits, cut = waits_on(services.control, grant.tenant, workload)
    return risk_view(waits, between(services.clock(), since, until), every, of_all=not cut)


@router.get("/files", responses=ANSWERS)
async def get_workload_files(  # noqa: PLR0913, PLR0917 (each is a part of the request)
    request: Request,
    services: Serviced,
    desk: Desked,
    grant: Reading,
    workload: str,
    since: From = None,
    until: Moment = None,
    under: Annotated[str, Query(max_length=500)] = "",
    limit: Limit = 50,
) -> ChangedFilesView:
    """File integrity: which files changed, how, and by whom; all, or those `under` a path."""
    span = between(services.clock(), since, until)

    def work(asker: Asker) -> Changed:
        return changed_files(asker, workload, span, under=under, limit=limit)

    found = await desk.ask(request, grant, work)
    return ChangedFilesView(
        folders=[timed(each) for each in found.folders],
        files=[timed(each) for each in found.files],
        since=iso(span[0]),
        until=iso(span[1]),
    )


@router.get("/ports", responses=ANSWERS)
async def get_workload_ports(  # noqa: PLR0913, PLR0917 (each is a part of the request)
    request: Request,
    services: Serviced,
    desk: Desked,
    grant: Reading,
    workload: str,
    since: From = None,
    until: Moment = None,
    limit: Limit = 50,
) -> OpenedPortsView:
    """Ports on which programs of the workload began to listen, and which programs."""
    span = between(services.clock(), since, until)

    def work(asker: Asker) -> list[dict[str, Any]]:
        return opened_ports(asker, workload, span, limit=limit)

    found = await desk.ask(request, grant, work)
    ports = [timed(each) for each in found]
    return OpenedPortsView(ports=ports, since=iso(span[0]), until=iso(span[1]))


@router.get("/baseline", responses=ANSWERS)
async def get_workload_baseline(  # noqa: PLR0913, PLR0917 (each is a part of the request)
    request: Request,
    services: Serviced,
    desk: Desked,
    grant: Reading,
    workload: str,
    since: From = None,
    until: Moment = None,
    past: PastBegin = None,
    limit: Limit = 20,
) -> BaselineView:
    """Programs, users, destinations, folders and ports that are new of late, and those missed.

    What came between `from` and `until` is held against what came between `past` and `from`.
    """
    split, end = between(services.clock(), since, until)
    begin = past_begin(split, past)

    def work(asker: Asker) -> BaselineView:
        found = against_past(asker, workload, (begin, end), split, limit=limit)
        return baseline_view(found, (begin, end), split)

    return await desk.ask(request, grant, work)
