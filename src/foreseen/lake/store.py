"""One Delta table in its place: open or create, append with a cursor, list its files."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties, Transaction
from deltalake.exceptions import DeltaError
from deltalake.transaction import AddAction, RemoveAction

from foreseen.core.errors import MalformedInputError, TransientError
from foreseen.core.ids import TenantId
from foreseen.lake.cursors import Cursor, Marks, Told
from foreseen.lake.deltalog import (
    CLOCK,
    LOG_FOLDER,
    TIME,
    newest_checkpoint,
    repair,
    sync_entries,
)
from foreseen.lake.files import DATA_FOLDER, read_named, write_file
from foreseen.lake.places.local import settle
from foreseen.lake.places.place import Place, folder_of, logged_name
from foreseen.lake.scan import dataset_of
from foreseen.lake.table_open import failed, opened
from foreseen.lake.tables import PART_TENANT, LakeTable, partitions

_RETRIES = 20
_ANEW = 200
"""Versions after which a table is opened anew: a handle that follows keeps every entry since it was
opened, and commits by one grow slower (3,000 took 79 s by one handle and 56 s with new ones)."""


@dataclass(slots=True)
class TableStore:
    """A table of the lake; threads may share it."""

    table: LakeTable
    place: Place
    handle: DeltaTable
    lock: threading.RLock = field(default_factory=threading.RLock)
    _opened: int = field(init=False)

    def __post_init__(self) -> None:
        self._opened = int(self.handle.version())

    @classmethod
    def open(cls, table: LakeTable, place: Place) -> Self:
        """Open the table; create it or its new columns where they are missing.

        Raises:
            ConfigurationError: It has to be created where writing is not safe.
            CorruptError: Its log cannot be read.
            TransientError: The object store does not answer, or others create it too.
        """
        if place.folder is not None and (place.folder / LOG_FOLDER).exists():
            repair(place.folder)
        handle = opened(table, place)
        if place.folder is not None:
            # A killed writer may have left the last entries unsynced: none before a checkpoint.
            sync_entries(place, newest_checkpoint(place.folder) - 1, int(handle.version()))
            settle(place, [".", ".."])
        return cls(table, place, handle)

    @property
    def folder(self) -> Path:
        """The table's folder.

        Raises:
            ConfigurationError: It lies elsewhere.
        """
        return folder_of(self.place)

    def fresh(self) -> DeltaTable:
        """The handle, at the newest version.

        Raises:
            CorruptError: The log cannot be read.
            TransientError: The object store does not answer.
        """
        with self.lock:
            try:
                self.handle.update_incremental()
                if int(self.handle.version()) - self._opened >= _ANEW:
                    self.handle = DeltaTable(self.place.uri, storage_options=self.place.options)
                    self._opened = int(self.handle.version())
            except (DeltaError, OSError) as error:
                raise failed(self.place, error) from error
            return self.handle

    def version(self) -> int:
        """Newest version of the table."""
        return int(self.fresh().version())

    def cursor(self, app_id: str) -> int | None:
        """Version of the producer's last commit; None before the first."""
        return self.fresh().transaction_version(app_id)

    def dataset(self, tenant: TenantId | None = None) -> ds.Dataset:
        """The live rows, for a scan that prunes by the log's statistics."""
        with self.lock:
            files = self.live_files(tenant)
            return dataset_of(self.place, files, self.table.schema)

    def live_files(self, tenant: TenantId | None = None) -> pa.Table:
        """The log's word on each live file: path, size_bytes, num_records, partition.*."""
        with self.lock:
            files = pa.table(self.fresh().get_add_actions(flatten=True))
        if tenant is None:
            return files
        return files.filter(pc.field(f"partition.{PART_TENANT}") == tenant)

    def append(
        self,
        parts: Sequence[tuple[pa.Table, Cursor]],
        told: Told | None,
        failpoint: Callable[[str], None],
    ) -> int:
        """Add, in one transaction, the rows and cursors of all parts that the table has not yet.

        Returns:
            A version of the table that holds the rows.

        Raises:
            ConfigurationError: Writing there is not safe.
            MalformedInputError: Columns do not fit, or the rows overlap with what the table holds.
            TransientError: Disk full, or another writer won: deliver it again.
        """
        fitting = [(self._fitting(rows), cursor) for rows, cursor in parts]
        with self.lock:
            self.place.admit(self.place)
            fresh, marks = self._missing(fitting)
            if not marks:
                return int(self.handle.version())
            try:
                adds = self.write(partitions(self.table, pa.concat_tables(fresh)))
                failpoint(f"lake.before_{self.table.name}")
                return self.log(adds, marks, told)
            except OSError as error:
                raise TransientError(
                    f"{self.place.uri}: cannot write, free space and deliver again: {error}"
                ) from error

    def log(
        self,
        actions: Sequence[AddAction | RemoveAction],
        cursors: Mapping[str, int] | None = None,
        told: Told | None = None,
        retries: int = _RETRIES,
    ) -> int:
        """Commit files that `write` made; when this returns, the log's entry is on disk.

        Args:
            actions: What changes.
            cursors: Version of each producer whose input it comes from.
            told: What the committer says of the time.
            retries: How often to go on after another writer's commit; 0 to look at it first.

        Raises:
            ConfigurationError: Writing there is not safe.
            TransientError: The commit failed; nothing of it shows.
        """
        self.place.admit(self.place)
        before = self.handle.version()
        try:
            self.handle.create_write_transaction(
                list(actions),
                "append",
                self.table.delta_schema,
                self.table.partition_by,
                commit_properties=_properties(cursors or {}, told, retries),
                post_commithook_properties=PostCommitHookProperties(cleanup_expired_logs=False),
            )
        except (DeltaError, OSError) as error:
            message = f"{self.place.uri}: commit failed, deliver again: {error}"
            raise TransientError(message) from error
        after = self.version()
        sync_entries(self.place, before, after)
        return after

    def write(
        self,
        parts: Sequence[tuple[dict[str, str | None], pa.Table]],
        *,
        data_change: bool = True,
    ) -> list[AddAction]:
        """Write rows of partitions to new files, a file each, that a `log` may name.

        Args:
            parts: Values of the partition columns, and rows.
            data_change: False when the rows only move from other files.

        Raises:
            OSError: They could not be written.
        """
        now = time.time_ns() // 1_000_000
        adds = [
            write_file(
                self.place,
                rows,
                values,
                modified=now,
                data_change=data_change,
                group_rows=self.table.group_rows,
            )
            for values, rows in parts
        ]
        if adds:
            settle(self.place, [DATA_FOLDER])
        return adds

    def read(self, logged: Sequence[str]) -> pa.Table:
        """Rows of files by their paths in the log, in this order.

        Raises:
            OSError: One cannot be read.
        """
        names = [logged_name(self.place, path) for path in logged]
        return read_named(self.place, names, self.table.schema)

    def _fitting(self, rows: pa.Table) -> pa.Table:
        name, schema = self.table.name, self.table.schema
        odd = sorted(set(rows.schema.names) ^ set(schema.names))
        if odd:
            raise MalformedInputError(f"{name}: columns do not fit the schema: {', '.join(odd)}")
        try:
            return rows.select(schema.names).cast(schema)
        except pa.ArrowInvalid as error:
            raise MalformedInputError(f"{name}: values do not fit the schema: {error}") from error

    def _missing(
        self, parts: Sequence[tuple[pa.Table, Cursor]]
    ) -> tuple[list[pa.Table], dict[str, int]]:
        """Rows that the table does not have yet, and where their producers are after them."""
        handle, marks = self.fresh(), Marks()
        rows = [
            rows
            for rows, cursor in parts
            if marks.takes(self.table.name, cursor, handle.transaction_version(cursor.app_id))
        ]
        return rows, marks.versions


def _properties(cursors: Mapping[str, int], told: Told | None, retries: int) -> CommitProperties:
    """What travels with a commit."""
    marks = [Transaction(name, version) for name, version in cursors.items()]
    said = {TIME: str(told.time), CLOCK: told.clock} if told else None
    return CommitProperties(said, retries, marks)
