"""Plans: for one kind of event the rules that can match it, with all that is constant folded."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from foreseen.rules.answers import ABSENT, Answers
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
    All,
    Atom,
    Field,
    No,
    Origin,
    Some,
    Tree,
    all_of,
    atoms_of,
    no,
    some_of,
)
from foreseen.rules.triggers import Holds, holds_of, trigger_of
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
    """What to ask of events of one kind.

    Attributes:
        fields: Fields asked about, with their places.
        names: Names in `unmapped` that they may lie under.
        asked: Those about whose values there are atoms, with their answers.
        nullable: Those of which something holds where they are absent.
        references: Atoms that compare two fields.
        always: Rules that match every event of the kind.
        untriggered: Rules that every combination of values has to be tried on.
        members: Rules that match only if an atom of their trigger holds.
        triggered: For an atom the members of this plan whose trigger is not the usual one.
        holds: For rules that say less here than usual whether they match, given what holds.
        results: For a combination of signatures the number of its result.
        candidates: For a field's signature the rules to try.
    """

    fields: Mapping[Field, tuple[Place, ...]]
    names: frozenset[str]
    asked: Sequence[tuple[Field, Answers]]
    nullable: Sequence[tuple[Field, Answers]]
    references: Sequence[Atom]
    always: tuple[int, ...]
    untriggered: tuple[int, ...]
    members: AbstractSet[int]
    triggered: Mapping[int, Sequence[int]]
    holds: Mapping[int, Holds]
    results: dict[int, int] = field(default_factory=dict)
    candidates: dict[tuple[Field, int], tuple[int, ...]] = field(default_factory=dict)

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
    triggered: dict[int, list[int]] = field(default_factory=dict)
    holds: dict[int, Holds] = field(default_factory=dict)
    fields: set[Field] = field(default_factory=set)


class Planner:
    """Makes plans of rules; what is the same for every kind of event is worked out once.

    Attributes:
        tests: For each rule whether it matches, given the atoms that hold.
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
        self._triggers = [trigger_of(tree, numbers) for tree in self._trees]
        self._untriggered = {rule for rule, each in enumerate(self._triggers) if each is None}
        self._triggered: dict[int, list[int]] = {}
        for rule, atoms in enumerate(self._triggers):
            for atom in atoms or ():
                self._triggered.setdefault(atom, []).append(rule)
        self._references = [atom for atom in numbers if atom.other is not None]

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

    def candidates(self, plan: Plan, atoms: Iterable[int]) -> set[int]:
        """Members of a plan that one of the atoms may make true."""
        usual = {rule for atom in atoms for rule in self._triggered.get(atom, ())}
        own = {rule for atom in atoms for rule in plan.triggered.get(atom, ())}
        return (usual & plan.members) | own

    def _planned(self, draft: _Draft, places: Mapping[Field, tuple[Place, ...]]) -> Plan:
        asked = sorted(draft.fields)
        answered = [(name, self._answers[name]) for name in asked if name in self._answers]
        return Plan(
            fields={name: places[name] for name in asked},
            names=_names(asked, places),
            asked=answered,
            nullable=[(name, answers) for name, answers in answered if answers.sets[ABSENT]],
            references=[
                atom
                for atom in self._references
                if atom.field in draft.fields and atom.other in draft.fields
            ],
            always=tuple(draft.always),
            untriggered=tuple(draft.untriggered),
            members=draft.members,
            triggered=draft.triggered,
            holds=draft.holds,
        )

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
            tree = _fold(self._trees[rule], lambda atom: self._truth(atom, constants, absent))
            if tree == NEVER:
                continue
            if tree == ALWAYS:
                draft.always.append(rule)
                continue
            draft.fields |= _fields_of(tree)
            draft.holds[rule] = holds_of(tree, self._numbers)
            trigger = trigger_of(tree, self._numbers)
            if trigger is None:
                draft.untriggered.append(rule)
            for atom in trigger or ():
                draft.triggered.setdefault(atom, []).append(rule)
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


def _fold(tree: Tree, truth: Callable[[Atom], bool | None]) -> Tree:
    """The tree with what is known put in."""
    match tree:
        case Atom():
            known = truth(tree)
            return tree if known is None else (ALWAYS if known else NEVER)
        case No():
            return no(_fold(tree.part, truth))
        case All():
            return all_of(_fold(part, truth) for part in tree.parts)
        case Some():
            return some_of(_fold(part, truth) for part in tree.parts)
