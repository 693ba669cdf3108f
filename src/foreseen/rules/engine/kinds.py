"""Kinds of events in a batch: which combination of the discriminators each row has."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from foreseen.rules.engine.cells import Reader
from foreseen.rules.engine.kernels import Codes, array_of, compute, encoded
from foreseen.rules.places import DISCRIMINATORS, EventKind


def kinds_of_rows(reader: Reader) -> tuple[list[EventKind], Codes]:
    """Distinct kinds of events, and for each row which one it is."""
    codes: Codes = np.zeros(reader.length, np.int64)
    columns = []
    for name in DISCRIMINATORS:
        integer = name.endswith(("_id", "_uid"))
        column = reader.column(name, pa.int64() if integer else pa.string()).dictionary_encode()
        values = [*column.dictionary.to_pylist(), None]
        own = compute.fill_null(column.indices, len(values) - 1).to_numpy(zero_copy_only=False)
        codes = codes * len(values) + own
        columns.append(values)
    distinct, places = encoded(array_of(codes))
    return [_kind(columns, code) for code in distinct.to_pylist()], places


def _kind(columns: Sequence[list[object]], code: int) -> EventKind:
    parts = []
    for values in reversed(columns):
        code, place = divmod(code, len(values))
        parts.append(values[place])
    return EventKind(*reversed(parts))  # type: ignore[arg-type]  # types of the columns
