"""Trees as logic: what is left of one when some atoms are known, and whether it can hold at all."""

from collections.abc import Callable, Iterator

from foreseen.rules.engine.kernels import array_of, compute
from foreseen.rules.tree import (
    ALWAYS,
    NEVER,
    All,
    Atom,
    Kind,
    No,
    Some,
    Tree,
    all_of,
    atoms_of,
    no,
    some_of,
)

_MOST_TRIALS = 200
_PATTERNS = frozenset({Kind.WILDCARD, Kind.REGEX})
_WHATEVER = frozenset({Kind.ANY, Kind.PRESENT})
_AFFIXES = frozenset({Kind.CONTAINS, Kind.STARTS, Kind.ENDS})


def with_known(tree: Tree, truth: Callable[[Atom], bool | None]) -> Tree:
    """The tree with what is known of its atoms put in; None leaves an atom open."""
    match tree:
        case Atom():
            known = truth(tree)
            return tree if known is None else (ALWAYS if known else NEVER)
        case No():
            return no(with_known(tree.part, truth))
        case All():
            return all_of(with_known(part, truth) for part in tree.parts)
        case Some():
            return some_of(with_known(part, truth) for part in tree.parts)


def holds_of_nothing(tree: Tree) -> bool:
    """Whether a tree holds of an event that has nothing of what the tree names."""
    return with_known(tree, lambda atom: atom.kind is Kind.NULL) == ALWAYS


def holds_of_anything(tree: Tree) -> bool:
    """Whether it is enough for a tree that its fields are there, whatever their values are."""
    return with_known(tree, _is_broad) == ALWAYS


def is_satisfiable(tree: Tree) -> bool:
    """Whether some values make a tree hold, where a field has one value at a time.

    True, too, where that is too long to work out.
    """
    wanted = set(_wanted(tree, positive=True))
    # an atom that is only ever denied may as well be false
    left = with_known(tree, lambda atom: None if atom in wanted else False)
    return _satisfiable(left, [_MOST_TRIALS])


def _wanted(tree: Tree, *, positive: bool) -> Iterator[Atom]:
    """Atoms that stand below an even number of negations."""
    match tree:
        case Atom():
            if positive:
                yield tree
        case No():
            yield from _wanted(tree.part, positive=not positive)
        case _:
            for part in tree.parts:
                yield from _wanted(part, positive=positive)


def _satisfiable(tree: Tree, trials: list[int]) -> bool:
    if tree in (ALWAYS, NEVER):
        return tree == ALWAYS
    trials[0] -= 1
    if trials[0] < 0:
        return True
    atom = next(atoms_of(tree))
    given_true = with_known(tree, lambda each: _given(each, atom))
    if _satisfiable(given_true, trials):
        return True
    return _satisfiable(with_known(tree, lambda each: False if each == atom else None), trials)


def _given(other: Atom, true: Atom) -> bool | None:
    """What is known of an atom where another one is true."""
    if other == true:
        return True
    if other.field != true.field or other.other or true.other:
        return None
    kinds = {other.kind, true.kind}
    if Kind.NULL in kinds and kinds != {Kind.NULL, Kind.PRESENT}:
        return False
    differs = other.text.lower() != true.text.lower()
    return False if kinds == {Kind.EQUALS} and differs else None


def _is_broad(atom: Atom) -> bool:
    """Whether any value will do."""
    if atom.kind in _PATTERNS:
        found = compute.match_substring_regex(array_of([""]), atom.text)
        return bool(found[0].as_py())
    return atom.kind in _WHATEVER or (atom.kind in _AFFIXES and not atom.text)
