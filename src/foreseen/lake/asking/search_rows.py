"""Events of a search as DuckDB reads them: of a folder by their place in a file, of S3 by Arrow."""

from collections.abc import Collection, Sequence

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from foreseen.lake.asking.relations import relation
from foreseen.lake.places.place import Place
from foreseen.lake.scan import dataset_of
from foreseen.lake.tables import TABLES
from foreseen.schema.arrow import integers

EVENTS = TABLES["events"]
_REMOTE = "stretch"
_INT: pa.DataType = pa.int64()
_TEXT: pa.DataType = pa.string()
KEY = pa.schema({"time": _INT, "event_uid": _TEXT, "filename": _TEXT, "file_row_number": _INT})
"""What is known of an event that fits: its order, and where its row lies (in a folder)."""


class Reader:
    """Reads events out of live files, by one database."""

    def __init__(self, database: duckdb.DuckDBPyConnection, place: Place, live: pa.Table) -> None:
        """Place: of the table; live: the log's word on its files, and `file`, the name of each."""
        self.database = database
        self._place = place
        self._live = live
        self._looked: list[str] = []

    def source(self, files: Sequence[str], columns: Collection[str]) -> str:
        """SQL of some columns, and of where each row lies, over some files."""
        if self._place.folder is not None:
            return relation(EVENTS, files, columns=columns, places=True)
        self._looked += files
        self.database.register(_REMOTE, self._dataset(files))
        named = ", ".join(f'"{name}"' for name in EVENTS.schema.names if name in columns)
        return f"SELECT {named}, '' AS filename, 0::BIGINT AS file_row_number FROM {_REMOTE}"  # noqa: S608 (names of ours)

    def rows(self, keys: pa.Table, columns: Sequence[str]) -> list[pa.Table]:
        """The events of keys, in no order."""
        if not keys.num_rows:
            return []
        if self._place.folder is None:
            times = integers(keys, "time")
            near = (pc.field("time") >= min(times)) & (pc.field("time") <= max(times))
            fits = near & pc.field("event_uid").isin(keys["event_uid"].combine_chunks())
            return [self._dataset(self._looked).to_table(columns=list(columns), filter=fits)]
        return [
            self._rows_of(str(file), keys.filter(pc.field("filename") == file), columns)
            for file in pc.unique(keys["filename"]).to_pylist()
        ]

    def _rows_of(self, file: str, keys: pa.Table, columns: Sequence[str]) -> pa.Table:
        source = relation(EVENTS, [file], columns=columns, places=True)
        named = ", ".join(f'"{name}"' for name in columns)
        inside = ", ".join(map(str, integers(keys, "file_row_number")))
        sql = f"SELECT {named} FROM ({source}) WHERE file_row_number IN ({inside})"  # noqa: S608 (numbers)
        found: pa.Table = self.database.sql(sql).to_arrow_table()
        return found

    def _dataset(self, files: Sequence[str]) -> ds.Dataset:
        some = self._live.filter(pc.field("file").isin(list(files)))
        return dataset_of(self._place, some, EVENTS.schema)
