"""What the stores of a data folder hold, read without our own code for them: Delta and SQLite."""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

TABLES = ("events", "matches", "quarantine", "predictions")
ACCOUNTED = {
    "events": ["event_uid", "raw"],
    "matches": ["match_uid"],
    "quarantine": ["source", "offset", "raw_hex"],
    "predictions": ["match_uid", "outcome"],
}
"""Columns that accounts need; the others are compared at the end."""
_RECORDED = {"raised", "version", "first_version"}
"""Columns of an alert that no decision made: they differ in every run."""
_ORDER = {
    "events": ["event_uid"],
    "matches": ["match_uid"],
    "quarantine": ["source", "offset"],
    "predictions": ["match_uid"],
}


@dataclass(frozen=True, slots=True)
class Holding:
    """Everything that an installation holds.

    Attributes:
        tables: Rows by table of the lake, sorted by their keys.
        alerts: Rows of the alerts by uid, without what says when and in which order they came.
        incidents: Rows of the incidents by uid.
        joined: Matches in alerts, one for each time that it is in one.
    """

    tables: dict[str, pa.Table]
    alerts: dict[str, dict[str, object]]
    incidents: dict[str, dict[str, object]]
    joined: Sequence[str]

    def texts(self, table: str, column: str) -> list[str]:
        """One column."""
        return [str(value) for value in self.tables[table].column(column).to_pylist()]

    def members(self) -> Counter[str]:
        """Matches in alerts, each as often as it is there."""
        return Counter(self.joined)

    def lines(self) -> Counter[bytes]:
        """Lines in events and in quarantine, each as often as it is there."""
        raws = self.tables["events"].column("raw").to_pylist()
        found = Counter(line for raw in raws for line in str(raw).encode().split(b"\n"))
        found.update(map(bytes.fromhex, self.texts("quarantine", "raw_hex")))
        return found


def holding(data: Path, *, whole: bool = True, broken: bool = False) -> Holding:
    """What is there now; a table that is not there has no rows.

    Args:
        data: Folder of the stores.
        whole: All columns, sorted; else those of `ACCOUNTED`.
        broken: A table whose log cannot be read has no rows, instead of being an error.

    Raises:
        DeltaError: A table's log cannot be read.
        OSError: A file that a table names is gone.
    """
    tables = {
        name: _table(data / "lake" / name, None if whole else ACCOUNTED[name], broken=broken)
        for name in TABLES
    }
    joined = [str(row["match"]) for row in _all(data, "alert_member")]
    alerts = {uid: _decided(row) for uid, row in _rows(data, "alert").items()}
    return Holding(tables, alerts, _rows(data, "incident"), joined)


def _table(folder: Path, columns: list[str] | None, *, broken: bool) -> pa.Table:
    name = folder.name
    try:
        files = sorted(DeltaTable(folder).file_uris())
    except DeltaError:
        if (folder / "_delta_log").exists() and not broken:
            raise
        files = []
    if not files:
        return pa.table({column: pa.array([], pa.string()) for column in ACCOUNTED[name]})
    parts = [pq.ParquetFile(file).read(columns) for file in files]
    rows = pa.concat_tables(parts, promote_options="default")
    return rows if columns else rows.sort_by([(column, "ascending") for column in _ORDER[name]])


def _decided(row: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in row.items() if name not in _RECORDED}


def _rows(data: Path, table: str) -> dict[str, dict[str, object]]:
    return {str(row["uid"]): row for row in _all(data, table)}


def _all(data: Path, table: str) -> list[dict[str, object]]:
    if not (data / "control.db").exists():
        return []
    link = sqlite3.connect(data / "control.db", timeout=10)
    link.row_factory = sqlite3.Row
    try:
        return [dict(row) for row in link.execute(f"SELECT * FROM {table}")]  # noqa: S608 (our names)
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return []
        raise
    finally:
        link.close()
