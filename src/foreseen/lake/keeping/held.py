"""How much a table holds of one tenant, as its log tells it."""

from dataclasses import dataclass

from foreseen.core.ids import TenantId
from foreseen.lake.keeping.holdings import holdings, size_of
from foreseen.lake.store import TableStore


@dataclass(frozen=True, slots=True)
class Held:
    """What a table holds of a tenant.

    Attributes:
        rows: Rows; those of a foreign writer that did not count them are not among them.
        files: Live files.
        cold: Those of them that were written to stay.
        bytes: Of live files.
        lately: Bytes of files whose newest rows came since a moment.
        oldest: When the first row came, ms UTC; None where no file says.
        newest: When the last row came, ms UTC; None likewise.
    """

    rows: int
    files: int
    cold: int
    bytes: int
    lately: int
    oldest: int | None
    newest: int | None


def held(store: TableStore, tenant: TenantId, since: int) -> Held:
    """What a table holds of a tenant; `lately` is since a moment, ms UTC."""
    files = holdings(store, tenant)
    came = [file.came for file in files if file.came is not None]
    return Held(
        rows=sum(file.rows or 0 for file in files),
        files=len(files),
        cold=sum(file.is_cold for file in files),
        bytes=size_of(files),
        lately=size_of([file for file in files if file.newest >= since]),
        oldest=min((first for first, _ in came), default=None),
        newest=max((last for _, last in came), default=None),
    )
