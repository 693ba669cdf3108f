"""The lake: Delta tables in a folder, appended to exactly once, read in one order."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from foreseen.core.errors import CorruptError, MalformedInputError, NotFoundError
from foreseen.core.ids import TenantId
from foreseen.lake.compaction import Compacted, compact_table
from foreseen.lake.cursors import Cursor, Progress
from foreseen.lake.deltalog import entry
from foreseen.lake.files import read_files
from foreseen.lake.store import TableStore
from foreseen.lake.tables import PART_TENANT, TABLES, ascending

__all__ = ["Commit", "Compacted", "Cursor", "Lake", "Progress"]

_SWEPT = {"events"}  # the others are small and `since` tells their whole history


@dataclass(frozen=True, slots=True)
class Commit:
    """What one commit appended.

    Attributes:
        version: The table's version with it.
        rows: Rows in the order in which they were given.
        producer: Whose commit it is; None where nobody's cursor travelled with it.
        time: How late it was after these rows, ms UTC, of the producer that was asked for.
    """

    version: int
    rows: pa.Table
    producer: str | None = None
    time: int | None = None


def _pass(_place: str) -> None:
    """No crash here: the failpoint outside crash tests."""


class Lake:
    """All tables under one folder. Threads may share it; writers of other processes are safe.

    Args:
        folder: Where the tables lie.
        stores: The open tables by name.
        failpoint: Called with the name of each place where a crash matters; for crash tests.
    """

    def __init__(
        self, folder: Path, stores: dict[str, TableStore], failpoint: Callable[[str], None]
    ) -> None:
        self.folder = folder
        self._stores = stores
        self._failpoint = failpoint

    @classmethod
    def open(cls, path: str | Path, *, failpoint: Callable[[str], None] = _pass) -> Self:
        """Open the lake in a folder; missing tables and columns are created.

        Raises:
            CorruptError: A table's log cannot be read.
        """
        folder = Path(path)
        stores = {name: TableStore.open(table, folder / name) for name, table in TABLES.items()}
        return cls(folder, stores, failpoint)

    def commit(self, batches: Mapping[str, pa.Table], cursor: Cursor) -> dict[str, int]:
        """Append rows to the tables, each with the cursor in the same transaction.

        A table that already has the cursor's version is skipped, so the same commit may be
        delivered any number of times. A table without rows still moves its cursor. When this
        returns, all of it is on disk.

        Args:
            batches: Rows by table name; tables are appended to in the order of `tables.TABLES`.
            cursor: How far the producer is with these rows.

        Returns:
            For each named table a version that holds its rows.

        Raises:
            MalformedInputError: Columns do not fit, or the rows overlap with what a table holds.
            NotFoundError: No such table.
            TransientError: Disk full, or another writer won too often: deliver it again.
        """
        if cursor.after is not None and cursor.after >= cursor.version:
            raise MalformedInputError(f"cursor does not grow: {cursor}")
        for name in batches:
            self._store(name)
        versions = {}
        for name in TABLES:
            if name in batches:
                versions[name] = self._store(name).append(batches[name], cursor, self._failpoint)
                self._failpoint(f"lake.after_{name}")
        return versions

    def cursor(self, table: str, app_id: str) -> int | None:
        """Version of the producer's last commit to the table; None before the first."""
        return self._store(table).cursor(app_id)

    def progress(self, app_id: str, tables: Sequence[str]) -> Progress:
        """Where a producer that commits to these tables has to go on."""
        cursors = [self.cursor(table, app_id) for table in tables]
        known = [version for version in cursors if version is not None]
        done = min(known) if known and len(known) == len(cursors) else None
        return Progress(done, max(known, default=None))

    def version(self, table: str) -> int:
        """Newest version of the table; `since` goes on from it."""
        return self._store(table).version()

    def read(
        self,
        table: str,
        columns: Sequence[str] | None = None,
        predicate: pc.Expression | None = None,
    ) -> pa.Table:
        """Rows that fit the predicate, pruned by the log's statistics, in the table's own order.

        Args:
            table: Name of the table.
            columns: Columns to return; all of them when None.
            predicate: Over any column, e.g. `pc.field("time") >= 0`.
        """
        store = self._store(table)
        order = store.table.order
        wanted = list(columns) if columns is not None else store.table.schema.names
        needed = [*wanted, *(name for name in order if name not in wanted)]
        rows = store.dataset().to_table(columns=needed, filter=predicate)
        return rows.sort_by(ascending(order)).select(wanted)

    def since(
        self,
        table: str,
        version: int,
        *,
        tenant: TenantId | None = None,
        clock: str | None = None,
    ) -> Iterator[Commit]:
        """Commits after a version (0: from the start) in order; compactions do not show.

        Args:
            table: Name of the table.
            version: Version that was seen last.
            tenant: Only rows of this organisation; commits without any are left out.
            clock: Producer whose time matters: its commits that say one are told even without rows.

        Raises:
            CorruptError: An entry of the log, or a file that it names, is gone.
        """
        store = self._store(table)
        for number in range(version + 1, store.version() + 1):
            told = entry(store.folder, number)
            files = [
                file.path
                for file in told.files
                if tenant is None or file.partition[PART_TENANT] == tenant
            ]
            time = told.time if clock is not None and told.producer == clock else None
            if files or time is not None:
                schema = store.table.schema
                rows = _read(files, schema) if files else schema.empty_table()
                yield Commit(number, rows, told.producer, time)

    def files(self, table: str, tenant: TenantId | None = None) -> list[str]:
        """Paths of the table's live files, of one organisation when given, oldest first."""
        store = self._store(table)
        live = store.live_files(tenant).sort_by(ascending(["modification_time", "path"]))
        return [str(store.path_of(str(path))) for path in live["path"].to_pylist()]

    def compact(self) -> dict[str, Compacted]:
        """Merge small files of every table; old files of `events` go after a week.

        Raises:
            TransientError: Another compaction was faster; try later.
        """
        return {
            name: compact_table(store, sweep=name in _SWEPT) for name, store in self._stores.items()
        }

    def verify(self) -> dict[str, int]:
        """Check every live file against the log: it exists, its size and its rows are as logged.

        Returns:
            Rows by table.

        Raises:
            CorruptError: A file does not fit, named with the difference.
        """
        return {name: sum(map(_checked, _sizes(s))) for name, s in self._stores.items()}

    def _store(self, table: str) -> TableStore:
        if table not in self._stores:
            raise NotFoundError(
                f"no table {table!r} in the lake; there are {', '.join(self._stores)}"
            )
        return self._stores[table]


def _read(files: Sequence[Path], schema: pa.Schema) -> pa.Table:
    try:
        return read_files(files, schema)
    except (OSError, pa.ArrowInvalid) as error:
        raise CorruptError(
            f"{files[0].parent}: a file of the lake cannot be read: {error}"
        ) from error


def _sizes(store: TableStore) -> Iterator[tuple[Path, int, int]]:
    for file in store.live_files().to_pylist():
        yield store.path_of(file["path"]), file["size_bytes"], file["num_records"]


def _checked(file: tuple[Path, int, int]) -> int:
    """Rows of a file that is as the log says."""
    path, size, rows = file
    try:
        found, held = path.stat().st_size, pq.ParquetFile(path).read().num_rows
    except FileNotFoundError as error:
        raise CorruptError(f"{path}: the log names this file and it is gone") from error
    except (OSError, pa.ArrowInvalid) as error:
        raise CorruptError(f"{path}: a file of the lake cannot be read: {error}") from error
    if (found, held) != (size, rows):
        raise CorruptError(
            f"{path}: the log says {size} bytes and {rows} rows, the disk {found} and {held}"
        )
    return rows
