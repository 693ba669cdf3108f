"""Matches and windows as answers have them."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel
from sqlalchemy import Engine

from foreseen.api.lake.rows import fitting, view_of
from foreseen.api.lake.words import DecisionView, decision_view
from foreseen.api.times import iso
from foreseen.control.match_alerts import alerts_of
from foreseen.core.ids import TenantId
from foreseen.lake.asking.match_list import Judged
from foreseen.lake.asking.saved_window import SavedWindow, Step
from foreseen.schema.columns import MATCH_COLUMNS, WINDOW

_IN_WINDOW = {column.name for column in WINDOW} - {"rule_id", "match_uid", "window_complete"}
_KEYS = ("match_uid", "event_uid", "rule_id")
LISTED = (
    *_KEYS,
    "time",
    "ingested_time",
    "workload",
    "host",
    "stream",
    "seq",
    "class_uid",
    "event_type",
    "user_name",
    "user_uid",
    "process_user_name",
    "process_uid",
    "process_path",
    "process_cmd_line",
    "parent_path",
    "file_path",
    "src_ip",
    "dst_ip",
    "api_operation",
    "resource_name",
    "auth_account",
    "window_complete",
)
BEFORE = (
    "seq",
    "time",
    "event_uid",
    "class_uid",
    "event_type",
    "status_id",
    "user_name",
    "user_uid",
    "session_uid",
    "process_uid",
    "process_path",
    "process_cmd_line",
    "process_user_name",
    "parent_path",
    "file_path",
    "file_target",
    "src_ip",
    "dst_ip",
    "dst_port",
    "dst_hostname",
    "query_hostname",
    "http_url",
    "api_operation",
    "resource_name",
    "auth_service",
    "auth_account",
    "labels",
)


class MatchView(BaseModel):
    """A match and what was decided of it.

    Attributes:
        uid: Its uid.
        event: Uid of its event.
        event_at: Where to read the whole event; null: the match expired before its decision.
        rule: The rule that matched.
        columns: Columns of its event by name, those without a value left out; `truncated` names
            those that were too long.
        decision: The word that holds; null: it was not judged, being of the accepted history or
            not yet reached.
        alert: Uid of the alert that it is in; null: of none. A suppressed match may be in a story.
        window: Where to read what came before it.
    """

    uid: str
    event: str
    event_at: str | None
    rule: str
    time: str | None
    workload: str
    columns: dict[str, object]
    decision: DecisionView | None
    alert: str | None
    window: str


class MatchPage(BaseModel):
    """Some matches, and the cursor of the next page if there is one."""

    matches: list[MatchView]
    next: str | None


class StepView(BaseModel):
    """An event before a match.

    Attributes:
        seq: Its number in the stream.
        seconds_before: How long before the match it was.
        token: What it was, folded, as the model saw it.
        event: Its columns; null: it is no longer in the lake.
    """

    seq: int
    seconds_before: float
    token: str
    event: dict[str, object] | None


class WindowView(BaseModel):
    """What came before a match, as it was saved with it, oldest first.

    Attributes:
        match: Its uid.
        complete: False: telemetry before the match is known to be missing.
        events: Of its stream.
        session: Before in its login session, folded.
        siblings: By its parent's other children, folded.
        session_failures: Failed logins before that of the session; null where it is not known.
    """

    match: str
    stream: str
    time: str | None
    complete: bool | None
    events: list[StepView]
    session: list[str]
    siblings: list[str]
    session_failures: int | None


def match_views(
    engine: Engine, tenant: TenantId, found: Sequence[Judged], *, whole: bool = False
) -> list[MatchView]:
    """Matches with the alerts that they are in; `whole` with all that their decisions rest on."""
    told = alerts_of(engine, tenant, [each.key.uid for each in found])
    return [_view(each, told.get(each.key.uid), whole=whole) for each in found]


def _view(found: Judged, alert: str | None, *, whole: bool) -> MatchView:
    match: dict[str, Any] = found.match
    left_out = {*_IN_WINDOW, *_KEYS, "tenant"}
    names = [c.name for c in MATCH_COLUMNS if c.name in match and c.name not in left_out]
    return MatchView(
        uid=match["match_uid"],
        event=match["event_uid"] or "",
        event_at=_event_at(match),
        rule=match["rule_id"] or "",
        time=iso(match["time"]),
        workload=match["workload"] or "",
        columns=view_of({name: match[name] for name in names}),
        decision=decision_view(found.decision, whole=whole) if found.decision else None,
        alert=alert,
        window=f"/api/v1/matches/{match['match_uid']}/window",
    )


def _event_at(match: Mapping[str, Any]) -> str | None:
    stream, seq = match["stream"], match["seq"]
    return None if stream is None or seq is None else f"/api/v1/events/{quote(stream)}/{seq}"


def window_view(found: SavedWindow) -> WindowView:
    """A window."""
    return WindowView(
        match=found.match["match_uid"],
        stream=found.match["stream"] or "",
        time=iso(found.match["time"]),
        complete=found.complete,
        events=_steps(found.steps),
        session=list(found.session),
        siblings=list(found.siblings),
        session_failures=found.failures,
    )


def _steps(steps: tuple[Step, ...]) -> list[StepView]:
    """The last of them, as far as an answer takes them."""
    shown = [None if step.event is None else view_of(step.event) for step in steps]
    fits = fitting([each or {} for each in reversed(shown)])
    pairs = list(zip(steps, shown, strict=True))[len(shown) - fits :]
    return [
        StepView(seq=step.seq, seconds_before=step.age / 1000, token=step.token, event=event)
        for step, event in pairs
    ]
