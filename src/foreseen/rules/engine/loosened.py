"""Rules without their least telling atoms: they match at least whatever the whole rules match."""

from foreseen.rules.engine.triggers import breadth_of_triggers
from foreseen.rules.tree import ALWAYS, NEVER, All, Atom, Kind, No, Tree, all_of, no, some_of

_SHORT = 2
_BROADEST = 0.2


def loosened(tree: Tree) -> Tree | None:
    """The tree without texts so short that most values contain them; None where that is no gain.

    Such an atom (`contains: 'i'`) tells next to nothing, and yet costs every new value a callback
    and doubles the combinations of atoms that values differ by.
    """
    loose = _loosened(tree, positive=True)
    return loose if loose != tree and breadth_of_triggers(loose) < _BROADEST else None


def _loosened(tree: Tree, *, positive: bool) -> Tree:
    match tree:
        case Atom():
            if tree.kind is not Kind.CONTAINS or len(tree.text) > _SHORT:
                return tree
            return ALWAYS if positive else NEVER
        case No():
            return no(_loosened(tree.part, positive=not positive))
        case All():
            return all_of(_loosened(part, positive=positive) for part in tree.parts)
        case _:
            return some_of(_loosened(part, positive=positive) for part in tree.parts)
