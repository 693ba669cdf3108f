"""People as events tell of them: who did something in a time, and what one of them did."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from foreseen.lake.asking.narrowed import Asker, narrowed

LOGIN = 3002
"""OCSF's class of logins."""

_FAILURE = 2
LONGEST_NAME = 100
"""Letters of a name by which people are told apart in a list."""

_SAID = "coalesce(nullif(user_name, ''), nullif(auth_account, ''), nullif(user_uid, ''))"
_NAME = f"left({_SAID}, {LONGEST_NAME})"
_COUNTS = f"""
    count(*) AS events, min(time) AS first_time, max(time) AS last_time,
    count(DISTINCT host) AS hosts,
    count(*) FILTER (class_uid = {LOGIN}) AS logins,
    count(*) FILTER (class_uid = {LOGIN} AND status_id = {_FAILURE}) AS failed"""
_LIST = f"""
    SELECT * FROM (
        SELECT {_NAME} AS name, {_COUNTS} FROM events WHERE time >= $since AND time < $until
        GROUP BY 1)
    WHERE name IS NOT NULL AND name > $after ORDER BY name LIMIT $most"""  # noqa: S608 (of ours)
_OF = (
    "time >= $since AND time < $until AND (user_name = $name OR user_uid = $name "
    "OR auth_account = $name OR process_user_name = $name)"
)
_ONE = f"SELECT {_COUNTS} FROM events WHERE {_OF}"  # noqa: S608 (of ours)
_LOGINS = f"""
    SELECT time, host, stream, seq, event_type, status_id, auth_service, auth_account, src_ip,
        session_uid FROM events WHERE {_OF} AND class_uid = {LOGIN}
    ORDER BY time DESC, stream, seq DESC LIMIT $most"""  # noqa: S608 (of ours)
_SESSIONS = f"""
    SELECT stream, session_uid, min(host) AS host, min(time) AS first_time,
        max(time) AS last_time, count(*) AS events,
        list_sort(list_distinct(flatten(list(labels)))) AS rules
    FROM events WHERE {_OF} AND session_uid <> ''
    GROUP BY stream, session_uid ORDER BY last_time DESC, stream, session_uid LIMIT $most"""  # noqa: S608 (of ours)
_PROGRAMS = f"""
    SELECT process_path, count(DISTINCT coalesce(process_uid, stream || '#' || seq)) AS processes,
        min(time) AS first_time, max(time) AS last_time, count(DISTINCT host) AS hosts,
        arg_max(process_cmd_line, time) AS last_cmd_line
    FROM events WHERE {_OF} AND process_path <> ''
    GROUP BY process_path ORDER BY processes DESC, process_path LIMIT $most"""  # noqa: S608 (of ours)


@dataclass(frozen=True, slots=True)
class Acts:
    """What a person did in a time, each list with its most telling entries.

    Attributes:
        counts: Events, times, machines, logins.
        logins: The newest.
        sessions: Login sessions, those used last first.
        programs: What they ran, the most often first.
    """

    counts: dict[str, Any]
    logins: Sequence[dict[str, Any]]
    sessions: Sequence[dict[str, Any]]
    programs: Sequence[dict[str, Any]]


def people(
    asker: Asker,
    between: tuple[int, int],
    *,
    after: str = "",
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Who did something in a time: name, else account, else id; in the order of these.

    Args:
        asker: Who asks.
        between: First time, and time after the last, ms UTC.
        after: Name after which the list goes on.
        limit: Most people.

    Raises:
        TooSlowError: Its time was over.
        CorruptError: A file of the lake cannot be read.
    """
    since, until = between
    with narrowed(asker) as asked:
        asked.show("events", "events", {"time": (since, until - 1)})
        values = {"since": since, "until": until, "after": after, "most": limit}
        return asked.records(_LIST, values)


def acts_of(
    asker: Asker,
    name: str,
    between: tuple[int, int],
    *,
    limit: int = 50,
) -> Acts | None:
    """What a person did in a time; None where nothing is told of them.

    Args:
        asker: Who asks.
        name: Name, account or id.
        between: First time, and time after the last, ms UTC.
        limit: Most entries of each list.

    Raises:
        TooSlowError: Its time was over.
        CorruptError: A file of the lake cannot be read.
    """
    since, until = between
    with narrowed(asker) as asked:
        asked.show("events", "events", {"time": (since, until - 1)})
        values: dict[str, object] = {"since": since, "until": until, "name": name}
        (counts,) = asked.records(_ONE, values)
        if not counts["events"]:
            return None
        lists = [
            asked.records(sql, {**values, "most": limit}) for sql in (_LOGINS, _SESSIONS, _PROGRAMS)
        ]
    return Acts(counts, *lists)
