"""A workload up close: files that changed, ports that were opened, and what is new on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from foreseen.lake.asking.narrowed import Asker, Narrowed, narrowed
from foreseen.lake.asking.person_names import KEY, NAME, NAMED, WITHIN

_PROCESS, _FILE, _NETWORK, _CONNECT, _LISTEN = 1007, 1001, 4001, 1, 7
"""OCSF's classes, and activities of the class of networks."""

# OCSF's activities of files that change one: create, update, delete, rename, set attributes, set
# security, encrypt, decrypt.
_CHANGED = f"class_uid = {_FILE} AND activity_id IN (1, 3, 4, 5, 6, 7, 10, 11) AND file_path <> ''"
_OF = f"{WITHIN} AND workload = $name"
# What lies in a folder for scratch has a new name each time: of its name stays what is plain.
_SCRATCH = "^(/(?:tmp|var/tmp|dev/shm|proc|run))/(?:.*/)?([a-z._-]+)?.*$"
_PLAIN = "^/(?:tmp|var/tmp|dev/shm|proc|run)/(?:.*/)?[a-z._-]+$"
_FOLDER = rf"""regexp_replace(
    regexp_extract(file_path, '^((?:/[^/]+){{1,2}})/', 1), '{_SCRATCH}', '\1')"""
_FOLDERS = f"""
    SELECT {_FOLDER} AS folder, count(*) AS events, count(DISTINCT file_path) AS files,
        max(time) AS last_time
    FROM events WHERE {_OF} AND {_CHANGED}
    GROUP BY folder ORDER BY events DESC, folder LIMIT $most"""  # noqa: S608 (of ours)
_FILES = f"""
    SELECT file_path, count(*) AS events, list_sort(list_distinct(list(event_type))) AS acts,
        min(time) AS first_time, max(time) AS last_time, count(DISTINCT host) AS hosts,
        arg_max(process_path, time) AS last_program, arg_max({NAME}, time) AS last_user
    FROM events LEFT JOIN ({NAMED}) AS named ON {KEY} = named.key
    WHERE {_OF} AND {_CHANGED} AND starts_with(file_path, $under)
    GROUP BY file_path ORDER BY last_time DESC, file_path LIMIT $most"""  # noqa: S608 (of ours)
_PORT = "coalesce(src_port, dst_port)"
_LISTENS = f"class_uid = {_NETWORK} AND activity_id = {_LISTEN} AND {_PORT} IS NOT NULL"
_PORTS = f"""
    SELECT {_PORT} AS port, protocol, process_path AS program,
        list_sort(list_distinct(list(coalesce(src_ip, dst_ip)))) AS addresses,
        list_sort(list_distinct(list(host))) AS hosts, count(*) AS events,
        min(time) AS first_time, max(time) AS last_time
    FROM events WHERE {_OF} AND {_LISTENS}
    GROUP BY ALL ORDER BY first_time DESC, port, program LIMIT $most"""  # noqa: S608 (of ours)


def _lasting(path: str) -> str:
    """SQL of a path whose scratch names are left out."""
    named = rf"regexp_replace({path}, '{_SCRATCH}', '\1/…/\2')"
    nameless = rf"regexp_replace({path}, '{_SCRATCH}', '\1/…')"
    plain = f"regexp_matches({path}, '{_PLAIN}')"
    scratch = f"regexp_matches({path}, '{_SCRATCH}')"
    return f"CASE WHEN {plain} THEN {named} WHEN {scratch} THEN {nameless} ELSE {path} END"


_KINDS = {
    "program": (f"class_uid = {_PROCESS}", _lasting("process_path")),
    "user": ("true", NAME),
    "destination": (
        f"class_uid = {_NETWORK} AND activity_id = {_CONNECT}",
        "concat_ws(':', coalesce(nullif(dst_hostname, ''), dst_ip), dst_port)",
    ),
    "folder": (_CHANGED, _FOLDER),
    "port": (_LISTENS, f"{_PORT}::VARCHAR"),
}
KINDS = tuple(_KINDS)
"""What is compared of a workload with its past."""

