"""Processes: who started whom around an alert, and what was at work on a workload."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from foreseen.api.lake.desk import ANSWERS, Desked
from foreseen.api.lake.events import Moment
from foreseen.api.lake.rows import bounded
from foreseen.api.scopes import Reading
from foreseen.api.services import Serviced
from foreseen.api.times import iso, moment
from foreseen.control.alerts import listed_by_uid, members_of
from foreseen.core.errors import NotFoundError
from foreseen.lake.asking.match_list import first_of
from foreseen.lake.asking.narrowed import Asker
from foreseen.lake.asking.process_rows import Process
from foreseen.lake.asking.process_tree import Tree, process_tree
from foreseen.lake.asking.processes_at import AtWork, processes_at

router = APIRouter(prefix="/api/v1")

_MINUTE_MS = 60_000
_MOST_MEMBERS = 200
Minutes = Annotated[int, Query(ge=1, le=1_440)]
_Most = Annotated[int, Query(ge=1, le=500)]


class ProcessView(BaseModel):
    """A process as far as events tell of it; null where they do not.

    Attributes:
        uid: Its identity, which survives reuse of its pid.
        relation: What it is to the alert's own: `self`, `ancestor`, `sibling`, `child`,
            `descendant`.
        parent: Identity of its parent.
        path: The image that it ran last.
        user: As whom it ran; `login` is who had logged in.
        started: When it was first seen at all.
        first_time: Its first event in the time that was looked at, null without any.
        ended: When it ended.
        events: Its events in that time.
        rules: Rules that labelled them.
        truncated: Fields that were cut off.
    """

    uid: str
    relation: str
    parent: str | None
    stream: str
    pid: int | None
    path: str | None
    command_line: str | None
    directory: str | None
    user: str | None
    login: str | None
    session: str | None
    terminal: str | None
    started: str | None
    first_time: str | None
    last_time: str | None
    ended: str | None
    events: int
    rules: list[str]
    truncated: list[str]


class TreeView(BaseModel):
    """Processes around an alert.

    Attributes:
        match: The match of the alert that it was looked around.
        process: Identity of the process that matched; null: its event names none.
        processes: Ancestors from the oldest on, the process itself, its children, their
            descendants, then siblings, the nearest first.
        left_out: How many more there are.
        since: Begin of the time that was looked at.
    """

    match: str
    process: str | None
    processes: list[ProcessView]
    left_out: int
    since: str | None
    until: str | None


class AtWorkView(BaseModel):
    """Processes of a workload at a moment.

    Attributes:
        at: The moment; null: the workload has no events.
        since: From when on events were looked at.
        processes: Those that had an event since then and were not seen to end, the last one to
            say something first.
        left_out: How many more there are.
    """

    workload: str
    at: str | None
    since: str | None
    processes: list[ProcessView]
    left_out: int


@router.get("/alerts/{uid}/process-tree", responses=ANSWERS)
async def get_process_tree(  # noqa: PLR0913, PLR0917 (each is a part of the request)
    request: Request,
    services: Serviced,
    desk: Desked,
    grant: Reading,
    uid: str,
    minutes: Minutes = 60,
    limit: _Most = 200,
) -> TreeView:
    """Ancestors, siblings and descendants of the process of an alert's first match.

    Siblings and descendants are those with an event within `minutes` before and after the match.
    """

    def work(asker: Asker) -> TreeView:
        alert = listed_by_uid(services.control, grant.tenant, uid).alert
        members = members_of(services.control, grant.tenant, uid, limit=_MOST_MEMBERS)
        between = alert.first_time, alert.last_time
        match = first_of(asker, [uid, *(match for _, match in members)], between)
        if match is None:
            raise NotFoundError(f"the matches of alert {uid} are no longer in the lake")
        around = minutes * _MINUTE_MS
        found = process_tree(asker, match, around=around, limit=limit)
        return _tree_view(match["match_uid"], found)

    return await desk.ask(request, grant, work)


@router.get("/workloads/{workload:path}/processes", responses=ANSWERS)
async def list_processes(  # noqa: PLR0913, PLR0917 (each is a part of the request)
    request: Request,
    desk: Desked,
    grant: Reading,
    workload: str,
    at: Moment = None,
    minutes: Minutes = 10,
    limit: _Most = 200,
) -> AtWorkView:
    """Processes of a workload at a moment: those with an event within `minutes` before it.

    Without `at` the moment is that of the workload's last event.
    """
    when = moment(at)

    def work(asker: Asker) -> AtWork:
        return processes_at(asker, workload, at=when, before=minutes * _MINUTE_MS, limit=limit)

    found = await desk.ask(request, grant, work)
    return AtWorkView(
        workload=workload,
        at=iso(found.at),
        since=iso(found.since),
        processes=[_view(each) for each in found.processes],
        left_out=found.left_out,
    )


def _tree_view(match: str, found: Tree) -> TreeView:
    return TreeView(
        match=match,
        process=found.focus,
        processes=[_view(each) for each in found.processes],
        left_out=found.left_out,
        since=iso(found.since),
        until=iso(found.until),
    )


def _view(found: Process) -> ProcessView:
    said, cut = dict[str, object](), list[str]()
    for name, value in found.said.items():
        said[name], whole = bounded(value)
        if not whole:
            cut.append(name)
    rules, _ = bounded(list(found.rules))
    fields: dict[str, object] = {
        "parent": said.get("parent_uid"),
        "pid": said.get("process_pid"),
        "path": said.get("process_path"),
        "command_line": said.get("process_cmd_line"),
        "directory": said.get("process_cwd"),
        "user": said.get("process_user_name") or said.get("process_user_uid"),
        "login": said.get("user_name") or said.get("user_uid"),
        "session": said.get("session_uid"),
        "terminal": said.get("process_terminal"),
    }
    times = {
        "started": iso(found.started),
        "first_time": iso(found.first_time),
        "last_time": iso(found.last_time),
        "ended": iso(found.ended),
    }
    own = {"uid": found.uid, "relation": found.relation, "stream": found.stream}
    more = {"events": found.events, "rules": rules, "truncated": [_NAMES.get(n, n) for n in cut]}
    return ProcessView.model_validate({**own, **fields, **times, **more})


_NAMES = {
    "process_path": "path",
    "process_cmd_line": "command_line",
    "process_cwd": "directory",
}
