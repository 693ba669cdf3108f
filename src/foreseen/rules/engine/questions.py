"""What plans ask of the rows of a batch: atoms of one field, or of two fields compared."""

import dataclasses
import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from foreseen.rules.engine.answers import PLAIN, Answers
from foreseen.rules.places import Place
from foreseen.rules.tree import Atom, Field

#: Signature of a comparison that holds; one that does not is absent.
HOLDS = PLAIN


@dataclass(frozen=True, slots=True)
class Question:
    """A field, and where it is; kinds of events that have it there are asked in one go.

    Attributes:
        field: What atoms ask about.
        places: Where its values lie.
        answers: To the atoms.
    """

    field: Field
    places: tuple[Place, ...]
    answers: Answers = dataclasses.field(compare=False)

    @property
    def sets(self) -> Sequence[frozenset[int]]:
        """For each signature the numbers of the atoms that hold."""
        return self.answers.sets


@dataclass(frozen=True, slots=True)
class Comparison:
    """An atom that compares two fields, and where these are.

    Attributes:
        atom: What is asked.
        left: Places of the field asked about.
        right: Places of the other one.
        sets: For each signature the numbers of the atoms that hold.
        key: Random number of HOLDS.
    """

    atom: Atom
    left: tuple[Place, ...]
    right: tuple[Place, ...]
    sets: Sequence[frozenset[int]] = dataclasses.field(compare=False)
    key: np.uint64 = dataclasses.field(compare=False)


def comparison(
    atom: Atom, number: int, left: tuple[Place, ...], right: tuple[Place, ...]
) -> Comparison:
    """The comparison that a numbered atom asks for."""
    sets = [frozenset[int]()] * (HOLDS + 1)
    sets[HOLDS] = frozenset((number,))
    return Comparison(atom, left, right, sets, random_key())


def random_key() -> np.uint64:
    """A number that sums of such numbers can be told apart by."""
    return np.uint64(random.getrandbits(64))
