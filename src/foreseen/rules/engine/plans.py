"""Plans: for one kind of event the rules that can match it, with all that is constant folded."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

import numpy as np

from foreseen.rules.engine.answers import ABSENT, Answers
from foreseen.rules.engine.questions import Comparison, Question, comparison, random_key
from foreseen.rules.engine.triggers import Candidates, Holds, Triggers, holds_of, triggers_of
from foreseen.rules.logsources import Gate, admits
from foreseen.rules.places import (
    DISCRIMINATORS,
    EventKind,
    Place,
    keyword_places,
    places_of,
)
from foreseen.rules.tree import (
    ALWAYS,
    NEVER,
    Atom,
    Field,
    Origin,
    Tree,
    atoms_of,
)
from foreseen.rules.truth import with_known
from foreseen.rules.values import canonical


@dataclass(frozen=True, slots=True)
class Wanted:
    """One rule as the engine gets it.

    Attributes:
        gates: Kinds of events that its log source means, as alternatives.
        tree: What it asks.
    """

    gates: tuple[Gate, ...]
    tree: Tree


@dataclass(slots=True)
class Plan:
    """What to ask of events of one kind; questions by their numbers.

    Attributes:
        key: A random number; with those of signatures it names a combination of values.
        names: Names in `unmapped` that the fields asked about may lie under.
        asked: Questions.
        nullable: Those of which something holds where the field is absent.
        always: Rules that match every event of the kind.
        untriggered: Rules that every combination of values has to be tried on.
        members: Rules that match only if their usual triggers are met.
        triggers: Those of rules that say less here than usual.
        holds: For rules that say less here than usual whether they match, given what holds.
        candidates: What a signature lets match, by question; filled as signatures are met.
    """

    key: np.uint64
    names: frozenset[str]
    asked: Sequence[int]
    nullable: Sequence[int]
    always: tuple[int, ...]
    untriggered: tuple[int, ...]
    members: AbstractSet[int]
    triggers: Triggers
    holds: Mapping[int, Holds]
    candidates: dict[tuple[int, int], Candidates] = field(default_factory=dict)

    @property
    def rules(self) -> set[int]:
        """Rules that can match an event of the kind."""
        return {*self.always, *self.untriggered, *self.members, *self.holds}


@dataclass(slots=True)
class _Draft:
    """A plan in the making: what folding leaves of the rules that ask about constants."""

    always: list[int] = field(default_factory=list)
    untriggered: list[int] = field(default_factory=list)
    members: set[int] = field(default_factory=set)
    triggers: Triggers = field(default_factory=Triggers)
    holds: dict[int, Holds] = field(default_factory=dict)
    fields: set[Field] = field(default_factory=set)


class Planner:
    """Makes plans of rules; what is the same for every kind of event is worked out once.

    Attributes:
        tests: For each rule whether it matches, given the atoms that hold.
        questions: Every question of a plan, by its number.
    """

    def __init__(
        self,
        wanted: Sequence[Wanted],
        numbers: Mapping[Atom, int],
        answers: Mapping[Field, Answers],
    ) -> None:
        """For rules in order, the numbers of their atoms and the answers to these."""
        self._trees = [each.tree for each in wanted]
        self._numbers = numbers
        self._answers = answers
        self._groups: dict[tuple[Gate, ...], set[int]] = {}
        self._by_field: dict[Field, set[int]] = {}
        for rule, each in enumerate(wanted):
            self._groups.setdefault(each.gates, set()).add(rule)
            for name in _fields_of(each.tree):
                self._by_field.setdefault(name, set()).add(rule)
        self._group_fields = {
            gates: frozenset().union(*(_fields_of(self._trees[rule]) for rule in rules))
            for gates, rules in self._groups.items()
        }
        self.tests = [holds_of(tree, numbers) for tree in self._trees]
        self._triggers = Triggers()
        self._untriggered = set()
        for rule, tree in enumerate(self._trees):
            triggers = triggers_of(tree, numbers)
            self._triggers.add(rule, triggers)
            if not triggers:
                self._untriggered.add(rule)
        self._compared = [atom for atom in numbers if atom.other is not None]
        self.questions: list[Question | Comparison] = []
        self._question_numbers: dict[Question | Comparison, int] = {}

    def plan(self, kind: EventKind, has: Callable[[Place], bool] | None = None) -> Plan:
        """The plan for events of a kind; if `has` is given, for those with values there only."""
        groups = [g for g in self._groups if any(admits(gate, kind) for gate in g)]
        rules = set().union(*(self._groups[gates] for gates in groups))
        fields = frozenset().union(*(self._group_fields[gates] for gates in groups))
        places = {name: _places(name, kind) for name in fields}
        constants = {
            name: self._constant(name, found[0].name, kind)
            for name, found in places.items()
            if _is_constant(found)
        }
        absent = {
            name for name, found in places.items() if has is not None and not any(map(has, found))
        }
        constants |= {name: self._absent(name) for name in absent}
        touched = rules & set().union(*(self._by_field[name] for name in constants))
        draft = self._folded(touched, constants, absent)
        plain = rules - touched
        draft.members |= plain - self._untriggered
        draft.untriggered += plain & self._untriggered
        draft.fields |= {name for name in fields if not self._by_field[name].isdisjoint(plain)}
        return self._planned(draft, places)

    def candidates(self, plan: Plan, atoms: AbstractSet[int]) -> Candidates:
        """Members of a plan that the atoms let match."""
        usual, own = self._triggers.met(atoms), plan.triggers.met(atoms)
        return Candidates(
            alone=(usual.alone & plan.members) | own.alone,
            first=(usual.first & plan.members) | own.first,
            second=(usual.second & plan.members) | own.second,
        )

    def _planned(self, draft: _Draft, places: Mapping[Field, tuple[Place, ...]]) -> Plan:
        fields = sorted(draft.fields)
        questions = [
            Question(name, places[name], self._answers[name])
            for name in fields
            if name in self._answers
        ]
        nullable = [each for each in questions if each.sets[ABSENT]]
        comparisons = [
            comparison(atom, self._numbers[atom], places[atom.field], places[atom.other])
            for atom in self._compared
            if atom.field in draft.fields and atom.other in draft.fields
        ]
        return Plan(
            key=random_key(),
            names=_names(fields, places),
            asked=self._numbered([*questions, *comparisons]),
            nullable=self._numbered(nullable),
            always=tuple(draft.always),
            untriggered=tuple(draft.untriggered),
            members=draft.members,
            triggers=draft.triggers,
            holds=draft.holds,
        )

    def _numbered(self, questions: Iterable[Question | Comparison]) -> tuple[int, ...]:
        """Numbers of questions, which are known from now on."""
        found = []
        for question in questions:
            if question not in self._question_numbers:
                self._question_numbers[question] = len(self.questions)
                self.questions.append(question)
            found.append(self._question_numbers[question])
        return tuple(found)

    def _constant(self, name: Field, column: str, kind: EventKind) -> AbstractSet[int]:
        """Atoms that hold for the value that every event of the kind has in a field."""
        answers = self._answers.get(name)
        if answers is None:
            return frozenset()
        value = getattr(kind, column)
        signature = ABSENT if value is None else int(answers.of([canonical(value)])[0])
        return answers.sets[signature]

    def _absent(self, name: Field) -> AbstractSet[int]:
        """Atoms that hold where a field is not there."""
        answers = self._answers.get(name)
        return frozenset() if answers is None else answers.sets[ABSENT]

    def _folded(
        self,
        rules: Iterable[int],
        constants: Mapping[Field, AbstractSet[int]],
        absent: AbstractSet[Field],
    ) -> _Draft:
        draft = _Draft()
        for rule in sorted(rules):
            tree = with_known(self._trees[rule], lambda atom: self._truth(atom, constants, absent))
            if tree == NEVER:
                continue
            if tree == ALWAYS:
                draft.always.append(rule)
                continue
            draft.fields |= _fields_of(tree)
            draft.holds[rule] = holds_of(tree, self._numbers)
            triggers = triggers_of(tree, self._numbers)
            draft.triggers.add(rule, triggers)
            if not triggers:
                draft.untriggered.append(rule)
        return draft

    def _truth(
        self,
        atom: Atom,
        constants: Mapping[Field, AbstractSet[int]],
        absent: AbstractSet[Field],
    ) -> bool | None:
        """Whether an atom holds for every event of the kind; None where that depends."""
        if atom.other is not None:
            return None if absent.isdisjoint((atom.field, atom.other)) else False
        if atom.field not in constants:
            return None
        return self._numbers[atom] in constants[atom.field]


def _places(name: Field, kind: EventKind) -> tuple[Place, ...]:
    return places_of(name.namespace, name.name, kind) if name.name else keyword_places(kind)


def _names(fields: Iterable[Field], places: Mapping[Field, tuple[Place, ...]]) -> frozenset[str]:
    """Names under which the source may have written a field, be it with a null."""
    found = {place.name for f in fields for place in places[f] if place.origin is Origin.UNMAPPED}
    return frozenset(found | {f.name for f in fields})


def _is_constant(places: tuple[Place, ...]) -> bool:
    return len(places) == 1 and (
        places[0].origin is Origin.COLUMN and places[0].name in DISCRIMINATORS
    )


def _fields_of(tree: Tree) -> frozenset[Field]:
    return frozenset(f for atom in atoms_of(tree) for f in (atom.field, atom.other) if f)
