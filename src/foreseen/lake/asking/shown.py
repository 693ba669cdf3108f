"""One tenant's tables shown to a database, wherever the lake lies; nothing else is in its reach."""

import duckdb

from foreseen.core.ids import TenantId
from foreseen.lake.asking.relations import literal, relation
from foreseen.lake.lake import Lake
from foreseen.lake.tables import TABLES


def show(database: duckdb.DuckDBPyConnection, lake: Lake, tenant: TenantId) -> None:
    """Make a view a table with the tenant's rows, then lock the database.

    Of a folder DuckDB may open the tenant's files. Of a bucket it may open nothing: it has no
    means to reach one, so that Arrow reads for it, only the columns and files that a query needs.
    """
    files = {name: lake.files(name, tenant) for name in TABLES} if _reads_itself(lake) else {}
    allowed = [path for paths in files.values() for path in paths]
    database.execute(f"SET allowed_paths = {literal(allowed)}")
    for name, table in TABLES.items():
        if _reads_itself(lake):
            database.execute(f'CREATE VIEW "{name}" AS {relation(table, files[name])}')
        else:
            database.register(name, lake.dataset(name, tenant))
    database.execute("SET enable_external_access = false")
    database.execute("SET lock_configuration = true")


def _reads_itself(lake: Lake) -> bool:
    return lake.place.folder is not None
