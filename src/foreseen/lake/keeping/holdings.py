"""Live files of a table as the log tells of them, and how old their rows are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from foreseen.core.ids import TenantId
from foreseen.lake.keeping.foreign import is_ours
from foreseen.lake.store import TableStore
from foreseen.lake.tables import PART_DAY, PART_TENANT

DAY = 86_400_000
COLD = "cold-"
"""How names of files begin that lie as they will stay until they expire."""

_FIRST_MS, _LAST_MS = 946_684_800_000, 4_102_444_800_000  # 2000 to 2100: what a clock may say


@dataclass(frozen=True, slots=True)
class LiveFile:
    """A live file.

    Attributes:
        path: As the log names it.
        size: Bytes.
        rows: Rows; None where a foreign writer did not say.
        modified: When its newest rows were committed, ms UTC.
        partition: Values of the partition columns.
        came: Earliest and latest arrival of its rows, ms UTC; None where statistics lack it.
    """

    path: str
    size: int
    rows: int | None
    modified: int
    partition: Mapping[str, str | None]
    came: tuple[int, int] | None

    @property
    def name(self) -> str:
        """Last part of its path."""
        return self.path.rpartition("/")[2]

    @property
    def is_cold(self) -> bool:
        """Whether it was written to stay."""
        return self.is_ours and self.name.startswith(COLD)

    @property
    def is_ours(self) -> bool:
        """Whether it lies where our writers put files; Spark and others choose other places."""
        return is_ours(self.path)

    @property
    def tenant(self) -> str:
        """Whose rows it holds."""
        return self.partition.get(PART_TENANT) or ""

    @property
    def newest(self) -> int:
        """Time at which all its rows had come, ms UTC: by statistics, its day, or its commit."""
        if self.came is not None and _FIRST_MS <= self.came[1] < _LAST_MS:
            return self.came[1]
        day = _end_of(self.partition.get(PART_DAY))
        return self.modified if day is None else day


def holdings(store: TableStore, tenant: TenantId | None = None) -> list[LiveFile]:
    """The table's live files, or a tenant's of them, oldest commit first."""
    parts = store.table.partition_by
    found = [_file(row, parts) for row in store.live_files(tenant).to_pylist()]
    return sorted(found, key=lambda file: (file.modified, file.path))


def size_of(files: Sequence[LiveFile]) -> int:
    """Bytes of files together."""
    return sum(file.size for file in files)


def _file(row: dict[str, Any], parts: Sequence[str]) -> LiveFile:
    came = row.get("min.ingested_time"), row.get("max.ingested_time")
    known = row.get("null_count.ingested_time") == 0 and None not in came
    modified: Any = row.get("modification_time")
    return LiveFile(
        row["path"],
        int(row["size_bytes"] or 0),
        row.get("num_records"),
        int(modified.timestamp() * 1000) if isinstance(modified, datetime) else int(modified or 0),
        {name: row.get(f"partition.{name}") for name in parts},
        (int(came[0] or 0), int(came[1] or 0)) if known else None,
    )


def _end_of(day: str | None) -> int | None:
    """End of a day that a folder is named after; None for folders of months or unknown days."""
    try:
        start = datetime.strptime(day or "", "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None
    # A folder that hostile clocks made coarse is named after the first day of its month or year.
    return None if start.day == 1 else int((start + timedelta(days=1)).timestamp() * 1000)
