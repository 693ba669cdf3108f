"""Values of a field in a batch: each distinct text once, and for every cell which one it is."""

from dataclasses import dataclass

import numpy as np
import orjson
import pyarrow as pa

from foreseen.core.errors import CorruptError
from foreseen.rules.derived import DERIVED
from foreseen.rules.kernels import Array, Codes, Mask, array_of, compute
from foreseen.rules.tree import Field, Origin
from foreseen.rules.values import canonical


@dataclass(frozen=True, slots=True)
class Cells:
    """One field of some rows.

    Attributes:
        values: Distinct texts, without null.
        codes: For each cell the place of its text in `values`; -1 for null.
        offsets: Of a list: cells of row i are offsets[i] to offsets[i + 1]. None: one cell a row.
    """

    values: Array
    codes: Codes
    offsets: Codes | None

    def rows(self, truth: Mask) -> Mask:
        """Rows in which some cell's value holds; `truth` is by place in `values`."""
        cells: Mask = np.append(truth, [False])[self.codes]
        if self.offsets is None:
            return cells
        before = np.concatenate(([0], np.cumsum(cells)))
        some: Mask = before[self.offsets[1:]] > before[self.offsets[:-1]]
        return some

    def absent(self) -> Mask:
        """Rows without any value: null, an empty list, or a list of nulls."""
        absent: Mask = ~self.rows(np.ones(len(self.values), bool))
        return absent


class Reader:
    """Columns and fields of chosen rows of a batch, each read once; a missing column is null."""

    def __init__(self, batch: pa.RecordBatch, rows: Codes) -> None:
        """For `rows` (ascending places) of `batch`."""
        self._batch = batch
        self._rows = None if len(rows) == batch.num_rows else array_of(rows)
        self._cells: dict[Field, Cells] = {}
        self._objects: tuple[list[dict[str, object]], Array] | None = None
        self.length = len(rows)

    def cells(self, field: Field) -> Cells:
        """Values of a field.

        Raises:
            CorruptError: `unmapped` is no JSON object.
        """
        if field not in self._cells:
            self._cells[field] = cells_of(self._array(field))
        return self._cells[field]

    def column(self, name: str, kind: pa.DataType | None = None) -> Array:
        """A column of the chosen rows; nulls (of `kind`, else text) when the batch lacks it."""
        if name not in self._batch.schema.names:
            return array_of([None] * self.length, kind or pa.string())
        array = self._batch.column(name)
        return array if self._rows is None else array.take(self._rows)

    def unmapped(self, key: str) -> Array:
        """Values of a key of the JSON object in `unmapped`, as lists of texts; `*` is all."""
        if self._objects is None:
            encoded = self.column("unmapped").dictionary_encode()
            objects = [_object(text) for text in encoded.dictionary.to_pylist()]
            self._objects = (objects, encoded.indices)
        objects, indices = self._objects
        lists = [_every_text(each) if key == "*" else _texts(each.get(key)) for each in objects]
        return array_of(lists, pa.list_(pa.string())).take(indices)

    def _array(self, field: Field) -> Array:
        if field.origin is Origin.COLUMN:
            return self.column(field.name)
        if field.origin is Origin.UNMAPPED:
            return self.unmapped(field.name)
        return DERIVED[field.name](self)


def cells_of(array: Array) -> Cells:
    """Distinct texts and codes of an array of scalars or of lists of scalars."""
    if not pa.types.is_list(array.type) and not pa.types.is_large_list(array.type):
        values, codes = _encoded(array)
        return Cells(values, codes, None)
    values, codes = _encoded(array.flatten())
    lengths = compute.fill_null(compute.list_value_length(array), 0).to_numpy(zero_copy_only=False)
    return Cells(values, codes, np.concatenate(([0], np.cumsum(lengths))).astype(np.int64))


def _encoded(array: Array) -> tuple[Array, Codes]:
    if pa.types.is_dictionary(array.type):
        array = array.cast(array.type.value_type)
    encoded = array.dictionary_encode()
    codes = compute.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    distinct = encoded.dictionary
    if pa.types.is_floating(distinct.type):
        return array_of([canonical(value) for value in distinct.to_pylist()], pa.string()), codes
    return distinct.cast(pa.string()), codes


def _object(text: str | None) -> dict[str, object]:
    if text is None:
        return {}
    try:
        loaded = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise CorruptError(f"column 'unmapped' is not JSON: {text[:80]!r}: {error}") from error
    if not isinstance(loaded, dict):
        raise CorruptError(f"column 'unmapped' is not a JSON object: {text[:80]!r}")
    return loaded


def _texts(value: object) -> list[str]:
    if value is None or isinstance(value, dict):
        return []
    if isinstance(value, list):
        return [text for each in value for text in _texts(each)]
    return [canonical(value)]


def _every_text(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for each in value.values() for text in _every_text(each)]
    if isinstance(value, list):
        return [text for each in value for text in _every_text(each)]
    return [value] if isinstance(value, str) else []
