"""Compiled rules on a batch: every atom once a distinct value, trees on whole columns of truth."""

from collections.abc import Sequence
from itertools import groupby

import numpy as np
import pyarrow as pa

from foreseen.rules.answers import Answers
from foreseen.rules.cells import Cells, Reader
from foreseen.rules.fields import FAILURE, Gate
from foreseen.rules.kernels import Codes, Mask, array_of, compute, texts_of, truth_of
from foreseen.rules.tree import REFERENCES, All, Atom, Field, Kind, No, Some, Tree, atoms_of
from foreseen.rules.values import fold


class Engine:
    """Labels batches; what it remembers between them changes the speed only."""

    def __init__(self, rules: Sequence[tuple[Gate, Tree]]) -> None:
        """For rules in order; a rule is its place in it."""
        self._gates: dict[Gate, list[tuple[int, Tree]]] = {}
        for place, (gate, tree) in enumerate(rules):
            self._gates.setdefault(gate, []).append((place, tree))
        asked = {atom for _, tree in rules for atom in atoms_of(tree) if _about_a_value(atom)}
        by_field = groupby(sorted(asked, key=_order), key=lambda atom: atom.field)
        self._answers = {field: Answers(list(atoms)) for field, atoms in by_field}

    def matches(self, batch: pa.RecordBatch) -> tuple[Codes, Codes]:
        """Matches as pairs of (row, rule), sorted by row, then by rule."""
        rows, rules = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for gate, trees in self._gates.items():
            inside = np.flatnonzero(_gated(batch, gate))
            if not len(inside):
                continue
            truth = _Truth(Reader(batch, inside), self._answers)
            for place, tree in trees:
                found = inside[truth.of(tree)]
                rows.append(found)
                rules.append(np.full(len(found), place, np.int64))
        all_rows, all_rules = np.concatenate(rows), np.concatenate(rules)
        order = np.lexsort((all_rules, all_rows))
        return all_rows[order], all_rules[order]


class _Truth:
    """Truth of atoms and trees for the rows of one gate."""

    def __init__(self, reader: Reader, answers: dict[Field, Answers]) -> None:
        self._reader = reader
        self._answers = answers
        self._fields: dict[Field, dict[Atom, Mask]] = {}
        self._atoms: dict[Atom, Mask] = {}
        self._never = np.zeros(reader.length, bool)

    def of(self, tree: Tree) -> Mask:
        """Rows for which a tree holds; the result is not to be written to."""
        match tree:
            case All():
                return self._all(tree.parts)
            case Some():
                return self._some(tree.parts)
            case No():
                return ~self.of(tree.part)
            case Atom():
                if tree not in self._atoms:
                    self._atoms[tree] = self._atom(tree)
                return self._atoms[tree]

    def _all(self, parts: tuple[Tree, ...]) -> Mask:
        held = ~self._never
        for part in parts:
            held = held & self.of(part)
            if not held.any():
                break
        return held

    def _some(self, parts: tuple[Tree, ...]) -> Mask:
        held = self._never
        for part in parts:
            more = self.of(part)
            held = held if more is self._never else held | more
        return held

    def _atom(self, atom: Atom) -> Mask:
        cells = self._reader.cells(atom.field)
        if atom.kind is Kind.NULL:
            return cells.absent()
        if atom.other is not None:
            return _compared(atom.kind, cells, self._reader.cells(atom.other))
        if atom.field not in self._fields:
            answers = self._answers[atom.field]
            columns = answers.of(cells.values).T
            self._fields[atom.field] = dict(zip(answers.atoms, columns, strict=True))
        truth = self._fields[atom.field][atom]
        return cells.rows(truth) if truth.any() else self._never


def _about_a_value(atom: Atom) -> bool:
    return atom.kind is not Kind.NULL and atom.kind not in REFERENCES


def _order(atom: Atom) -> tuple[Field, str, str, bool, float]:
    return atom.field, atom.kind, atom.text, atom.cased, atom.number


def _gated(batch: pa.RecordBatch, gate: Gate) -> Mask:
    inside: Mask = np.ones(batch.num_rows, bool)
    conditions = (
        ("class_uid", gate.classes, pa.int64()),
        ("activity_id", gate.activities, pa.int64()),
        ("product", gate.products, pa.string()),
    )
    for name, wanted, kind in conditions:
        if not wanted:
            continue
        if name not in batch.schema.names:
            return np.zeros(batch.num_rows, bool)
        inside &= truth_of(compute.is_in(batch.column(name), array_of(wanted, kind)))
    if gate.done and "status_id" in batch.schema.names:
        failed = compute.fill_null(
            compute.equal(batch.column("status_id"), FAILURE), fill_value=False
        )
        inside &= ~failed.to_numpy(zero_copy_only=False)
    return inside


def _compared(kind: Kind, left: Cells, right: Cells) -> Mask:
    """Two fields row by row: each distinct pair of values once; of a list, any element."""
    rows = _row_of_cells(left), _row_of_cells(right)
    if left.offsets is not None or right.offsets is not None:
        pairs = _every_pair(rows[0], rows[1])
    else:
        pairs = (np.arange(len(left.codes)), np.arange(len(right.codes)))
    first, second = left.codes[pairs[0]], right.codes[pairs[1]]
    both = (first >= 0) & (second >= 0)
    width = len(right.values) + 1
    distinct, place = np.unique(first[both] * width + second[both], return_inverse=True)
    a = [fold(text) for text in texts_of(left.values)]
    b = [fold(text) for text in texts_of(right.values)]
    holds = np.array([_holds(kind, a[key // width], b[key % width]) for key in distinct], bool)
    length = len(left.codes) if left.offsets is None else len(left.offsets) - 1
    found: Mask = np.zeros(length, bool)
    found[rows[0][pairs[0]][both][holds[place]]] = True
    return found


def _row_of_cells(cells: Cells) -> Codes:
    if cells.offsets is None:
        return np.arange(len(cells.codes))
    return np.repeat(np.arange(len(cells.offsets) - 1), np.diff(cells.offsets))


def _every_pair(left: Codes, right: Codes) -> tuple[Codes, Codes]:
    """Places of all pairs of cells that stand in the same row."""
    joined = pa.table({"row": left, "a": np.arange(len(left))}).join(
        pa.table({"row": right, "b": np.arange(len(right))}), "row", join_type="inner"
    )
    return joined["a"].to_numpy(), joined["b"].to_numpy()


def _holds(kind: Kind, value: str, other: str) -> bool:
    if kind is Kind.HAS_AS_START:
        return value.startswith(other)
    if kind is Kind.HAS_AS_END:
        return value.endswith(other)
    return other in value if kind is Kind.HAS_INSIDE else value == other
