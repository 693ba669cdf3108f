"""What a rule compiles to: atoms on fields, joined by and, or and not; equal atoms are one."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Origin(StrEnum):
    """Where the values of a field come from."""

    COLUMN = "column"
    UNMAPPED = "unmapped"
    DERIVED = "derived"


@dataclass(frozen=True, slots=True, order=True)
class Field:
    """A field as events have it.

    Attributes:
        origin: A column, a key of the JSON object in `unmapped`, or derived from columns.
        name: Column, key or name of the derivation; key `*` stands for every value of the object.
    """

    origin: Origin
    name: str


class Kind(StrEnum):
    """What an atom asks of one value; every kind but NULL is false for an absent value."""

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
        kind: What is asked.
        text: Folded literal; pattern for RE2 of WILDCARD and REGEX; network of CIDR; part of time.
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


def atoms_of(tree: Tree) -> Iterator[Atom]:
    """Every atom of a tree, repeated where it stands more than once."""
    if isinstance(tree, Atom):
        yield tree
    elif isinstance(tree, No):
        yield from atoms_of(tree.part)
    else:
        for part in tree.parts:
            yield from atoms_of(part)
