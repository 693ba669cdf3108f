"""Compiled rules on a batch: each distinct value is asked once, each combination judged once."""

import random
from collections.abc import Callable, Mapping, Sequence
from threading import Lock

import numpy as np
import pyarrow as pa

from foreseen.rules.answers import ABSENT, NULL, PLAIN, Answers
from foreseen.rules.cells import Cells, Reader
from foreseen.rules.kernels import Codes, Keys, Mask, array_of, encoded
from foreseen.rules.kinds import kinds_of_rows
from foreseen.rules.places import EventKind, Place
from foreseen.rules.plans import Plan, Planner, Wanted
from foreseen.rules.references import compared
from foreseen.rules.scan import Store
from foreseen.rules.tree import Atom, Field, atoms_of

_MEMORY_BYTES = 192 << 20
_RESULT_BYTES = 120
_MOST_PLANS = 4_096


class Engine:
    """Labels batches; what it remembers between them changes the speed only.

    Attributes:
        hits: For each rule how many events matched.
        trials: For each rule on how many combinations of values its tree was evaluated: its cost.
    """

    def __init__(
        self, wanted: Sequence[Wanted], store: Store | None = None, *, fallback: bool = False
    ) -> None:
        """For rules in order; a rule is its place in it.

        Args:
            wanted: Gates and tree of each rule.
            store: Keeps compiled databases between runs.
            fallback: Answer without Hyperscan.
        """
        numbers: dict[Atom, int] = {}
        by_field: dict[Field, dict[int, Atom]] = {}
        for each in wanted:
            for atom in atoms_of(each.tree):
                number = numbers.setdefault(atom, len(numbers))
                if atom.other is None:
                    by_field.setdefault(atom.field, {})[number] = atom
        self._numbers = numbers
        self._answers = {
            field: Answers(atoms, store, fallback=fallback) for field, atoms in by_field.items()
        }
        self._reference_keys = {
            atom: np.uint64(random.getrandbits(64)) for atom in numbers if atom.other is not None
        }
        self._planner = Planner(wanted, numbers, self._answers)
        self._lock = Lock()
        self.hits = np.zeros(len(wanted), np.int64)
        self.trials = np.zeros(len(wanted), np.int64)
        self._tried: list[int] = []
        self._forget()

    def matches(self, batch: pa.RecordBatch) -> tuple[Codes, Codes]:
        """Matches as pairs of (row, rule), sorted by row, then by rule."""
        with self._lock:
            self._bound_memory()
            reader = Reader(batch)
            results = np.zeros(batch.num_rows, np.int64)
            planned = self._planned(reader)
            reader.expect(frozenset().union(*(plan.names for plan, _ in planned)))
            for plan, rows in planned:
                results[rows] = self._judged(plan, reader, rows)
            return self._pairs(results)

    def reachable(self, kind: EventKind, has: Callable[[Place], bool]) -> set[int]:
        """Rules that an event of a kind may match if it has values at these places only."""
        with self._lock:
            return self._planner.plan(kind, has).rules

    def _planned(self, reader: Reader) -> list[tuple[Plan, Codes]]:
        """Plans of the kinds of events in a batch, and the rows of each."""
        kinds, codes = kinds_of_rows(reader)
        order = np.argsort(codes, kind="stable")
        ends = np.cumsum(np.bincount(codes, minlength=len(kinds)))
        found = []
        for kind, start, end in zip(kinds, np.concatenate(([0], ends)), ends, strict=False):
            plan = self._plans.get(kind)
            if plan is None:
                plan = self._plans[kind] = self._planner.plan(kind)
            if plan.members or plan.holds or plan.always or plan.untriggered:
                found.append((plan, order[start:end]))
        return found

    def _judged(self, plan: Plan, reader: Reader, rows: Codes) -> Codes:
        """Result of each of the rows."""
        keys: Keys = np.zeros(len(rows), np.uint64)
        signatures: dict[Field, Codes] = {}
        for field, answers in plan.asked:
            found = _signatures(reader, field, plan.fields[field], answers, rows)
            if found is not None:
                signatures[field] = found
                keys += answers.keys[found]
        truths = {}
        for atom in plan.references:
            truths[atom] = _reference(plan, atom, reader, rows)
            keys[truths[atom]] += self._reference_keys[atom]
        values, codes = encoded(array_of(keys))
        distinct = values.to_pylist()
        known = [plan.results.get(key, -1) for key in distinct]
        if -1 in known:
            first = np.zeros(len(distinct), np.int64)
            first[codes[::-1]] = np.arange(len(rows))[::-1]
            for place, result in enumerate(known):
                if result < 0:
                    row = int(first[place])
                    known[place] = plan.results[distinct[place]] = self._result(
                        plan,
                        {field: int(found[row]) for field, found in signatures.items()},
                        [self._numbers[atom] for atom, truth in truths.items() if truth[row]],
                    )
        judged: Codes = np.array(known, np.int64)[codes]
        return judged

    def _result(
        self, plan: Plan, signatures: Mapping[Field, int], references: Sequence[int]
    ) -> int:
        """Number of the result for one combination of signatures."""
        held = [
            (field, self._answers[field], signature)
            for field, signature in signatures.items()
            if signature != ABSENT
        ]
        present = {field for field, _, _ in held}
        held += [(f, answers, ABSENT) for f, answers in plan.nullable if f not in present]
        true = frozenset(references).union(*(answers.sets[s] for _, answers, s in held))
        tried = set(plan.untriggered)
        for field, answers, signature in held:
            tried.update(self._candidates(plan, field, signature, answers))
        if references:
            tried |= self._planner.candidates(plan, references)
        self._tried += tried
        own, usual = plan.holds, self._planner.tests
        matched = [rule for rule in tried if (own.get(rule) or usual[rule])(true)]
        return self._number(tuple(sorted((*plan.always, *matched))))

    def _candidates(
        self, plan: Plan, field: Field, signature: int, answers: Answers
    ) -> tuple[int, ...]:
        """Rules that one of a field's atoms may make true."""
        found = plan.candidates.get((field, signature))
        if found is None:
            found = tuple(self._planner.candidates(plan, answers.sets[signature]))
            plan.candidates[field, signature] = found
        return found

    def _number(self, rules: tuple[int, ...]) -> int:
        number = self._result_numbers.get(rules)
        if number is None:
            number = self._result_numbers[rules] = len(self._results)
            self._results.append(np.array(rules, np.int64))
        return number

    def _pairs(self, results: Codes) -> tuple[Codes, Codes]:
        """Rows and rules of results; result 0 is none."""
        rows = np.flatnonzero(results)
        found = results[rows]
        counts = np.array([len(each) for each in self._results], np.int64)[found]
        rules = np.concatenate([self._results[each] for each in found.tolist()] or [_NONE])
        self.hits += np.bincount(rules, minlength=len(self.hits))
        self.trials += np.bincount(self._tried, minlength=len(self.trials))
        self._tried.clear()
        return np.repeat(rows, counts), rules

    def _bound_memory(self) -> None:
        used = sum(answers.bytes for answers in self._answers.values())
        used += _RESULT_BYTES * sum(
            len(plan.results) + len(plan.candidates) for plan in self._plans.values()
        )
        if used > _MEMORY_BYTES or len(self._plans) > _MOST_PLANS:
            self._forget()

    def forget(self) -> None:
        """Empty the memory."""
        with self._lock:
            self._forget()

    def _forget(self) -> None:
        self._plans: dict[EventKind, Plan] = {}
        self._results: list[Codes] = [_NONE]
        self._result_numbers: dict[tuple[int, ...], int] = {(): 0}
        for answers in self._answers.values():
            answers.forget()


