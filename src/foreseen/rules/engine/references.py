"""Fields compared with fields, row by row: each distinct pair of values once."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from foreseen.rules.engine.cells import Cells
from foreseen.rules.engine.kernels import Codes, Mask, array_of, compute, encoded
from foreseen.rules.tree import Kind


def compared(kind: Kind, left: Sequence[Cells], right: Sequence[Cells], rows: Codes) -> Mask:
    """Whether in each row a value of one field stands so to one of the other; of lists, any two.

    Case does not count.

    Args:
        kind: One of `tree.REFERENCES`.
        left: Cells of the field asked about, by place.
        right: Cells of the field that it is compared with.
        rows: Rows of the batch.
    """
    found: Mask = np.zeros(len(rows), bool)
    for one in left:
        for other in right:
            where, first, second = _pairs(one, other, rows)
            if len(where):
                found[where[_hold(kind, one, other, first, second)]] = True
    return found


def _pairs(left: Cells, right: Cells, rows: Codes) -> tuple[Codes, Codes, Codes]:
    """Places in `rows` that have both, once a pair of cells, with the codes of the two."""
    if left.single and right.single:
        first, second = left.by_row[rows], right.by_row[rows]
        where = np.flatnonzero((first >= 0) & (second >= 0))
        return where, first[where], second[where]
    order = np.full(left.length, -1, np.int64)
    order[rows] = np.arange(len(rows))
    joined = pa.table({"row": order[left.rows], "a": left.codes}).join(
        pa.table({"row": order[right.rows], "b": right.codes}), "row", join_type="inner"
    )
    inside = joined.filter(compute.greater_equal(joined["row"], 0))
    where, first, second = (inside[name].to_numpy() for name in ("row", "a", "b"))
    return where, first, second


def _hold(kind: Kind, left: Cells, right: Cells, first: Codes, second: Codes) -> Mask:
    width = len(right.texts.array)
    distinct, codes = encoded(array_of(first.astype(np.int64) * width + second))
    pairs = distinct.to_numpy()
    values = compute.utf8_lower(left.texts.array.take(array_of(pairs // width))).to_pylist()
    others = compute.utf8_lower(right.texts.array.take(array_of(pairs % width))).to_pylist()
    holds = [_holds(kind, value, other) for value, other in zip(values, others, strict=True)]
    truth: Mask = np.array(holds, bool)[codes]
    return truth


def _holds(kind: Kind, value: str, other: str) -> bool:
    if kind is Kind.HAS_AS_START:
        return value.startswith(other)
    if kind is Kind.HAS_AS_END:
        return value.endswith(other)
    return other in value if kind is Kind.HAS_INSIDE else value == other
