"""Trees on a batch: each distinct value is asked once, each combination of answers judged once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from threading import Lock

import numpy as np
import pyarrow as pa

from foreseen.rules.engine.answers import ABSENT, Answers
from foreseen.rules.engine.cells import Reader
from foreseen.rules.engine.kernels import Codes, Keys, array_of, encoded
from foreseen.rules.engine.kinds import kinds_of_rows
from foreseen.rules.engine.maps import AskedNames
from foreseen.rules.engine.plans import Plan, Planner, Wanted
from foreseen.rules.engine.questions import HOLDS, Comparison
from foreseen.rules.engine.scan import Store
from foreseen.rules.engine.signatures import Fact, holding_rows, signatures_of
from foreseen.rules.places import EventKind, Place
from foreseen.rules.tree import Atom, Field, atoms_of

_MEMORY_BYTES = 96 << 20
_RESULT_BYTES = 120
_MOST_PLANS = 4_096


class Matcher:
    """Matches rules; what it remembers between batches changes the speed only.

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
        self._answers = {
            field: Answers(atoms, store, fallback=fallback) for field, atoms in by_field.items()
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
            plans, plan_of = self._planned(reader)
            reader.expect(AskedNames([plan.names for plan in plans], plan_of))
            return self._pairs(self._judged(reader, plans, plan_of))

    def reachable(self, kind: EventKind, has: Callable[[Place], bool]) -> set[int]:
        """Rules that an event of a kind may match if it has values at these places only."""
        with self._lock:
            return self._planner.plan(kind, has).rules

    def _planned(self, reader: Reader) -> tuple[list[Plan], Codes]:
        """Plans of the kinds of events in a batch, and for each row which one."""
        kinds, codes = kinds_of_rows(reader)
        for kind in kinds:
            if kind not in self._plans:
                self._plans[kind] = self._planner.plan(kind)
        return [self._plans[kind] for kind in kinds], codes

    def _judged(self, reader: Reader, plans: Sequence[Plan], plan_of: Codes) -> Codes:
        """Result of each row."""
        facts = self._facts(reader, plans, plan_of)
        keys: Keys = np.array([plan.key for plan in plans], np.uint64)[plan_of]
        for fact in facts:
            keys[fact.rows] += fact.keys
        values, codes = encoded(array_of(keys))
        distinct = values.to_pylist()
        results = [self._known.get(key, -1) for key in distinct]
        new = [place for place, result in enumerate(results) if result < 0]
        if new:
            first = np.zeros(len(distinct), np.int64)
            first[codes[::-1]] = np.arange(reader.length)[::-1]
            rows = first[new]
            of_new = [plans[plan] for plan in plan_of[rows].tolist()]
            for place, result in zip(new, self._results_of(of_new, facts, rows), strict=True):
                results[place] = self._known[distinct[place]] = result
        judged: Codes = np.array(results, np.int64)[codes]
        return judged

    def _facts(self, reader: Reader, plans: Sequence[Plan], plan_of: Codes) -> list[Fact]:
        """Answers to the questions of a batch's plans, each asked once for all rows it is about."""
        members: dict[int, list[int]] = {}
        for place, plan in enumerate(plans):
            for number in plan.asked:
                members.setdefault(number, []).append(place)
        together: dict[tuple[int, ...], list[int]] = {}  # questions that the same plans ask
        for number, asking in members.items():
            together.setdefault(tuple(asking), []).append(number)
        facts = []
        for group, numbers in together.items():
            asks = np.zeros(len(plans), bool)
            asks[list(group)] = True
            rows = np.flatnonzero(asks[plan_of])
            facts += [self._fact(number, reader, rows) for number in numbers]
        return [fact for fact in facts if fact is not None]

    def _fact(self, number: int, reader: Reader, rows: Codes) -> Fact | None:
        """Answer to one question; None where the field is absent from all rows."""
        question = self._planner.questions[number]
        if isinstance(question, Comparison):
            rows = holding_rows(reader, question, rows)
            return Fact(number, rows, np.full(len(rows), HOLDS, np.int64), question.key)
        found = signatures_of(reader, question, rows)
        return None if found is None else Fact(number, rows, found, question.answers.keys[found])

    def _results_of(
        self, plans: Sequence[Plan], facts: Sequence[Fact], rows: Codes
    ) -> Iterator[int]:
        """Numbers of the results of some rows, given the plan of each."""
        told = [(fact.number, fact.at(rows).tolist()) for fact in facts]
        for place, plan in enumerate(plans):
            held = {number: own[place] for number, own in told if own[place] != ABSENT}
            held |= {number: ABSENT for number in plan.nullable if number not in held}
            yield self._result(plan, held)

    def _result(self, plan: Plan, held: Mapping[int, int]) -> int:
        """Number of the result for a combination of signatures, by numbers of questions."""
        questions = self._planner.questions
        true = frozenset().union(*[questions[each].sets[own] for each, own in held.items()])
        alone, first, second = set(plan.untriggered), set[int](), set[int]()
        for each in held.items():
            met = plan.candidates.get(each)
            if met is None:
                atoms = questions[each[0]].sets[each[1]]
                met = plan.candidates[each] = self._planner.candidates(plan, atoms)
            alone |= met.alone
            first |= met.first
            second |= met.second
        tried = alone | (first & second)
        self._tried += tried
        own, usual = plan.holds, self._planner.tests
        matched = [rule for rule in tried if (own.get(rule) or usual[rule])(true)]
        return self._number(tuple(sorted((*plan.always, *matched))))

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

    @property
    def bytes(self) -> int:
        """Estimate of what is remembered."""
        remembered = sum(len(plan.candidates) for plan in self._plans.values()) + len(self._known)
        used = sum(answers.bytes for answers in self._answers.values())
        return used + _RESULT_BYTES * remembered

    def _bound_memory(self) -> None:
        if self.bytes > _MEMORY_BYTES or len(self._plans) > _MOST_PLANS:
            self._forget()

    def forget(self) -> None:
        """Empty the memory."""
        with self._lock:
            self._forget()

    def _forget(self) -> None:
        self._plans: dict[EventKind, Plan] = {}
        self._known: dict[int, int] = {}
        self._results: list[Codes] = [_NONE]
        self._result_numbers: dict[tuple[int, ...], int] = {(): 0}
        for answers in self._answers.values():
            answers.forget()


_NONE: Codes = np.zeros(0, np.int64)
