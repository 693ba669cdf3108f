"""Who started whom around an event: ancestors, siblings, children, from a stream's events.

Events are read of one stream and of a time around the event; of ancestors, which may be days old,
also those right after each began, for the identity of a process says when that was. Files and row
groups outside of both are left out by their statistics.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from foreseen.lake.asking.narrowed import Asker, Narrowed, Ranges, equal, narrowed
from foreseen.lake.asking.process_rows import COLUMNS, GROUPED, Process, process_of, start_of

DEPTH = 12
"""Ancestors that are told at most: as many as events name."""

_BEGINNING_MS = 60_000
"""How long after an ancestor's begin its own words are looked for."""

_RELATIONS = ("self", "child", "descendant", "sibling")
_OWN = ", ".join(COLUMNS)
_FAMILY = f"""
    WITH family AS (
        SELECT {_OWN}, stream, seq, time, event_type, labels,
            CASE WHEN process_uid = $focus THEN 0 WHEN parent_uid = $focus THEN 1
                WHEN list_contains(lineage, $focus) THEN 2 ELSE 3 END AS kin
        FROM near
        WHERE stream = $stream AND time >= $since AND time < $until AND process_uid <> ''
            AND (process_uid = $focus OR parent_uid = $focus OR parent_uid = $parent
                OR list_contains(lineage, $focus))
            AND NOT list_contains($above::VARCHAR[], process_uid)
    ), processes AS (
        SELECT min(kin) AS kin, {GROUPED} FROM family GROUP BY process_uid, stream
    )
    SELECT *, count(*) OVER () AS total FROM processes
    ORDER BY kin, CASE WHEN kin = 3 THEN abs(first_seq - $seq) ELSE first_seq END, process_uid
    LIMIT $most"""  # noqa: S608 (names of ours)
_ANCESTORS = f"""
    SELECT {GROUPED} FROM began
    WHERE stream = $stream AND list_contains($above::VARCHAR[], process_uid) AND ({{when}})
    GROUP BY process_uid, stream"""  # noqa: S608 (names of ours)
_PARENT = """
    SELECT arg_max(parent_uid, seq) AS parent_uid FROM near
    WHERE stream = $stream AND process_uid = $uid AND time >= $since AND time < $until"""


@dataclass(frozen=True, slots=True)
class Tree:
    """The processes around an event.

    Attributes:
        focus: Identity of the event's own process; None: the event names none.
        processes: Ancestors, the oldest first; the process itself; children; further descendants,
            each of these in the order in which they began; siblings, the nearest first.
        left_out: How many more there were.
        since: Begin of the time that was looked at, ms UTC.
        until: Its end.
    """

    focus: str | None
    processes: tuple[Process, ...]
    left_out: int
    since: int
    until: int


def process_tree(
    asker: Asker,
    event: Mapping[str, Any],
    *,
    around: int,
    limit: int,
) -> Tree:
    """The processes around an event.

    Args:
        asker: Who asks.
        event: A row of the events or of the matches.
        around: How long before and after the event others are looked for, ms.
        limit: Most processes beside the ancestors.

    Raises:
        TooSlowError: Its time was over.
        CorruptError: A file of the lake cannot be read.
    """
    since, until = event["time"] - around, event["time"] + around + 1
    focus = event["process_uid"]
    if not focus:
        return Tree(None, (), 0, since, until)
    place: dict[str, object] = {"stream": event["stream"], "since": since, "until": until}
    stream = {"stream": equal(event["stream"])}
    with narrowed(asker) as asked:
        asked.show("near", "events", {**stream, "time": (since, until - 1)})
        above = _above(asked, event, place)
        more = {"focus": focus, "parent": event["parent_uid"], "seq": event["seq"]}
        rows = asked.records(_FAMILY, {**place, **more, "above": above, "most": limit})
        ancestors = _ancestors(asked, event, above, {**stream}, place) if above else []
    family = [process_of(row, _RELATIONS[row["kin"]]) for row in rows]
    left_out = rows[0]["total"] - len(rows) if rows else 0
    return Tree(focus, (*ancestors, *family), left_out, since, until)


def _above(asked: Narrowed, event: Mapping[str, Any], place: dict[str, object]) -> list[str]:
    """Identities of the ancestors, parent first: as the event tells, else from parent to parent."""
    focus = event["process_uid"]
    if event["lineage"]:
        told = [uid for uid in event["lineage"] if uid and uid != focus]
        return list(dict.fromkeys(told))[:DEPTH]
    above: list[str] = []
    parent = event["parent_uid"]
    while parent and parent != focus and parent not in above and len(above) < DEPTH:
        above.append(parent)
        (row,) = asked.records(_PARENT, {**place, "uid": parent})
        parent = row["parent_uid"]
    return above


def _ancestors(
    asked: Narrowed,
    event: Mapping[str, Any],
    above: Sequence[str],
    stream: Ranges,
    place: Mapping[str, object],
) -> list[Process]:
    """The ancestors, oldest first; of one without events what the event itself says of it."""
    spans = [(place["since"], place["until"])]
    starts = [start for uid in above if (start := start_of(uid)) is not None]
    spans += [(start, start + _BEGINNING_MS) for start in starts]
    values: dict[str, object] = {"stream": place["stream"], "above": list(above)}
    when = []
    for number, (begin, end) in enumerate(spans):
        values |= {f"begin{number}": begin, f"end{number}": end}
        when.append(f"time >= $begin{number} AND time < $end{number}")
    asked.show("began", "events", *({**stream, "time": span} for span in spans))
    found = asked.records(_ANCESTORS.format(when=" OR ".join(when)), values)
    by_uid = {row["process_uid"]: process_of(row, "ancestor") for row in found}
    paths = dict(zip(event["lineage"] or (), event["lineage_paths"] or (), strict=False))
    below = [*above[1:], None]
    return [
        by_uid.get(uid) or _only_named(event, uid, parent, paths.get(uid))
        for uid, parent in reversed(list(zip(above, below, strict=True)))
    ]


def _only_named(
    event: Mapping[str, Any], uid: str, parent: str | None, path: str | None
) -> Process:
    """An ancestor that no event is left of."""
    said: dict[str, Any] = dict.fromkeys(COLUMNS)
    said |= {"process_uid": uid, "parent_uid": parent, "process_path": path}
    if uid == event["parent_uid"]:
        said["process_pid"] = event["parent_pid"]
        said["process_cmd_line"] = event["parent_cmd_line"]
        said["process_path"] = event["parent_path"] or path
    return Process(uid, "ancestor", str(event["stream"]), said, started=start_of(uid))
