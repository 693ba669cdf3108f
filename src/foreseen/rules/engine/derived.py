"""Fields of Sigma that are no column of ours but follow from columns."""

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np
import pyarrow as pa

from foreseen.rules.engine.kernels import Array, array_of, compute

KEPT_IDS = ("uid", "gid", "suid", "fsuid", "egid", "sgid", "fsgid")
_NOTHING = pa.scalar(None, pa.string())
_CONNECTS = ("connect", "sendto", "sendmsg")
_ACCEPTS = ("accept", "accept4")
_SUCCESS, _FAILURE = 1, 2
_PERMISSIONS = 0o7777


class Columns(Protocol):
    """What a derivation may read."""

    def column(self, name: str, kind: pa.DataType | None = None) -> Array:
        """A column, null when it is missing."""
        ...

    def unmapped(self, key: str) -> Array:
        """A key of `unmapped` as lists of texts."""
        ...


def _users(columns: Columns) -> Array:
    """Name and number of the effective user; number 0 is root though the source gives no name."""
    uid = columns.column("process_user_uid").cast(pa.string())
    root = compute.if_else(compute.equal(uid, "0"), "root", _NOTHING)
    return _side_by_side([columns.column("process_user_name"), uid, root])


def _initiated(columns: Columns) -> Array:
    calls = columns.column("event_type")
    outward = compute.is_in(calls, array_of(_CONNECTS))
    inward = compute.is_in(calls, array_of(_ACCEPTS))
    known = compute.if_else(inward, "false", _NOTHING)
    return compute.if_else(outward, "true", known)


def _system_call(columns: Columns) -> Array:
    """The event's type where it is a system call; record types are written in capitals."""
    calls = columns.column("event_type")
    return compute.if_else(compute.utf8_is_lower(calls), calls, _NOTHING)


def _record_types(columns: Columns) -> Array:
    """Types of the audit records that the event was joined from; of a lone record its own."""
    joined = columns.unmapped("type")
    calls = columns.column("event_type")
    own = compute.if_else(compute.utf8_is_lower(calls), _NOTHING, calls)
    return compute.if_else(_empty(joined), _side_by_side([own]), joined)


def _success(columns: Columns) -> Array:
    status = columns.column("status_id", pa.int64())
    failed = compute.if_else(compute.equal(status, _FAILURE), "no", _NOTHING)
    return compute.if_else(
        compute.fill_null(compute.equal(status, _SUCCESS), fill_value=False), "yes", failed
    )


def _made(columns: Columns) -> Array:
    """The file that came to be: the new name of a link or rename, else the file acted on."""
    return compute.coalesce(columns.column("file_target"), columns.column("file_path"))


def _file_mode(columns: Columns) -> Array:
    """Permission bits as four octal digits, as chmod writes them, e.g. 0755."""
    modes = columns.column("file_mode", pa.int64()).dictionary_encode()
    texts = [f"{mode & _PERMISSIONS:04o}" for mode in modes.dictionary.to_pylist()]
    return array_of(texts, pa.string()).take(modes.indices)


def _same_as_effective(name: str) -> Callable[[Columns], Array]:
    """A user or group number that the parser keeps only where it is not the effective user's."""

    def derived(columns: Columns) -> Array:
        kept = columns.unmapped(name)
        effective = _side_by_side([columns.column("process_user_uid")])
        return compute.if_else(_empty(kept), effective, kept)

    return derived


def _empty(lists: Array) -> Array:
    return compute.equal(compute.fill_null(compute.list_value_length(lists), 0), 0)


def _side_by_side(arrays: list[Array]) -> Array:
    """A list a row of the arrays' values; nulls stay as null elements."""
    rows, width = len(arrays[0]), len(arrays)
    order = (np.arange(rows)[:, None] + rows * np.arange(width)).ravel()
    cells = pa.concat_arrays([array.cast(pa.string()) for array in arrays]).take(array_of(order))
    offsets = array_of(np.arange(rows + 1, dtype=np.int32) * np.int32(width))
    return pa.ListArray.from_arrays(offsets, cells)


DERIVED: Mapping[str, Callable[[Columns], Array]] = {
    "User": _users,
    "Initiated": _initiated,
    "SYSCALL": _system_call,
    "type": _record_types,
    "success": _success,
    "FileMode": _file_mode,
    "MadeFile": _made,
    **{name: _same_as_effective(name) for name in KEPT_IDS},
}

#: Columns that each derivation reads.
READS: Mapping[str, tuple[str, ...]] = {
    "User": ("process_user_name", "process_user_uid"),
    "Initiated": ("event_type",),
    "SYSCALL": ("event_type",),
    "type": ("event_type", "unmapped"),
    "success": ("status_id",),
    "FileMode": ("file_mode",),
    "MadeFile": ("file_path", "file_target"),
    **dict.fromkeys(KEPT_IDS, ("process_user_uid", "unmapped")),
}
