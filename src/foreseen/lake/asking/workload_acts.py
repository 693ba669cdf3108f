"""A workload up close: files that changed, ports that were opened, and what is new on it."""

from dataclasses import dataclass

from foreseen.lake.asking.narrowed import Asker, Narrowed, narrowed
from foreseen.lake.asking.past import (
    CHANGED,
    DESTINATIONS,
    FOLDER,
    FOLDERS,
    NETWORK,
    PROGRAMS,
    Compared,
    Kind,
    Past,
    Rows,
)
from foreseen.lake.asking.person_names import KEY, NAME, NAMED, WITHIN

_LISTEN = 7  # OCSF's activity of the class of connections
_OF = f"{WITHIN} AND workload = $name"
_FOLDERS = f"""
    SELECT {FOLDER} AS folder, count(*) AS events, count(DISTINCT file_path) AS files,
        max(time) AS last_time
    FROM events WHERE {_OF} AND {CHANGED}
    GROUP BY folder ORDER BY events DESC, folder LIMIT $most"""  # noqa: S608 (of ours)
_FILES = f"""
    SELECT file_path, count(*) AS events, list_sort(list_distinct(list(event_type))) AS acts,
        min(time) AS first_time, max(time) AS last_time, count(DISTINCT host) AS hosts,
        arg_max(process_path, time) AS last_program, arg_max({NAME}, time) AS last_user
    FROM events LEFT JOIN ({NAMED}) AS named ON {KEY} = named.key
    WHERE {_OF} AND {CHANGED} AND starts_with(file_path, $under)
    GROUP BY file_path ORDER BY last_time DESC, file_path LIMIT $most"""  # noqa: S608 (of ours)
_PORT = "coalesce(src_port, dst_port)"
_LISTENS = f"class_uid = {NETWORK} AND activity_id = {_LISTEN} AND {_PORT} IS NOT NULL"
_PORTS = f"""
    SELECT {_PORT} AS port, protocol, process_path AS program,
        list_sort(list_distinct(list(coalesce(src_ip, dst_ip)))) AS addresses,
        list_sort(list_distinct(list(host))) AS hosts, count(*) AS events,
        min(time) AS first_time, max(time) AS last_time
    FROM events WHERE {_OF} AND {_LISTENS}
    GROUP BY ALL ORDER BY first_time DESC, port, program LIMIT $most"""  # noqa: S608 (of ours)
_PAST = Past(
    _OF,
    {
        "program": PROGRAMS,
        "user": Kind("true", NAME.replace("named.account", "account")),
        "destination": DESTINATIONS,
        "folder": FOLDERS,
        "port": Kind(_LISTENS, f"{_PORT}::VARCHAR"),
    },
)


@dataclass(frozen=True, slots=True)
class Changed:
    """Files of a workload that changed.

    Attributes:
        folders: By their first two names, those with most changes first.
        files: Those that changed last first.
    """

    folders: Rows
    files: Rows


def changed_files(
    asker: Asker, workload: str, between: tuple[int, int], *, under: str = "", limit: int = 50
) -> Changed:
    """Files that somebody made, wrote, moved, removed or gave other rights.

    Args:
        asker: Who asks.
        workload: Name.
        between: First time, and time after the last, ms UTC.
        under: What paths of files begin with.
        limit: Most entries of each list.

    Raises:
        TooSlowError: Its time was over.
        CorruptError: A file of the lake cannot be read.
    """
    with narrowed(asker) as asked:
        values = {**_shown(asked, workload, between), "most": limit}
        folders = asked.records(_FOLDERS, values)
        return Changed(folders, asked.records(_FILES, {**values, "under": under}))


def opened_ports(asker: Asker, workload: str, between: tuple[int, int], *, limit: int = 50) -> Rows:
    """Ports on which programs began to listen, those opened last first; raises as above.

    Telemetry tells when one is opened and seldom when it is closed.
    """
    with narrowed(asker) as asked:
        return asked.records(_PORTS, {**_shown(asked, workload, between), "most": limit})


def against_past(
    asker: Asker, workload: str, between: tuple[int, int], split: int, *, limit: int = 20
) -> tuple[list[Compared], int | None]:
    """What a workload did of late that it had not done before, and what it does no more.

    Args:
        asker: Who asks.
        workload: Name.
        between: Begin of its past, and end of what is of late, ms UTC.
        split: When its past ends.
        limit: Most new and most missed ones of each kind.

    Returns:
        Programs, users, destinations, folders and ports, and the time of the first event.

    Raises:
        TooSlowError: Its time was over.
        CorruptError: A file of the lake cannot be read.
    """
    with narrowed(asker) as asked:
        return _PAST.compared(asked, _shown(asked, workload, between), split, limit)


def _shown(asked: Narrowed, workload: str, between: tuple[int, int]) -> dict[str, object]:
    since, until = between
    asked.show("events", "events", {"time": (since, until - 1), "workload": (workload, workload)})
    return {"since": since, "until": until, "name": workload}
