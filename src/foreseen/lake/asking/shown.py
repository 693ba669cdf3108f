"""One tenant's tables shown to a database, wherever the lake lies; nothing else is in its reach."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import duckdb
import pyarrow.dataset as ds

from foreseen.core.ids import TenantId
from foreseen.lake.asking.relations import literal, relation
from foreseen.lake.tables import TABLES

if TYPE_CHECKING:  # a process that only asks does without Delta
    from foreseen.lake.lake import Lake


@dataclass(frozen=True, slots=True)
class Reach:
    """What one question may read: a tenant's tables as they are now.

    Attributes:
        files: Of a lake in a folder, the paths of each table's files; DuckDB opens these alone.
        datasets: Of a lake in a bucket, what Arrow reads; DuckDB has no means to reach one.
    """

    files: Mapping[str, list[str]] = field(default_factory=dict)
    datasets: Mapping[str, ds.Dataset] = field(default_factory=dict)

    @property
    def paths(self) -> list[str]:
        """All files that DuckDB may open."""
        return [path for paths in self.files.values() for path in paths]


def reach_of(lake: "Lake", tenant: TenantId) -> Reach:
    """What a tenant's questions may read now.

    Raises:
        CorruptError: The lake's log cannot be read.
        TransientError: The object store does not answer.
    """
    if lake.place.folder is not None:
        return Reach(files={name: lake.files(name, tenant) for name in TABLES})
    return Reach(datasets={name: lake.dataset(name, tenant) for name in TABLES})


def show(database: duckdb.DuckDBPyConnection, reach: Reach) -> None:
    """Make a view a table with the tenant's rows, then lock the database."""
    database.execute(f"SET allowed_paths = {literal(reach.paths)}")
    for name, table in TABLES.items():
        if name in reach.datasets:
            database.register(name, reach.datasets[name])
        else:
            database.execute(
                f'CREATE VIEW "{name}" AS {relation(table, reach.files.get(name, []))}'
            )
    database.execute("SET enable_external_access = false")
    database.execute("SET lock_configuration = true")
