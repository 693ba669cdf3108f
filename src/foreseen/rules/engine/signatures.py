"""What is known of the values of a field, row by row: as signatures, as the answers number them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from foreseen.rules.engine.answers import ABSENT, NULL, PLAIN, Answers
from foreseen.rules.engine.cells import Cells, Reader
from foreseen.rules.engine.kernels import Codes, Keys
from foreseen.rules.engine.questions import Comparison, Question
from foreseen.rules.engine.references import compared


@dataclass(frozen=True, slots=True)
class Fact:
    """What is known of a question in some rows of a batch.

    Attributes:
        number: Of the question.
        rows: Rows, ascending.
        signatures: Signature in each of the rows.
        keys: Random number of each of these signatures, or the one of all.
    """

    number: int
    rows: Codes
    signatures: Codes
    keys: Keys | np.uint64

    def at(self, rows: Codes) -> Codes:
        """Signatures of some rows; ABSENT for those that this fact is not about."""
        if not len(self.rows):
            return np.full(len(rows), ABSENT, np.int64)
        places = np.searchsorted(self.rows, rows).clip(max=len(self.rows) - 1)
        return np.where(self.rows[places] == rows, self.signatures[places], ABSENT)


def signatures_of(reader: Reader, question: Question, rows: Codes) -> Codes | None:
    """Signature of a field in each of the rows; None where it is absent from all.

    Args:
        reader: A batch.
        question: The field, and where it is.
        rows: Rows of the batch, ascending.
    """
    found: Codes | None = None
    answers = question.answers
    cells = reader.cells(question.places, rows)
    if len(cells) == 1 and cells[0].single:
        codes = cells[0].by_row[rows]
        found = cells[0].texts.signatures(answers, codes)
    elif cells:
        found = _joined(answers, cells, rows)
    fixed = [(each, PLAIN) for each in reader.objects(question.places)]
    fixed += [(each, NULL) for each in reader.nulls(question.field.name, question.places)]
    for where, signature in fixed:
        found = np.full(len(rows), ABSENT, np.int64) if found is None else found
        found[np.isin(rows, where) & (found == ABSENT)] = signature
    return found if found is not None and found.any() else None


def holding_rows(reader: Reader, comparison: Comparison, rows: Codes) -> Codes:
    """Those of some rows in which a comparison of two fields holds."""
    left = reader.cells(comparison.left, rows)
    right = reader.cells(comparison.right, rows)
    return rows[compared(comparison.atom.kind, left, right, rows)]


def _joined(answers: Answers, cells: Sequence[Cells], rows: Codes) -> Codes:
    """Signatures of rows that may have several cells: what their cells hold is put together."""
    found: Codes = np.full(len(rows), ABSENT, np.int64)
    special: dict[int, set[int]] = {}
    for each in cells:
        if each.single:
            own = each.texts.signatures(answers, each.by_row[rows])
        else:
            own = _of_lists(answers, each, rows)
        other = np.flatnonzero((found != ABSENT) & (own != ABSENT) & (found != own))
        for row in other.tolist():
            special.setdefault(row, {int(found[row])}).add(int(own[row]))
        found = np.where(found == ABSENT, own, found)
    for row, together in special.items():
        found[row] = answers.together(frozenset(together))
    return found


def _of_lists(answers: Answers, cells: Cells, rows: Codes) -> Codes:
    """Signatures of rows that may have several cells of one place.

    Cells of which nothing special holds tell only that the field is there.
    """
    order = np.full(cells.length, -1, np.int64)
    order[rows] = np.arange(len(rows))
    where = order[cells.rows]
    codes, where = cells.codes[where >= 0], where[where >= 0]
    signatures = cells.texts.signatures(answers, codes)
    found: Codes = np.full(len(rows), ABSENT, np.int64)
    found[where] = PLAIN
    told = np.flatnonzero(signatures != PLAIN)
    special: dict[int, set[int]] = {}
    for row, signature in zip(where[told].tolist(), signatures[told].tolist(), strict=True):
        special.setdefault(row, set()).add(signature)
    for row, together in special.items():
        alone = len(together) == 1
        found[row] = next(iter(together)) if alone else answers.together(frozenset(together))
    return found
