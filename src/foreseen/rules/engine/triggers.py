"""Trees over numbered atoms: what must hold for a rule to match, and whether it does."""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from foreseen.rules.tree import All, Atom, Kind, No, Tree

Holds = Callable[[Collection[int]], bool]

_BROAD = frozenset({Kind.NULL, Kind.ANY, Kind.PRESENT})
_NARROW = frozenset({Kind.EQUALS, Kind.CIDR, Kind.SAME_AS})
_LONGEST_COUNTED = 12
_MOST = 2


@dataclass(frozen=True, slots=True)
class Candidates:
    """Rules that some atoms let match.

    Attributes:
        alone: Rules with one trigger, which is met.
        first: Rules of whose two triggers the first is met.
        second: Rules of whose two triggers the second is met.
    """

    alone: AbstractSet[int]
    first: AbstractSet[int]
    second: AbstractSet[int]


class Triggers:
    """Rules by the atoms that their triggers consist of."""

    def __init__(self) -> None:
        """Without rules."""
        self._alone: dict[int, list[int]] = {}
        self._first: dict[int, list[int]] = {}
        self._second: dict[int, list[int]] = {}

    def add(self, rule: int, triggers: Sequence[frozenset[int]]) -> None:
        """Note a rule with up to two triggers; one without any is met by nothing."""
        tables = (self._first, self._second) if len(triggers) > 1 else (self._alone,)
        for table, trigger in zip(tables, triggers, strict=False):
            for atom in trigger:
                table.setdefault(atom, []).append(rule)

    def met(self, atoms: AbstractSet[int]) -> Candidates:
        """Rules whose triggers the atoms meet."""
        return Candidates(
            *(
                frozenset().union(*[table[atom] for atom in table.keys() & atoms])
                for table in (self._alone, self._first, self._second)
            )
        )


def triggers_of(tree: Tree, numbers: Mapping[Atom, int]) -> list[frozenset[int]]:
    """Up to two sets of atoms: whenever the tree holds, at least one atom of each set does.

    Of several those are taken that are likely to hold least often. Empty where none is known.
    """
    return [frozenset(numbers[atom] for atom in found) for found in _triggers(tree)]


def breadth_of_triggers(tree: Tree) -> float:
    """How often the narrowest trigger of a tree may be met, as a guess; infinite without one."""
    return min((_breadth(each) for each in _triggers(tree)), default=math.inf)


def holds_of(tree: Tree, numbers: Mapping[Atom, int]) -> Holds:
    """A tree as a function of the set of atoms that hold."""
    if isinstance(tree, Atom):
        number = numbers[tree]
        return lambda true: number in true
    if isinstance(tree, No):
        part = holds_of(tree.part, numbers)
        return lambda true: not part(true)
    atoms = frozenset(numbers[each] for each in tree.parts if isinstance(each, Atom))
    parts = [holds_of(each, numbers) for each in tree.parts if not isinstance(each, Atom)]
    if isinstance(tree, All):
        return _every(atoms, parts)
    return _any(atoms, parts)


def _every(atoms: frozenset[int], parts: list[Holds]) -> Holds:
    if not parts:
        return atoms.issubset
    return lambda true: atoms.issubset(true) and all(part(true) for part in parts)


def _any(atoms: frozenset[int], parts: list[Holds]) -> Holds:
    if not parts:
        return lambda true: not atoms.isdisjoint(true)
    return lambda true: not atoms.isdisjoint(true) or any(part(true) for part in parts)


def _triggers(tree: Tree) -> list[frozenset[Atom]]:
    if isinstance(tree, Atom):
        return [frozenset((tree,))]
    if isinstance(tree, No):
        return []
    found = [_triggers(part) for part in tree.parts]
    if isinstance(tree, All):
        # `sorted` keeps the order of equals, and equal sets are one
        return sorted(dict.fromkeys(t for each in found for t in each), key=_breadth)[:_MOST]
    return [
        frozenset().union(*together)
        for together in zip(*found, strict=False)  # as many as every part has
    ]


def _breadth(atoms: frozenset[Atom]) -> float:
    """How often one of the atoms may hold: a guess that decides on speed only."""
    return sum(_share(atom) for atom in atoms)


def _share(atom: Atom) -> float:
    if atom.kind in _BROAD:
        return 1.0
    if atom.kind in _NARROW:
        return 0.01
    return 1.0 / (1 + min(len(atom.text), _LONGEST_COUNTED)) ** 2
