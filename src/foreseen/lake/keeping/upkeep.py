"""The lake keeps itself in order: merge, cool, expire, checkpoint, forget. Readers go on."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from foreseen.core.errors import CorruptError, TransientError
from foreseen.lake.keeping.compaction import (
    Compacted,
    cold_groups,
    compact_table,
    hot_shape,
    tiered_groups,
)
from foreseen.lake.keeping.holdings import LiveFile, holdings
from foreseen.lake.keeping.horizon import (
    Keeping,
    Removed,
    due_horizon,
    is_leased,
    move_horizon,
    sweep,
)
from foreseen.lake.keeping.log_start import checkpoints
from foreseen.lake.keeping.retention import Expiry, Needs, Retention, expire, expiries
from foreseen.lake.lake import Lake
from foreseen.lake.store import TableStore
from foreseen.lake.table_open import configure

log = logging.getLogger("foreseen.upkeep")


@dataclass(frozen=True, slots=True)
class Policy:
    """How the lake is kept.

    Attributes:
        retention: How long rows are kept.
        keeping: How long their past is.
        needs: What must stay, however old it is.
        target: Bytes from which on a file is not merged with others.
    """

    retention: Retention = field(default_factory=Retention)
    keeping: Keeping = field(default_factory=Keeping)
    needs: Needs = field(default_factory=Needs)
    target: int = 32 << 20


@dataclass(frozen=True, slots=True)
class TableUpkept:
    """What was done to one table.

    Attributes:
        merged: By compaction of young files.
        cooled: By writing old ones once more.
        expired: What went.
        waiting: What is past its period and waits for a person: a clock that jumped looks so.
        removed: What lay before the horizon.
        checkpoint: Whether a checkpoint was written.
    """

    merged: Compacted
    cooled: Compacted
    expired: tuple[Expiry, ...]
    waiting: tuple[Expiry, ...]
    removed: Removed
    checkpoint: bool


@dataclass(frozen=True, slots=True)
class Upkept:
    """What was done, by table.

    Attributes:
        tables: What was done.
        later: Tables that another process or a full disk kept from it, with the reason.
    """

    tables: dict[str, TableUpkept]
    later: dict[str, str]


def upkeep(
    lake: Lake, policy: Policy, now: int, *, failpoint: Callable[[str], None] = lambda _: None
) -> Upkept:
    """Bring the lake into order; call it every few minutes from any one process, or several.

    Writers and readers go on meanwhile. Each step is one commit or removes only what nothing
    names: it may end anywhere, and the next call goes on. Never longer than a file is written is a
    table locked for the writers of this process.

    Args:
        lake: The lake.
        policy: How it is kept.
        now: ms UTC.
        failpoint: Called with the name of each place where a crash matters; for crash tests.

    Raises:
        CorruptError: A file of the lake cannot be read; the tables without such a file are done.
    """
    done, later, damage = {}, {}, list[CorruptError]()
    for name, store in lake.stores.items():
        try:
            done[name] = _table(store, policy, now, failpoint)
        except TransientError as error:
            log.warning("upkeep of %s waits: %s", name, error)
            later[name] = str(error)
        except CorruptError as error:
            log.error("upkeep of %s stops at a damaged file: %s", name, error)  # noqa: TRY400
            damage.append(error)
    if damage:
        raise damage[0]
    return Upkept(done, later)


def _table(
    store: TableStore, policy: Policy, now: int, failpoint: Callable[[str], None]
) -> TableUpkept:
    try:
        expired, waiting = _expire(store, policy, now, failpoint)
        files = holdings(store)
        hot = list(tiered_groups(files, hot_shape(policy.target), now=now))
        merged = compact_table(store, hot, now=now, failpoint=failpoint)
        cold = list(cold_groups(holdings(store), _cold_of(store, policy), now=now))
        cooled = compact_table(store, cold, now=now, failpoint=failpoint)
        checkpoint = _checkpoint(store, policy.keeping)
        failpoint("upkeep.after_checkpoint")
        removed = _forget(store, policy, now, failpoint)
    except OSError as error:
        raise TransientError(f"{store.place.uri}: cannot write or remove: {error}") from error
    return TableUpkept(merged, cooled, expired, waiting, removed, checkpoint)


def _expire(
    store: TableStore, policy: Policy, now: int, failpoint: Callable[[str], None]
) -> tuple[tuple[Expiry, ...], tuple[Expiry, ...]]:
    """What went, and what waits for a person."""
    found = expiries(store, holdings(store), policy.retention, policy.needs, now=now)
    waiting = tuple(each for each in found if each.overdue)
    for each in waiting:
        log.warning(
            "%s: more than half of the rows of %s are long past their period (%d rows); if the "
            "clock is right, 'foreseen lake expire --yes' lets them go",
            each.table,
            each.tenant,
            each.rows,
        )
    expired = tuple(
        each
        for each in found
        if not each.overdue and expire(store, each, policy.needs, now=now, failpoint=failpoint)
    )
    return expired, waiting


def _cold_of(store: TableStore, policy: Policy) -> Callable[[LiveFile], int | None]:
    return lambda file: policy.retention.of(store.table.name, file.tenant).cold


def _checkpoint(store: TableStore, keeping: Keeping) -> bool:
    """A checkpoint where commits did not write one: opening reads no more entries than that."""
    with store.lock:
        handle = store.fresh()
        configure(handle)
        if int(handle.version()) - max(checkpoints(store.place), default=0) < keeping.checkpoint:
            return False
        handle.create_checkpoint()
        return True


def _forget(
    store: TableStore, policy: Policy, now: int, failpoint: Callable[[str], None]
) -> Removed:
    """Move the horizon, and remove what then lies before it."""
    after = policy.needs.keep_after.get(store.table.name)
    if is_leased(store, now=now):
        return Removed()
    version = due_horizon(store, policy.keeping, after, now=now)
    if version is None:
        return Removed()
    entries = move_horizon(store, version, failpoint=failpoint)
    swept = sweep(store, policy.keeping, now=now, failpoint=failpoint)
    return Removed(entries, swept.files, swept.bytes)