_EACH = " UNION ALL ".join(
    f"SELECT '{kind}' AS kind, {value} AS value, time, host FROM told WHERE {where}"  # noqa: S608
    for kind, (where, value) in _KINDS.items()
)
_COMPARED = f"""
    WITH told AS (
        SELECT events.*, named.account AS account
        FROM events LEFT JOIN ({NAMED}) AS named ON {KEY} = named.key WHERE {_OF}
    ), counted AS (
        SELECT kind, value, count(*) FILTER (time >= $split) AS lately,
            count(*) FILTER (time < $split) AS before,
            min(time) AS first_time, max(time) AS last_time, count(DISTINCT host) AS hosts
        FROM ({_EACH.replace("named.account", "account")}) WHERE value <> '' GROUP BY kind, value
    )
    SELECT *, count(*) FILTER (lately > 0) OVER each AS values_lately,
        count(*) FILTER (before > 0) OVER each AS values_before,
        count(*) FILTER (before = 0) OVER each AS fresh,
        count(*) FILTER (lately = 0) OVER each AS gone
    FROM counted WINDOW each AS (PARTITION BY kind)
    QUALIFY row_number() OVER (PARTITION BY kind, before = 0, lately = 0
        ORDER BY greatest(lately, before) DESC, value) <= $most
    ORDER BY kind, greatest(lately, before) DESC, value"""  # noqa: S608 (of ours)
_FIRST = f"SELECT min(time) AS first_time FROM events WHERE {_OF}"  # noqa: S608 (of ours)

Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Changed:
    """Files of a workload that changed.

    Attributes:
        folders: By their first two names, those with most changes first.
        files: Those that changed last first.
    """

    folders: Rows
    files: Rows


@dataclass(frozen=True, slots=True)
class Compared:
    """A kind of thing of late and before.

    Attributes:
        kind: One of `KINDS`.
        lately: How many different ones there were of late; `before` as many before.
        fresh: How many came of late alone; `gone` as many came before alone.
        new: Those that came of late alone, the most frequent first; `missed` those before alone.
    """

    kind: str
    lately: int
    before: int
    fresh: int
    gone: int
    new: Rows
    missed: Rows


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
        values = _shown(asked, workload, between, limit)
        folders = asked.records(_FOLDERS, values)
        return Changed(folders, asked.records(_FILES, {**values, "under": under}))


def opened_ports(asker: Asker, workload: str, between: tuple[int, int], *, limit: int = 50) -> Rows:
    """Ports on which programs began to listen, those opened last first; raises as above.

    Telemetry tells when one is opened and seldom when it is closed.
    """
    with narrowed(asker) as asked:
        return asked.records(_PORTS, _shown(asked, workload, between, limit))


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
        Each of `KINDS`, and the time of the first event of the past, None without one.

    Raises:
        TooSlowError: Its time was over.
        CorruptError: A file of the lake cannot be read.
    """
    with narrowed(asker) as asked:
        values = _shown(asked, workload, between, limit)
        rows = asked.records(_COMPARED, {**values, "split": split})
        del values["most"]
        (first,) = asked.records(_FIRST, values)
    compared = [_compared(kind, [row for row in rows if row["kind"] == kind]) for kind in KINDS]
    return compared, first["first_time"]


def _shown(
    asked: Narrowed, workload: str, between: tuple[int, int], limit: int
) -> dict[str, object]:
    since, until = between
    asked.show("events", "events", {"time": (since, until - 1), "workload": (workload, workload)})
    return {"since": since, "until": until, "name": workload, "most": limit}


def _compared(kind: str, rows: Sequence[dict[str, Any]]) -> Compared:
    counts = rows[0] if rows else dict.fromkeys(("values_lately", "values_before"), 0)
    return Compared(
        kind=kind,
        lately=counts["values_lately"],
        before=counts["values_before"],
        fresh=counts.get("fresh", 0),
        gone=counts.get("gone", 0),
        new=[row for row in rows if not row["before"]],
        missed=[row for row in rows if not row["lately"]],
    )
