"""One Delta table in its folder: open or create, append with a cursor, list its files."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties, Schema, Transaction
from deltalake.exceptions import DeltaError
from deltalake.transaction import AddAction, RemoveAction

from foreseen.core.errors import CorruptError, MalformedInputError, TransientError
from foreseen.core.ids import TenantId
from foreseen.lake.cursors import Cursor
from foreseen.lake.deltalog import LOG_FOLDER, TIME, repair, sync_entries
from foreseen.lake.files import DATA_FOLDER, data_path, sync_file, write_file
from foreseen.lake.scan import dataset_of
from foreseen.lake.tables import PART_TENANT, LakeTable, partitions

_RETRIES = 20
_CONFIGURATION: dict[str, str | None] = {"delta.enableExpiredLogCleanup": "false"}  # for `since`


@dataclass(slots=True)
class TableStore:
    """A table of the lake on disk; threads may share it."""

    table: LakeTable
    folder: Path
    handle: DeltaTable
    lock: threading.RLock = field(default_factory=threading.RLock)

    @classmethod
    def open(cls, table: LakeTable, folder: Path) -> Self:
        """Open the table; create it or its new columns where they are missing.

        Raises:
            CorruptError: Its log cannot be read.
        """
        try:
            if (folder / LOG_FOLDER).exists():
                repair(folder)
            handle = DeltaTable.create(
                folder,
                table.delta_schema,
                mode="ignore",
                partition_by=table.partition_by,
                configuration=_CONFIGURATION,
            )
            _add_missing_columns(handle, table)
            handle.update_incremental()
            sync_entries(folder, -1, int(handle.version()))
            sync_file(folder)
            sync_file(folder.parent)
        except DeltaError as error:
            raise CorruptError(
                f"{folder}: the table's log cannot be read ({error}); restore the folder from a "
                f"backup"
            ) from error
        return cls(table, folder, handle)

    def fresh(self) -> DeltaTable:
        """The handle, at the newest version."""
        with self.lock:
            self.handle.update_incremental()
            return self.handle

    def version(self) -> int:
        """Newest version of the table."""
        return int(self.fresh().version())

    def cursor(self, app_id: str) -> int | None:
        """Version of the producer's last commit; None before the first."""
        return self.fresh().transaction_version(app_id)

    def dataset(self) -> ds.Dataset:
        """The live rows, for a scan that prunes by the log's statistics."""
        with self.lock:
            files = pa.table(self.fresh().get_add_actions(flatten=True))
            return dataset_of(self.folder, files, self.table.schema)

    def live_files(self, tenant: TenantId | None = None) -> pa.Table:
        """The log's word on each live file: path, size_bytes, num_records, partition.*."""
        with self.lock:
            files = pa.table(self.fresh().get_add_actions(flatten=True))
        if tenant is None:
            return files
        return files.filter(pc.field(f"partition.{PART_TENANT}") == tenant)

    def append(self, rows: pa.Table, cursor: Cursor, failpoint: Callable[[str], None]) -> int:
        """Add rows and the cursor in one transaction, unless the table has the cursor already.

        Returns:
            A version of the table that holds the rows.

        Raises:
            MalformedInputError: Columns do not fit, or the rows overlap with what the table holds.
            TransientError: Disk full, or another writer won: deliver it again.
        """
        rows = self._fitting(rows)
        with self.lock:
            if self._holds(cursor):
                return int(self.handle.version())
            try:
                adds = self._write(rows)
                failpoint(f"lake.before_{self.table.name}")
                return self.log(adds, cursor)
            except OSError as error:
                raise TransientError(
                    f"{self.folder}: cannot write, free space and deliver again: {error}"
                ) from error

    def log(self, actions: Sequence[AddAction | RemoveAction], cursor: Cursor | None) -> int:
        """Commit files that are on disk and force the log's entry to the disk.

        Raises:
            TransientError: The commit failed; nothing of it shows.
        """
        marks = [Transaction(cursor.app_id, cursor.version)] if cursor else None
        said = {TIME: str(cursor.time)} if cursor and cursor.time is not None else None
        before = self.handle.version()
        try:
            self.handle.create_write_transaction(
                list(actions),
                "append",
                self.table.delta_schema,
                self.table.partition_by,
                commit_properties=CommitProperties(said, _RETRIES, marks),
                post_commithook_properties=PostCommitHookProperties(cleanup_expired_logs=False),
            )
        except DeltaError as error:
            raise TransientError(f"{self.folder}: commit failed, deliver again: {error}") from error
        after = self.version()
        sync_entries(self.folder, before, after)
        return after

    def path_of(self, logged: str) -> Path:
        """Place of a file by its path in the log."""
        return data_path(self.folder, logged)

    def _fitting(self, rows: pa.Table) -> pa.Table:
        name, schema = self.table.name, self.table.schema
        odd = sorted(set(rows.schema.names) ^ set(schema.names))
        if odd:
            raise MalformedInputError(f"{name}: columns do not fit the schema: {', '.join(odd)}")
        try:
            return rows.select(schema.names).cast(schema)
        except pa.ArrowInvalid as error:
            raise MalformedInputError(f"{name}: values do not fit the schema: {error}") from error

    def _holds(self, cursor: Cursor) -> bool:
        held = self.fresh().transaction_version(cursor.app_id)
        if held is None or (cursor.after is not None and held <= cursor.after):
            return False
        if held >= cursor.version:
            return True
        if cursor.after is None:
            return False
        raise MalformedInputError(
            f"{self.table.name}: holds {cursor.app_id} up to {held}, which cuts the commit "
            f"({cursor.after}, {cursor.version}] in two; deliver up to {held} first "
            f"(Lake.progress says so)"
        )

    def _write(self, rows: pa.Table) -> list[AddAction]:
        now = time.time_ns() // 1_000_000
        adds = [
            write_file(self.folder, part, values, modified=now)
            for values, part in partitions(self.table, rows)
        ]
        if adds:
            sync_file(self.folder / DATA_FOLDER)
        return adds


def _add_missing_columns(handle: DeltaTable, table: LakeTable) -> None:
    known = {column.name for column in handle.schema().fields}
    declared = Schema.from_arrow(table.delta_schema).fields
    missing = [column for column in declared if column.name not in known]
    if missing:
        handle.alter.add_columns(missing)