_NONE: Codes = np.zeros(0, np.int64)


def _reference(plan: Plan, atom: Atom, reader: Reader, rows: Codes) -> Mask:
    """Whether a comparison of two fields holds in each of the rows."""
    left = reader.cells(plan.fields[atom.field], rows)
    right = reader.cells(plan.fields[atom.other], rows) if atom.other else []
    return compared(atom.kind, left, right, rows)


def _signatures(
    reader: Reader, field: Field, places: tuple[Place, ...], answers: Answers, rows: Codes
) -> Codes | None:
    """Signature of a field in each of the rows; None where it is absent from all."""
    found: Codes | None = None
    cells = reader.cells(places, rows)
    if len(cells) == 1 and cells[0].single:
        codes = cells[0].by_row[rows]
        found = cells[0].texts.signatures(answers, codes)[codes]
    elif cells:
        found = _joined(answers, cells, rows)
    for rows_of_objects in reader.objects(places):
        found = np.full(len(rows), ABSENT, np.int64) if found is None else found
        found[np.isin(rows, rows_of_objects) & (found == ABSENT)] = PLAIN
    for nulls in reader.nulls(field.name, places):
        found = np.full(len(rows), ABSENT, np.int64) if found is None else found
        found[np.isin(rows, nulls) & (found == ABSENT)] = NULL
    return found if found is not None and found.any() else None


def _joined(answers: Answers, cells: Sequence[Cells], rows: Codes) -> Codes:
    """Signatures of rows that may have several cells: what their cells hold is put together."""
    found: Codes = np.full(len(rows), ABSENT, np.int64)
    special: dict[int, set[int]] = {}
    for each in cells:
        if each.single:
            codes = each.by_row[rows]
            own = each.texts.signatures(answers, codes)[codes]
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
    signatures = cells.texts.signatures(answers, codes)[codes]
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
