"""Which processes were at work on a workload at a moment, as far as events tell."""

from dataclasses import dataclass

from foreseen.lake.asking.narrowed import Asker, equal, narrowed
from foreseen.lake.asking.process_rows import COLUMNS, GROUPED, Process, process_of

_OWN = ", ".join(COLUMNS)
_AT = f"""
    WITH processes AS (
        SELECT {GROUPED} FROM (
            SELECT {_OWN}, stream, seq, time, event_type, labels FROM near
            WHERE workload = $workload AND time >= $since AND time <= $at AND process_uid <> '')
        GROUP BY process_uid, stream
    )
    SELECT *, count(*) OVER () AS total FROM processes WHERE ended IS NULL
    ORDER BY last_time DESC, stream, process_uid LIMIT $most"""  # noqa: S608 (names of ours)
_NEWEST = "SELECT max(time) AS newest FROM all_events WHERE workload = $workload"


@dataclass(frozen=True, slots=True)
class AtWork:
    """Processes of a workload at a moment.

    Attributes:
        at: The moment, ms UTC; None: the workload has no events.
        since: From when on events were looked at.
        processes: Those that had an event since then and did not end, the last one to say
            something first.
        left_out: How many more there were.
    """

    at: int | None
    since: int | None
    processes: tuple[Process, ...] = ()
    left_out: int = 0


def processes_at(
    asker: Asker,
    workload: str,
    *,
    at: int | None,
    before: int,
    limit: int,
) -> AtWork:
    """The processes of a workload at a moment.

    Args:
        asker: Who asks.
        workload: Its name.
        at: The moment, ms UTC; None: that of its last event.
        before: How long before the moment a process may have been silent, ms.
        limit: Most processes.

    Raises:
        TooSlowError: Its time was over.
        CorruptError: A file of the lake cannot be read.
    """
    with narrowed(asker) as asked:
        if at is None:
            asked.show("all_events", "events", {"workload": equal(workload)})
            at = asked.records(_NEWEST, {"workload": workload})[0]["newest"]
        if at is None:
            return AtWork(None, None)
        since = at - before
        asked.show("near", "events", {"workload": equal(workload), "time": (since, at)})
        values = {"workload": workload, "since": since, "at": at, "most": limit}
        rows = asked.records(_AT, values)
    left_out = rows[0]["total"] - len(rows) if rows else 0
    return AtWork(at, since, tuple(process_of(row) for row in rows), left_out)
