"""What a rule compiles to: atoms on fields, joined by and, or and not; equal atoms are one."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Origin(StrEnum):
    """Where values lie in a batch."""

    COLUMN = "column"
    UNMAPPED = "unmapped"
    DERIVED = "derived"


@dataclass(frozen=True, slots=True, order=True)
class Field:
    """A field as rules name it.

    Attributes:
        namespace: Whose names: `linux`, `windows`, `cloudtrail`; `places` says where values lie.
        name: As Sigma has it, without blanks; empty for a keyword: any text of the event.
    """

    namespace: str
    name: str


class Kind(StrEnum):
    """What an atom asks of a field; every kind but NULL is false where the field is absent."""

    EQUALS = "equals"
    CONTAINS = "contains"
    STARTS = "startswith"
    ENDS = "endswith"
    WILDCARD = "wildcard"
    REGEX = "regex"
    CIDR = "cidr"
    LT = "lt"
    LTE = "lte"
    GT = "gt"
    GTE = "gte"
    TIME_PART = "time part"
    ANY = "any value"
    PRESENT = "present"
    NULL = "null"
    SAME_AS = "same as"
    HAS_AS_START = "starts with field"
    HAS_AS_END = "ends with field"
    HAS_INSIDE = "contains field"


REFERENCES = frozenset({Kind.SAME_AS, Kind.HAS_AS_START, Kind.HAS_AS_END, Kind.HAS_INSIDE})


@dataclass(frozen=True, slots=True)
class Atom:
    """One question about one field.

    Attributes:
        field: Field asked about; of a list, any element may answer.
        kind: What is asked. PRESENT is also true for a null that the source wrote, NULL also for
            a field that it did not write.
        text: Folded literal; pattern for RE2 of WILDCARD and REGEX; network of CIDR; part of time,
            with a blank and the comparison (`hour gte`) where it is not to be equal.
        cased: Whether case counts; then `text` is not folded.
        number: Bound of a comparison, or number of a time part.
        other: Field compared with.
    """

    field: Field
    kind: Kind
    text: str = ""
    cased: bool = False
    number: int | float = 0
    other: Field | None = None


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds; true without parts."""

    parts: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Some:
    """At least one part holds; false without parts."""

    parts: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class No:
    """The part does not hold."""

    part: "Tree"


Tree = Atom | All | Some | No

ALWAYS, NEVER = All(()), Some(())


def atoms_of(tree: Tree) -> Iterator[Atom]:
    """Every atom of a tree, repeated where it stands more than once."""
    if isinstance(tree, Atom):
        yield tree
    elif isinstance(tree, No):
        yield from atoms_of(tree.part)
    else:
        for part in tree.parts:
            yield from atoms_of(part)


def all_of(parts: Iterator[Tree]) -> Tree:
    """Conjunction, as short as constants allow."""
    kept = []
    for part in parts:
        if part == NEVER:
            return NEVER
        if part != ALWAYS:
            kept.append(part)
    return kept[0] if len(kept) == 1 else All(tuple(kept))


def some_of(parts: Iterator[Tree]) -> Tree:
    """Disjunction, as short as constants allow."""
    kept = []
    for part in parts:
        if part == ALWAYS:
            return ALWAYS
        if part != NEVER:
            kept.append(part)
    return kept[0] if len(kept) == 1 else Some(tuple(kept))


def no(part: Tree) -> Tree:
    """Negation, as short as constants allow."""
    if part == ALWAYS:
        return NEVER
    return ALWAYS if part == NEVER else No(part)
