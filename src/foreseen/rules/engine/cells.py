"""Values of a batch by place: each distinct text once, and for every row which ones it has."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from foreseen.rules.engine.answers import ABSENT, Answers
from foreseen.rules.engine.derived import DERIVED
from foreseen.rules.engine.kernels import Array, Codes, array_of, compute, encoded, texts_of
from foreseen.rules.engine.maps import EVERY, AskedNames, Maps
from foreseen.rules.places import Place
from foreseen.rules.tree import Origin
from foreseen.rules.values import canonical

_UNKNOWN = -1
_MAP = pa.map_(pa.string(), pa.list_(pa.string()))


class Texts:
    """Distinct texts, and what they mean to the atoms of a field; places may share them."""

    def __init__(self, array: Array) -> None:
        """For an array of distinct texts."""
        self.array = array
        self._signatures: dict[int, Codes] = {}

    @cached_property
    def values(self) -> list[str]:
        """The texts as Python values."""
        return texts_of(self.array)

    def signatures(self, answers: Answers, codes: Codes) -> Codes:
        """Signatures of texts by their codes, ABSENT for -1; each text is asked about once."""
        known = self._signatures.get(id(answers))
        if known is None:
            known = np.full(len(self.array) + 1, _UNKNOWN, np.int64)
            known[-1] = ABSENT
            self._signatures[id(answers)] = known
        found: Codes = known[codes]
        if found.size and found.min() == _UNKNOWN:
            used = np.zeros(len(known), bool)
            used[codes] = True
            new = np.flatnonzero(used & (known == _UNKNOWN))
            values = self.values
            known[new] = answers.of([values[place] for place in new.tolist()])
            found = known[codes]
        return found


@dataclass(frozen=True)
class Cells:
    """One place of a batch.

    Attributes:
        texts: Distinct texts.
        codes: For each cell which text; without null cells.
        rows: For each cell its row, ascending.
        length: Rows in the batch.
    """

    texts: Texts
    codes: Codes
    rows: Codes
    length: int

    @cached_property
    def single(self) -> bool:
        """Whether no row has more than one cell."""
        return bool((self.rows[1:] > self.rows[:-1]).all())

    @cached_property
    def by_row(self) -> Codes:
        """Code of each row of the batch where rows have one cell at most; -1 without one."""
        if len(self.rows) == self.length:
            return self.codes
        codes = np.full(self.length, -1, np.int64)
        codes[self.rows] = self.codes
        return codes


class Reader:
    """Places of a batch, each read once; a column that is missing is null."""

    def __init__(self, batch: pa.RecordBatch) -> None:
        """For all rows of a batch."""
        self._batch = batch
        self._names = frozenset(batch.schema.names)
        self._cells: dict[Place, Cells | None] = {}
        self._maps: Maps | None = None
        self.length = batch.num_rows

    def expect(self, wanted: AskedNames | None) -> None:
        """Say once, before any is read, which names of `unmapped` will be asked for; None: all."""
        if "unmapped" not in self._names:
            return
        maps = self._batch.column("unmapped")
        if maps.null_count < len(maps):
            self._maps = Maps(maps, wanted)
            texts = Texts(self._maps.texts)
            for name, codes, rows in self._maps.cells():
                place = Place(Origin.UNMAPPED, name)
                self._cells[place] = Cells(texts, codes, rows, self.length)

    def named_rows(self) -> Iterator[tuple[str, Codes]]:
        """Names in `unmapped` that were expected and found, with the rows that have texts there."""
        for place, cells in self._cells.items():
            if place.origin is Origin.UNMAPPED and cells is not None:
                yield place.name, cells.rows

    def cells(self, places: Sequence[Place], rows: Codes) -> list[Cells]:
        """Values at places, those left out that the batch has nothing at.

        What is derived is worked out for `rows` only; other places are read whole, once.
        """
        found = []
        for place in places:
            if place.origin is Origin.DERIVED:
                cells = self._derived(place, rows)
            else:
                if place not in self._cells:
                    self._cells[place] = self._read(place)
                cells = self._cells[place]
            if cells is not None:
                found.append(cells)
        return found

    def nulls(self, name: str, places: Sequence[Place]) -> list[Codes]:
        """Rows in which the source wrote a field with a null, by a place's name, else its own.

        Where places have names, the source may mean another field by the rule's name.
        """
        if self._maps is None or not self._maps.nulls:
            return []
        names = {place.name for place in places if place.origin is Origin.UNMAPPED} or {name}
        return [self._maps.nulls[each] for each in names & self._maps.nulls.keys()]

    def objects(self, places: Sequence[Place]) -> list[Codes]:
        """Rows in which a place is an object of the source, of which there are only the parts."""
        if self._maps is None or not self._maps.objects:
            return []
        names = {place.name for place in places if place.origin is Origin.UNMAPPED}
        return [self._maps.objects[each] for each in names & self._maps.objects.keys()]

    def column(self, name: str, kind: pa.DataType | None = None) -> Array:
        """A column; nulls (of `kind`, else text) when the batch lacks it."""
        if name not in self._names:
            return compute.cast(pa.nulls(self.length), kind or pa.string())
        array = self._batch.column(name)
        if pa.types.is_dictionary(array.type):
            array = array.cast(array.type.value_type)
        return array if kind is None or array.type == kind else array.cast(kind)

    def _read(self, place: Place) -> Cells | None:
        if place.origin is Origin.COLUMN and place.name in self._names:
            return cells_of(self._batch.column(place.name))
        if place == Place(Origin.UNMAPPED, EVERY) and self._maps:
            texts, codes, rows = self._maps.every()
            return Cells(Texts(texts), codes, rows, self.length)
        return None

    def _derived(self, place: Place, rows: Codes) -> Cells | None:
        found = cells_of(DERIVED[place.name](_Rows(self, rows)))
        return found and Cells(found.texts, found.codes, rows[found.rows], self.length)


class _Rows:
    """Some rows of a batch, as derivations read them."""

    def __init__(self, reader: Reader, rows: Codes) -> None:
        self._reader = reader
        self._rows = array_of(rows)

    def column(self, name: str, kind: pa.DataType | None = None) -> Array:
        """A column of these rows, of `kind`, else text; nulls when the batch lacks it."""
        return self._reader.column(name, kind or pa.string()).take(self._rows)

    def unmapped(self, key: str) -> Array:
        """Values of a name in `unmapped`, as lists of texts."""
        maps = self._reader.column("unmapped", _MAP).take(self._rows)
        return compute.map_lookup(maps, key, "first")


def cells_of(array: Array) -> Cells | None:
    """Cells of scalars or of lists of scalars, one entry a row; None where all are null."""
    if array.null_count == len(array):
        return None
    rows: Codes = np.arange(len(array))
    length = len(array)
    if pa.types.is_list(array.type) or pa.types.is_large_list(array.type):
        lengths = compute.fill_null(compute.list_value_length(array), 0)
        rows = np.repeat(rows, lengths.to_numpy(zero_copy_only=False))
        array = array.flatten()
    if pa.types.is_dictionary(array.type):
        array = array.cast(array.type.value_type)
    if array.null_count:
        rows = rows[compute.is_valid(array).to_numpy(zero_copy_only=False)]
        array = array.drop_null()
    if not len(rows):
        return None
    distinct, codes = encoded(array)
    return Cells(Texts(_as_texts(distinct)), codes, rows, length)


def _as_texts(distinct: Array) -> Array:
    if pa.types.is_floating(distinct.type):
        return array_of([canonical(value) for value in distinct.to_pylist()], pa.string())
    return distinct if pa.types.is_string(distinct.type) else distinct.cast(pa.string())
