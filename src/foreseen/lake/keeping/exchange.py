"""Replace files of a table in one commit, or not at all when somebody else was faster."""

import time
from collections.abc import Collection, Sequence

from deltalake.transaction import AddAction, RemoveAction

from foreseen.core.errors import TransientError
from foreseen.lake.keeping.holdings import LiveFile
from foreseen.lake.store import TableStore

_ATTEMPTS = 20
_PAUSE_SECONDS = 0.01


def exchange(
    store: TableStore,
    removed: Sequence[LiveFile],
    added: Sequence[AddAction],
    *,
    now: int,
    loses_rows: bool = False,
) -> bool:
    """Put files in the place of others, in one commit.

    The commit is made only on top of the very version in which all of them were live: another
    writer's commit in between is looked at first. The library alone would take a second removal
    of a file, and so show its rows twice.

    Args:
        store: The table.
        removed: Files that go.
        added: Files that come, on disk.
        now: Time of the removal for the log, ms UTC.
        loses_rows: Whether rows go with the files, so that other readers of the log know.

    Returns:
        False when one of the files was no longer live; nothing was changed then.

    Raises:
        TransientError: Other writers won each time; try later.
    """
    paths = {file.path for file in removed}
    actions: list[AddAction | RemoveAction] = [
        *added,
        *(RemoveAction(f.path, loses_rows, now, f.size, dict(f.partition)) for f in removed),
    ]
    for attempt in range(_ATTEMPTS):
        try:
            return _once(store, paths, actions)
        except TransientError:
            if attempt == _ATTEMPTS - 1:
                raise
        time.sleep(_PAUSE_SECONDS * (attempt + 1))
    return False


def _once(
    store: TableStore, paths: Collection[str], actions: Sequence[AddAction | RemoveAction]
) -> bool:
    """Commit on top of the version in which the paths are live; False where they are not."""
    with store.lock:
        if not set(paths) <= set(store.live_files()["path"].to_pylist()):
            return False
        store.log(actions, retries=0)
        return True
