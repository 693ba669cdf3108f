"""How long rows are kept, by table and tenant, and which files are past it."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from foreseen.lake.keeping.compaction import hot_shape
from foreseen.lake.keeping.exchange import exchange
from foreseen.lake.keeping.holdings import DAY, LiveFile, size_of
from foreseen.lake.keeping.log_start import added, versions
from foreseen.lake.keeping.rewriting import rewrite, steps
from foreseen.lake.keeping.row_groups import Into
from foreseen.lake.places.place import logged_name
from foreseen.lake.store import TableStore

_OVERDUE = 7 * DAY
_MATCH = "match_uid"
_UIDS = pa.schema([(_MATCH, pa.string())])


@dataclass(frozen=True, slots=True)
class Periods:
    """Ages of rows, ms, counted from their arrival; None: never.

    Attributes:
        cold: From then on they are written once more, denser, and left alone.
        expire: From then on they may go.
    """

    cold: int | None = None
    expire: int | None = None


_NEVER = Periods()
_EVENTS = Periods(cold=7 * DAY)


@dataclass(frozen=True, slots=True)
class Retention:
    """How long rows are kept. Nothing expires unless somebody says so.

    Attributes:
        tables: Periods by table.
        tenants: Periods by tenant and table, for those that differ.
    """

    tables: Mapping[str, Periods] = field(default_factory=lambda: {"events": _EVENTS})
    tenants: Mapping[str, Mapping[str, Periods]] = field(default_factory=dict)

    def of(self, table: str, tenant: str) -> Periods:
        """Periods of a tenant's rows in a table."""
        return self.tenants.get(tenant, {}).get(table) or self.tables.get(table, _NEVER)


@dataclass(frozen=True, slots=True)
class Needs:
    """What must stay, however old it is.

    Attributes:
        keep_after: By table the version that its readers have seen: what came later is kept.
        matches: By tenant the matches that somebody still works with: those of open alerts.
    """

    keep_after: Mapping[str, int] = field(default_factory=dict)
    matches: Mapping[str, Collection[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Expiry:
    """What is past its period in one table, of one tenant.

    Attributes:
        table: Name of the table.
        tenant: Whose rows.
        files: Files that go.
        rows: Rows in them.
        held: Rows of them that stay, for somebody needs them.
        overdue: Whether it is more than half of the tenant's rows, and long past its period: a
            clock that jumped looks like this.
    """

    table: str
    tenant: str
    files: tuple[LiveFile, ...]
    rows: int
    held: int
    overdue: bool

    @property
    def size(self) -> int:
        """Bytes of the files."""
        return size_of(self.files)

    @property
    def days(self) -> tuple[int, int]:
        """Oldest and newest arrival in them, ms UTC."""
        oldest = min(f.came[0] if f.came else f.newest for f in self.files)
        return oldest, max(f.newest for f in self.files)


def expiries(
    store: TableStore, files: Sequence[LiveFile], retention: Retention, needs: Needs, *, now: int
) -> list[Expiry]:
    """What is past its period, by tenant; a file is when the youngest of its rows is.

    Args:
        store: The table.
        files: Its live files.
        retention: How long rows are kept.
        needs: What must stay.
        now: ms UTC.
    """
    name = store.table.name
    unread = _unread(store, needs.keep_after.get(name))
    totals: Counter[str] = Counter()
    past: dict[str, list[tuple[LiveFile, int]]] = {}
    for file in files:
        totals[file.tenant] += file.rows or 0
        term = retention.of(name, file.tenant).expire
        if term is not None and file.newest + term < now and file.path not in unread:
            past.setdefault(file.tenant, []).append((file, now - file.newest - term))
    found = []
    for tenant, due in past.items():
        going, held = _without_held(store, [file for file, _ in due], needs.matches.get(tenant, ()))
        late = sum(file.rows or 0 for file, by in due if by > _OVERDUE)
        rows = sum(file.rows or 0 for file in going) - held
        if going:
            overdue = 2 * late > totals[tenant]
            found.append(Expiry(name, tenant, tuple(going), rows, held, overdue))
    return found


def expire(
    store: TableStore,
    expiry: Expiry,
    needs: Needs,
    *,
    now: int,
    failpoint: Callable[[str], None] = lambda _: None,
) -> bool:
    """Take files out of the table, by the log alone; rows that must stay are written anew.

    Returns:
        False when another writer was faster; nothing was changed then.

    Raises:
        CorruptError: A file with rows that must stay cannot be read.
        TransientError: Other writers won each time; try later.
    """
    adds = []
    if expiry.held:
        uids = pa.array(sorted(needs.matches.get(expiry.tenant, ())), pa.string())
        into = Into(
            store.place,
            store.table.schema,
            dict(expiry.files[0].partition),
            min(file.modified for file in expiry.files),
            group_rows=store.table.group_rows,
        )
        paths = [logged_name(store.place, file.path) for file in expiry.files]
        adds = rewrite(into, paths, hot_shape(32 << 20), lambda rows: _of(rows, uids))
    failpoint("upkeep.before_expiry")
    done = exchange(store, expiry.files, adds, now=now, loses_rows=True)
    failpoint("upkeep.after_expiry")
    return done


def _unread(store: TableStore, after: int | None) -> set[str]:
    """Files that were added after a version."""
    if after is None:
        return set()
    kept = [version for version in versions(store.place) if version > after]
    return {path for version in kept for path in added(store.place, version)}


def _without_held(
    store: TableStore, files: Sequence[LiveFile], uids: Collection[str]
) -> tuple[list[LiveFile], int]:
    """Files that are worth going, and how many of their rows have to stay."""
    if not uids or _MATCH not in store.table.schema.names:
        return list(files), 0
    wanted = pa.array(sorted(uids), pa.string())
    going, held = [], 0
    for file in files:
        parts = steps(
            store.place, logged_name(store.place, file.path), pa.schema([(_MATCH, pa.string())])
        )
        rows = sum(_of(part, wanted).num_rows for part in parts)
        if file.rows is None or rows < file.rows:
            going.append(file)
            held += rows
    return going, held


def _of(rows: pa.Table, uids: pa.Array) -> pa.Table:  # type: ignore[type-arg]  # none at run time
    return rows.filter(pc.is_in(rows[_MATCH], uids))
