"""The lake: Delta tables in one place, appended to exactly once, read in one order."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from foreseen.core.errors import CorruptError, NotFoundError
from foreseen.core.ids import TenantId
from foreseen.lake.cursors import Cursor, Delivery, Progress, Told, growing
from foreseen.lake.deltalog import entry, unreadable
from foreseen.lake.files import read_named
from foreseen.lake.keeping.compaction import Compacted, compact_table
from foreseen.lake.keeping.log_start import base, first_version, following
from foreseen.lake.keeping.verifying import checked
from foreseen.lake.places.opening import place_at
from foreseen.lake.places.place import Place, below, folder_of, logged_name
from foreseen.lake.places.s3 import S3Options
from foreseen.lake.store import TableStore
from foreseen.lake.tables import PART_TENANT, TABLES, ascending

__all__ = ["Commit", "Compacted", "Cursor", "Delivery", "Lake", "Progress", "S3Options", "Told"]


@dataclass(frozen=True, slots=True)
class Commit:
    """What one commit appended.

    Attributes:
        version: The table's version with it.
        rows: Rows in the order in which they were given.
        producers: Whose rows these are: those whose cursors travelled with it.
        time: How late it was after these rows, ms UTC, by the clock that was asked for.
    """

    version: int
    rows: pa.Table
    producers: tuple[str, ...] = ()
    time: int | None = None


def _pass(_place: str) -> None:
    """No crash here: the failpoint outside crash tests."""


class Lake:
    """All tables in one place. Threads may share it; writers of other processes are safe.

    Args:
        place: Where the tables lie.
        stores: The open tables by name.
        failpoint: Called with the name of each place where a crash matters; for crash tests.
    """

    def __init__(
        self, place: Place, stores: dict[str, TableStore], failpoint: Callable[[str], None]
    ) -> None:
        self.place = place
        self._stores = stores
        self._failpoint = failpoint

    @classmethod
    def open(
        cls,
        path: str | Path,
        *,
        s3: S3Options | None = None,
        failpoint: Callable[[str], None] = _pass,
    ) -> Self:
        """Open the lake in a folder or in S3; missing tables and columns are created.

        Args:
            path: A folder, or `s3://bucket/prefix`.
            s3: How S3 is reached; needed there only.
            failpoint: See the class.

        Raises:
            ConfigurationError: S3 is not told how to be reached, or is not safe to write to.
            CorruptError: A table's log cannot be read.
            TransientError: S3 does not answer.
        """
        place = place_at(path, s3)
        stores = {
            name: TableStore.open(table, below(place, name)) for name, table in TABLES.items()
        }
        return cls(place, stores, failpoint)

    @property
    def folder(self) -> Path:
        """The lake's folder.

        Raises:
            ConfigurationError: It lies elsewhere.
        """
        return folder_of(self.place)

    def commit(self, batches: Mapping[str, pa.Table], cursor: Cursor) -> dict[str, int]:
        """Append rows of one producer: `commit_all` of one delivery, whose cursor tells the time.

        Args:
            batches: Rows by table name; tables are appended to in the order of `tables.TABLES`.
            cursor: How far the producer is with these rows.

        Returns:
            For each named table a version that holds its rows.
        """
        told = Told(cursor.app_id, cursor.time) if cursor.time is not None else None
        return self.commit_all([Delivery(batches, cursor)], told=told)

    def commit_all(
        self, deliveries: Sequence[Delivery], *, told: Told | None = None
    ) -> dict[str, int]:
        """Append rows of several producers: one transaction a table, with all their cursors.

        A table adds nothing of a delivery that it already has, so any of them may be delivered
        again, alone or among others. Rows lie in the order of the deliveries. A table without
        rows still moves the cursors. When this returns, all of it is on disk.

        Args:
            deliveries: Rows by table name; tables are appended to in the order of
                `tables.TABLES`. Of a producer that has several, in their order.
            told: How late it is after all these rows; the cursors' own times are not told.

        Returns:
            For each named table a version that holds its rows.

        Raises:
            MalformedInputError: Columns do not fit, or the rows overlap with what a table holds.
            ConfigurationError: Writing there is not safe.
            NotFoundError: No such table.
            TransientError: Disk full, or another writer won too often: deliver it again.
        """
        growing(each.cursor for each in deliveries)
        named = {name: self._store(name) for each in deliveries for name in each.batches}
        versions = {}
        for name in (name for name in TABLES if name in named):
            parts = [(d.batches[name], d.cursor) for d in deliveries if name in d.batches]
            versions[name] = named[name].append(parts, told, self._failpoint)
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
        """Commits after a version in order; compactions do not show.

        Who means all that there is begins with `past` and goes on after `first_version`.

        Args:
            table: Name of the table.
            version: Version that was seen last; not before `first_version`.
            tenant: Only rows of this organisation; commits without any are left out.
            clock: Whose time matters: commits that say one of it are told even without rows.

        Raises:
            NotFoundError: The log does not reach back so far.
            CorruptError: An entry of the log, or a file that it names, is gone.
        """
        store = self._store(table)
        for number in following(store.place, version, store.version()):
            told = entry(store.place, number)
            time = told.time if clock is not None and told.clock == clock else None
            files = [
                file.name
                for file in told.files
                if tenant is None or file.partition[PART_TENANT] == tenant
            ]
            if files or time is not None:
                schema = store.table.schema
                rows = _read(store.place, files, schema)
                yield Commit(number, rows, told.producers, time)

    def first_version(self, table: str) -> int:
        """Oldest version of which the commits after it are told; 0 while all are.

        Raises:
            CorruptError: The table's log has no beginning.
        """
        return first_version(self._store(table).place)

    def past(self, table: str, tenant: TenantId) -> pa.Table:
        """A tenant's rows as they were in `first_version`, in the order in which they came.

        What came in one commit and which commit that was is no longer known.

        Raises:
            CorruptError: A file cannot be read.
        """
        store = self._store(table)
        _, files = base(store.place)
        rows = _read(store.place, [logged_name(store.place, f) for f in files], store.table.schema)
        rows = rows.filter(pc.field("tenant") == tenant)
        arrival = [name for name in ("ingested_time", "time") if name in rows.schema.names]
        return rows.sort_by(ascending([*arrival, *store.table.order]))

    def files(self, table: str, tenant: TenantId | None = None) -> list[str]:
        """Names of the table's live files, of one organisation when given, oldest first.

        Paths, or `s3://` addresses; `places.parquet_file` opens both.
        """
        store = self._store(table)
        live = store.live_files(tenant).sort_by(ascending(["modification_time", "path"]))
        return [logged_name(store.place, str(path)) for path in live["path"].to_pylist()]

    def dataset(self, table: str, tenant: TenantId | None = None) -> ds.Dataset:
        """The table's live rows, of one organisation when given, for Arrow and DuckDB to scan.

        Columns and predicates are pushed down; files are pruned by the log's statistics.
        """
        return self._store(table).dataset(tenant)

    @property
    def stores(self) -> Mapping[str, TableStore]:
        """The open tables by name, for the lake's upkeep."""
        return self._stores

    def compact(self) -> dict[str, Compacted]:
        """Merge the small files of every table; what they replace goes with `upkeep`.

        Raises:
            CorruptError: A file cannot be read.
            TransientError: Other writers won each time, or the disk is full; try later.
        """
        now = time.time_ns() // 1_000_000
        return {name: compact_table(store, now=now) for name, store in self._stores.items()}

    def verify(self) -> dict[str, int]:
        """Check every live file against the log: it exists, its size and its rows are as logged.

        Returns:
            Rows by table.

        Raises:
            CorruptError: A file does not fit, named with the difference.
        """
        return {name: sum(checked(s.place, s.live_files())) for name, s in self._stores.items()}

    def _store(self, table: str) -> TableStore:
        if table not in self._stores:
            raise NotFoundError(
                f"no table {table!r} in the lake; there are {', '.join(self._stores)}"
            )
        return self._stores[table]


def _read(place: Place, files: Sequence[str], schema: pa.Schema) -> pa.Table:
    try:
        return read_named(place, files, schema)
    except (FileNotFoundError, pa.ArrowInvalid) as error:
        raise CorruptError(f"{place.uri}: a file of the lake cannot be read: {error}") from error
    except OSError as error:
        raise unreadable(place, place.uri, error) from error
