"""A table of the lake as DuckDB reads it: its declared columns over a list of files."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from foreseen.core.ids import TenantId
from foreseen.lake.tables import TABLES, LakeTable

if TYPE_CHECKING:  # a process that only asks does without Delta
    from foreseen.lake.lake import Lake

SQL_TYPES: dict[pa.DataType, str] = {
    pa.string(): "VARCHAR",
    pa.int64(): "BIGINT",
    pa.float64(): "DOUBLE",
    pa.bool_(): "BOOLEAN",
    pa.list_(pa.string()): "VARCHAR[]",
    pa.list_(pa.int64()): "BIGINT[]",
    pa.map_(pa.string(), pa.list_(pa.string())): "MAP(VARCHAR, VARCHAR[])",
}


def connected(memory: str, threads: int) -> duckdb.DuckDBPyConnection:
    """A database in memory that spills nothing to disk and loads nothing from anywhere."""
    return duckdb.connect(
        config={
            "memory_limit": memory,
            "threads": threads,
            "temp_directory": "",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "python_enable_replacements": False,
        }
    )


def relation(
    table: LakeTable,
    files: Sequence[str],
    *,
    columns: Collection[str] | None = None,
    places: bool = False,
) -> str:
    """SQL of the table's declared columns, so that it can be asked when it is empty or older.

    Args:
        table: The table.
        files: Paths of its files.
        columns: Those that are needed; each costs a little. None: all.
        places: Also `filename` and `file_row_number`: where each row lies.
    """
    fields = [field for field in table.schema if columns is None or field.name in columns]
    typed = [f'NULL::{SQL_TYPES[field.type]} AS "{field.name}"' for field in fields]
    named = [f'"{field.name}"' for field in fields]
    if places:
        typed += ["NULL::VARCHAR AS filename", "NULL::BIGINT AS file_row_number"]
        named += ["filename", "file_row_number"]
    rows = f"SELECT {', '.join(typed)} WHERE false"
    if files:
        options = ", filename = true, file_row_number = true" if places else ""
        source = f"read_parquet({literal(files)}, union_by_name = true{options})"
        rows += f" UNION ALL BY NAME SELECT * FROM {source}"  # noqa: S608 (paths are quoted)
    return f"SELECT {', '.join(named)} FROM ({rows})"  # noqa: S608 (as above)


def show(
    database: duckdb.DuckDBPyConnection, lake: "Lake", table: str, tenant: TenantId
) -> list[str]:
    """Give a database the tenant's rows of a table under its name; gives the files it may open.

    Files of a bucket are opened by Arrow, for DuckDB has no means to: it opens none.
    """
    if lake.place.folder is None:
        database.register(table, lake.dataset(table, tenant))
        return []
    files = lake.files(table, tenant)
    database.execute(f'CREATE VIEW "{table}" AS {relation(TABLES[table], files)}')
    return files


def literal(texts: Sequence[str]) -> str:
    """A list of texts as SQL."""
    quoted = ("'" + text.replace("'", "''") + "'" for text in texts)
    return f"[{', '.join(quoted)}]::VARCHAR[]"
