"""A column of maps taken apart: for every name its cells, for all names one set of texts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from foreseen.rules.engine.kernels import Array, Codes, Mask, array_of, compute, encoded, texts_of

_SMALL = 1 << 16


EVERY = "*"
"""Stands for every name."""


@dataclass(frozen=True, slots=True)
class AskedNames:
    """Which names are asked for in which rows: what nobody asks of a row costs least.

    Attributes:
        names: Names by group of rows; `*` among them means every name.
        groups: Group of each row.
    """

    names: Sequence[frozenset[str]]
    groups: Codes

    def by_code(self, names: Sequence[str]) -> Mask:
        """For each group (first axis) whether each of the names is asked for."""
        return np.array([[EVERY in own or name in own for name in names] for own in self.names])


class Maps:
    """Maps from names to lists of texts.

    Attributes:
        texts: Distinct texts of the names that were wanted.
        nulls: For a name the rows in which it stands with an empty list.
        objects: For a name without texts of its own the rows that have names below it, `name.x`.
    """

    def __init__(self, maps: Array, wanted: AskedNames | None) -> None:
        """For a column of type map<string, list<string>>; `wanted` None means every name."""
        if maps.null_count:
            maps = maps.take(array_of(np.arange(len(maps))))  # so that a null has no entries
        bounds = maps.offsets.to_numpy()
        first, last = int(bounds[0]), int(bounds[-1])
        self._rows = np.repeat(np.arange(len(maps)), np.diff(bounds))
        lists = maps.items.slice(first, last - first)
        offsets = lists.offsets.to_numpy()
        self._starts, self._lengths = offsets[:-1], np.diff(offsets)
        self._texts = lists.values
        names, codes = encoded(maps.keys.slice(first, last - first))
        self._names = texts_of(names)
        self.objects = self._objects(codes, wanted)
        self._group(codes, wanted)

    def cells(self) -> Iterator[tuple[str, Codes, Codes]]:
        """For every wanted name that has texts: name, codes into `texts`, rows."""
        for code in np.flatnonzero(self._ends > self._begins).tolist():
            span = slice(self._begins[code], self._ends[code])
            yield self._names[code], self._codes[span], self._cell_rows[span]

    def every(self) -> tuple[Array, Codes, Codes]:
        """Texts of all names: distinct texts, codes, rows."""
        rows, places, _ = self._spread(np.arange(len(self._rows)))
        texts, codes = encoded(self._texts.take(array_of(places)))
        return texts, codes, rows

    def _group(self, codes: Codes, wanted: AskedNames | None) -> None:
        """Cells of wanted names, grouped by name, in the order of rows."""
        count = len(self._names)
        entries = np.arange(len(codes))
        if wanted is not None and count:
            needed = wanted.by_code(self._names)
            entries = np.flatnonzero(needed[wanted.groups[self._rows], codes])
            codes = codes[entries]
        small = codes.astype(np.uint16) if count <= _SMALL else codes
        order = np.argsort(small, kind="stable")
        entries, codes = entries[order], codes[order]
        lengths = self._lengths[entries]
        self.nulls = self._rows_of_nulls(entries[lengths == 0], codes[lengths == 0])
        self._cell_rows, places, of = self._spread(entries)
        self._ends = np.cumsum(np.bincount(codes[of], minlength=count))
        self._begins = np.concatenate(([0], self._ends[:-1])).astype(np.int64)
        self.texts, self._codes = encoded(self._texts.take(array_of(places)))

    def _objects(self, codes: Codes, wanted: AskedNames | None) -> dict[str, Codes]:
        """Rows by the names of objects: a source's object is there though only its parts are."""
        asked = frozenset().union(*wanted.names) if wanted is not None else frozenset((EVERY,))
        below: dict[str, list[int]] = {}
        for code, name in enumerate(self._names):
            for end in [place for place, char in enumerate(name) if char == "."]:
                if EVERY in asked or name[:end] in asked:
                    below.setdefault(name[:end], []).append(code)
        return {name: self._rows[np.isin(codes, parts)] for name, parts in below.items()}

    def _rows_of_nulls(self, entries: Codes, codes: Codes) -> dict[str, Codes]:
        rows = self._rows[entries]
        return {self._names[code]: rows[codes == code] for code in np.unique(codes).tolist()}

    def _spread(self, entries: Codes) -> tuple[Codes, Codes, Codes]:
        """For every text of some entries its row, its place in the texts and which entry it is of.

        Nulls in a list are no texts.
        """
        starts, lengths = self._starts[entries].astype(np.int64), self._lengths[entries]
        of = np.arange(len(entries))
        if (lengths != 1).any():
            before = np.cumsum(lengths) - lengths
            of = np.repeat(of, lengths)
            starts = np.repeat(starts - before, lengths) + np.arange(len(of))
        if self._texts.null_count:
            present = compute.is_valid(self._texts).to_numpy(zero_copy_only=False)[starts]
            of, starts = of[present], starts[present]
        return self._rows[entries][of], starts, of
