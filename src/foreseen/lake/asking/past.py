"""What is new of late, held against the past: of a workload, or of a person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from foreseen.lake.asking.narrowed import Narrowed
from foreseen.lake.asking.person_names import KEY, NAMED

PROCESS, FILE, NETWORK = 1007, 1001, 4001
"""OCSF's classes of processes, files and connections."""

_CONNECT = 1  # OCSF's activity of the class of connections
# OCSF's activities of files that change one: create, update, delete, rename, set attributes, set
# security, encrypt, decrypt.
CHANGED = f"class_uid = {FILE} AND activity_id IN (1, 3, 4, 5, 6, 7, 10, 11) AND file_path <> ''"
"""Events of files that change one."""

# What lies in a folder for scratch has a new name each time: of its name stays what is plain.
_SCRATCH = "^(/(?:tmp|var/tmp|dev/shm|proc|run))/(?:.*/)?([a-z._-]+)?.*$"
_PLAIN = "^/(?:tmp|var/tmp|dev/shm|proc|run)/(?:.*/)?[a-z._-]+$"
FOLDER = rf"""regexp_replace(
    regexp_extract(file_path, '^((?:/[^/]+){{1,2}})/', 1), '{_SCRATCH}', '\1')"""
"""First two names of a file's path."""

Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing, as SQL over events.

    Attributes:
        where: Which events tell of one.
        value: What it is called.
    """

    where: str
    value: str


def _lasting(path: str) -> str:
    """SQL of a path whose scratch names are left out."""
    named = rf"regexp_replace({path}, '{_SCRATCH}', '\1/…/\2')"
    nameless = rf"regexp_replace({path}, '{_SCRATCH}', '\1/…')"
    plain = f"regexp_matches({path}, '{_PLAIN}')"
    scratch = f"regexp_matches({path}, '{_SCRATCH}')"
    return f"CASE WHEN {plain} THEN {named} WHEN {scratch} THEN {nameless} ELSE {path} END"


PROGRAMS = Kind(f"class_uid = {PROCESS}", _lasting("process_path"))
DESTINATIONS = Kind(
    f"class_uid = {NETWORK} AND activity_id = {_CONNECT}",
    "concat_ws(':', coalesce(nullif(dst_hostname, ''), dst_ip), dst_port)",
)
FOLDERS = Kind(CHANGED, FOLDER)


@dataclass(frozen=True, slots=True)
class Compared:
    """A kind of thing of late and before.

    Attributes:
        kind: Its name.
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


@dataclass(frozen=True, slots=True)
class Past:
    """A comparison.

    Attributes:
        of: Whose events are compared, as SQL; `account` is the name of a login's number.
        kinds: What is compared of them.
    """

    of: str
    kinds: Mapping[str, Kind]

    def compared(
        self, asked: Narrowed, values: Mapping[str, object], split: int, limit: int
    ) -> tuple[list[Compared], int | None]:
        """Each kind, and the time of the first event (ms UTC), None without one.

        Args:
            asked: Shows `events`.
            values: Those of the parameters of `of`.
            split: When the past ends, ms UTC.
            limit: Most new and most missed ones of each kind.

        Raises:
            TooSlowError: Its time was over.
            CorruptError: A file of the lake cannot be read.
        """
        rows = asked.records(self._sql, {**values, "split": split, "most": limit})
        (first,) = asked.records(f"SELECT min(time) AS first FROM events WHERE {self.of}", values)  # noqa: S608 (of ours)
        found = [
            _compared(kind, [row for row in rows if row["kind"] == kind]) for kind in self.kinds
        ]
        return found, first["first"]

    @property
    def _sql(self) -> str:
        each = " UNION ALL ".join(
            f"SELECT '{name}' AS kind, {kind.value} AS value, time, host FROM told "  # noqa: S608 (of ours)
            f"WHERE {kind.where}"
            for name, kind in self.kinds.items()
        )
        return f"""
            WITH told AS (
                SELECT events.*, named.account AS account
                FROM events LEFT JOIN ({NAMED}) AS named ON {KEY} = named.key WHERE {self.of}
            ), counted AS (
                SELECT kind, value, count(*) FILTER (time >= $split) AS lately,
                    count(*) FILTER (time < $split) AS before,
                    min(time) AS first_time, max(time) AS last_time, count(DISTINCT host) AS hosts
                FROM ({each}) WHERE value <> '' GROUP BY kind, value
            )
            SELECT *, count(*) FILTER (lately > 0) OVER each AS values_lately,
                count(*) FILTER (before > 0) OVER each AS values_before,
                count(*) FILTER (before = 0) OVER each AS fresh,
                count(*) FILTER (lately = 0) OVER each AS gone
            FROM counted WINDOW each AS (PARTITION BY kind)
            QUALIFY row_number() OVER (PARTITION BY kind, before = 0, lately = 0
                ORDER BY greatest(lately, before) DESC, value) <= $most
            ORDER BY kind, greatest(lately, before) DESC, value"""  # noqa: S608 (of ours)


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
