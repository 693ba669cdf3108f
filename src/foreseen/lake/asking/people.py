"""People as events tell of them: who did something in a time, and what one of them did."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from foreseen.lake.asking.narrowed import Asker, narrowed
from foreseen.lake.asking.past import FILE, PROCESS
from foreseen.lake.asking.people_at_risk import ALERTED
from foreseen.lake.asking.person_names import (
    FAILURE,
    KEY,
    LOGIN,
    NAME,
    NAMED,
    OF_PERSON,
    WITHIN,
    person_values,
)

_COUNTS = f"""
    count(*) AS events, min(time) AS first_time, max(time) AS last_time,
    count(DISTINCT host) AS hosts,
    count(*) FILTER (class_uid = {LOGIN}) AS logins,
    count(*) FILTER (class_uid = {LOGIN} AND status_id = {FAILURE}) AS failed"""
_LIST = f"""
    SELECT * FROM (
        SELECT {NAME} AS name, {_COUNTS}
        FROM events LEFT JOIN ({NAMED}) AS named ON {KEY} = named.key
        WHERE {WITHIN} GROUP BY 1)
    WHERE name IS NOT NULL AND name > $after ORDER BY name LIMIT $most"""  # noqa: S608 (of ours)
_ONE = f"SELECT {_COUNTS} FROM events WHERE {OF_PERSON}"  # noqa: S608 (of ours)
_LOGINS = f"""
    SELECT time, host, stream, seq, event_type, status_id, auth_service, auth_account, src_ip,
        session_uid FROM events WHERE {OF_PERSON} AND class_uid = {LOGIN}
    ORDER BY time DESC, stream, seq DESC LIMIT $most"""  # noqa: S608 (of ours)
_SESSIONS = f"""
    SELECT stream, session_uid, min(host) AS host, min(time) AS first_time,
        max(time) AS last_time, count(*) AS events,
        list_sort(list_distinct(flatten(list(labels)))) AS rules
    FROM events WHERE {OF_PERSON} AND session_uid <> ''
    GROUP BY stream, session_uid ORDER BY last_time DESC, stream, session_uid LIMIT $most"""  # noqa: S608 (of ours)
_COMMANDS = f"""
    SELECT time, host, stream, seq, session_uid, process_user_uid, process_path,
        process_cmd_line, labels
    FROM events WHERE {OF_PERSON} AND class_uid = {PROCESS} AND process_cmd_line <> ''
        AND coalesce(event_type, '') NOT IN ('fork', 'vfork', 'clone', 'clone3')
    ORDER BY time DESC, stream, seq DESC LIMIT $most"""  # noqa: S608 (of ours)
_PROGRAMS = f"""
    SELECT process_path, count(DISTINCT coalesce(process_uid, stream || '#' || seq)) AS processes,
        min(time) AS first_time, max(time) AS last_time, count(DISTINCT host) AS hosts,
        arg_max(process_cmd_line, time) AS last_cmd_line
    FROM events WHERE {OF_PERSON} AND process_path <> ''
    GROUP BY process_path ORDER BY processes DESC, process_path LIMIT $most"""  # noqa: S608 (of ours)
_FILES = f"""
    SELECT file_path, count(*) AS events, min(time) AS first_time, max(time) AS last_time,
        count(DISTINCT host) AS hosts, list_sort(list_distinct(list(event_type))) AS acts,
        arg_max(process_path, time) AS last_program
    FROM events WHERE {OF_PERSON} AND class_uid = {FILE} AND file_path <> ''
    GROUP BY file_path ORDER BY last_time DESC, file_path LIMIT $most"""  # noqa: S608 (of ours)
_TOLD = f"""
    SELECT match_uid, time, rule_id, workload, host, stream, seq, process_path, process_cmd_line,
        file_path, http_url, query_hostname, api_operation, auth_service, surprise
    FROM matches JOIN ({ALERTED}) USING (match_uid) WHERE {OF_PERSON}
    ORDER BY time DESC, match_uid LIMIT $most"""  # noqa: S608 (of ours)


@dataclass(frozen=True, slots=True)
class Acts:
    """What a person did in a time, each list with its most telling entries.

    Attributes:
        counts: Events, times, machines, logins.
        logins: The newest.
        sessions: Login sessions, those used last first.
        commands: Command lines, the newest first; forks, which repeat one, are left out.
        programs: What they ran, the most often first.
        files: Files that they touched, those touched last first.
        alerted: Matches of theirs that alerted, the newest first, with their surprise in bits.
    """

    counts: dict[str, Any]
    logins: Sequence[dict[str, Any]]
    sessions: Sequence[dict[str, Any]]
    commands: Sequence[dict[str, Any]]
    programs: Sequence[dict[str, Any]]
    files: Sequence[dict[str, Any]]
    alerted: Sequence[dict[str, Any]]


def people(
    asker: Asker,
    between: tuple[int, int],
    *,
    after: str = "",
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Who did something in a time: name, else account, else id; in the order of these.

    An id has a name where a login session of it was seen to begin in that time.

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
        for table in ("events", "matches", "predictions"):
            asked.show(table, table, {"time": (since, until - 1)})
        values = person_values(asked, name, between)
        (counts,) = asked.records(_ONE, values)
        if not counts["events"]:
            return None
        lists = [
            asked.records(sql, {**values, "most": limit})
            for sql in (_LOGINS, _SESSIONS, _COMMANDS, _PROGRAMS, _FILES, _TOLD)
        ]
    return Acts(counts, *lists)
