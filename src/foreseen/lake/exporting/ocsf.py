"""Events as OCSF has them: flat columns nested again into objects, one class at a time; pure."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute

from foreseen.schema.arrow import AnyArray
from foreseen.schema.columns import EVENT_COLUMNS

OCSF_VERSION = "1.8.0"
PROCESS_ACTIVITY = 1007

pc: Any = pyarrow.compute  # its stubs know few functions that take an array of any type
Lists: Any = pa.ListArray  # nor a mask that is an array

_INFORMATIONAL = 1
_OTHER = 99
_LISTS = {"resources"}
"""Attributes of OCSF that hold a list of objects where our sources have one."""

_OURS = "unmapped"

Tree = dict[str, "AnyArray | Tree"]


def nested(events: pa.Table, class_uid: int | None) -> pa.Table:
    """Events of one class as OCSF objects.

    What the columns lack is said: category, type, severity and the schema's version. Columns
    without a place in OCSF stand under `unmapped`, those of the source itself in
    `unmapped.fields`.

    Args:
        events: Rows of the events table, all of the class.
        class_uid: The class; None: the source's record has none, it leaves as 0 (base event).
    """
    batch = events.combine_chunks()
    rows, tree = batch.num_rows, Tree()
    for column in EVENT_COLUMNS:
        values = _array(batch[column.name])
        if column.name == "class_uid":
            values = pa.array([class_uid or 0] * rows, pa.int64())
        _put(tree, _path(column.name, column.ocsf, class_uid), _shaped(column.ocsf, values))
    for path, value in _said(batch, class_uid or 0).items():
        _put(tree, path, value)
    arrays = {name: _built(name, value, rows) for name, value in tree.items()}
    return pa.table(arrays)


def _path(name: str, ocsf: str, class_uid: int | None) -> str:
    """Where a column belongs: the process is the actor's in all classes but its own."""
    if name == "unmapped":
        return f"{_OURS}.fields"
    if not ocsf:
        return f"{_OURS}.{name}"
    is_process = ocsf.startswith("process.")
    return f"actor.{ocsf}" if is_process and class_uid != PROCESS_ACTIVITY else ocsf


def _shaped(ocsf: str, values: AnyArray) -> AnyArray:
    """Values as the attribute has them where it is a list."""
    if ocsf == "metadata.labels":
        return _lists(values)
    if ocsf == "process.ancestry":
        objects = pa.StructArray.from_arrays([pc.list_flatten(values)], names=["uid"])
        lengths = pc.fill_null(pc.list_value_length(values), 0)
        return _list(_offsets(lengths), objects, pc.is_null(values))
    return values


def _said(batch: pa.Table, class_uid: int) -> Mapping[str, AnyArray]:
    """Attributes that OCSF requires and that follow from others."""
    rows = batch.num_rows
    activity = pc.fill_null(_array(batch["activity_id"]), _OTHER)
    return {
        "category_uid": pa.array([class_uid // 1000] * rows, pa.int64()),
        "type_uid": pc.add(pa.scalar(class_uid * 100), activity),
        "severity_id": pa.array([_INFORMATIONAL] * rows, pa.int64()),
        "metadata.version": pa.array([OCSF_VERSION] * rows, pa.string()),
    }


def _put(tree: Tree, path: str, value: AnyArray) -> None:
    *parents, leaf = path.split(".")
    for parent in parents:
        below = tree.setdefault(parent, {})
        assert isinstance(below, dict)  # noqa: S101 (paths are ours: none is both)
        tree = below
    tree[leaf] = value


def _built(name: str, value: "AnyArray | Tree", rows: int) -> AnyArray:
    """An array of objects; an object of nothing but nulls is null."""
    if not isinstance(value, dict):
        return value
    parts = {leaf: _built(leaf, below, rows) for leaf, below in value.items()}
    empty = pa.array([True] * rows, pa.bool_())
    for part in parts.values():
        empty = pc.and_(empty, pc.is_null(part))
    built = pa.StructArray.from_arrays(list(parts.values()), names=list(parts), mask=empty)
    return _lists(built) if name in _LISTS else built


def _lists(values: AnyArray) -> AnyArray:
    """Each value as a list of one; a null as null."""
    there = pc.is_valid(values)
    offsets = _offsets(there.cast(pa.int32()))
    return _list(offsets, values.filter(there), pc.invert(there))


def _list(offsets: AnyArray, values: AnyArray, mask: AnyArray) -> AnyArray:
    made: AnyArray = Lists.from_arrays(offsets, values, mask=mask)
    return made


def _offsets(lengths: AnyArray) -> AnyArray:
    ends = pc.cumulative_sum(lengths).cast(pa.int32())
    return pa.concat_arrays([pa.array([0], pa.int32()), ends])


def _array(column: pa.ChunkedArray) -> AnyArray:  # type: ignore[type-arg]  # none at run time
    whole = column.combine_chunks()
    return whole if isinstance(whole, pa.Array) else pa.concat_arrays(whole.chunks)
