"""Trees over numbered atoms: what must hold for a rule to match, and whether it does."""

from collections.abc import Callable, Collection, Mapping

from foreseen.rules.tree import All, Atom, Kind, No, Tree

Holds = Callable[[Collection[int]], bool]

_BROAD = frozenset({Kind.NULL, Kind.ANY, Kind.PRESENT})
_NARROW = frozenset({Kind.EQUALS, Kind.CIDR, Kind.SAME_AS})
_LONGEST_COUNTED = 12


def trigger_of(tree: Tree, numbers: Mapping[Atom, int]) -> frozenset[int] | None:
    """Atoms of which at least one holds whenever the tree does; None where no such set is known.

    Of several the one is taken that is likely to hold least often.
    """
    found = _trigger(tree)
    return None if found is None else frozenset(numbers[atom] for atom in found)


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


def _trigger(tree: Tree) -> frozenset[Atom] | None:
    if isinstance(tree, Atom):
        return frozenset((tree,))
    if isinstance(tree, No):
        return None
    found = [_trigger(part) for part in tree.parts]
    if isinstance(tree, All):
        return min((each for each in found if each is not None), key=_breadth, default=None)
    if not found or any(each is None for each in found):
        return None
    return frozenset().union(*(each for each in found if each is not None))


def _breadth(atoms: frozenset[Atom]) -> float:
    """How often one of the atoms may hold: a guess that decides on speed only."""
    return sum(_share(atom) for atom in atoms)


def _share(atom: Atom) -> float:
    if atom.kind in _BROAD:
        return 1.0
    if atom.kind in _NARROW:
        return 0.01
    return 1.0 / (1 + min(len(atom.text), _LONGEST_COUNTED)) ** 2
