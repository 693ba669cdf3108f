"""Atoms as patterns of Hyperscan, and which of them it may not be trusted with."""

import math
import string
from collections.abc import Mapping
from dataclasses import dataclass

from foreseen.rules.tree import Atom, Kind

#: Longest pattern given to Hyperscan, in characters; longer ones cost it too much to compile.
LONGEST_SCANNED = 1_000
_MOST_WILDCARDS = 32
_MOST_REPEATS = 1_000
_ALIKE = frozenset("dwsDWSbBnrt" + string.punctuation)
_PLAIN = frozenset(string.ascii_letters + string.digits)
_ASCII = 128
_ANCHORS = {
    Kind.CONTAINS: ("", ""),
    Kind.STARTS: ("^", ""),
    Kind.ENDS: ("", r"\z"),
}


@dataclass(frozen=True, slots=True)
class Pattern:
    """One pattern.

    Attributes:
        number: Number of the atom.
        text: Pattern in PCRE's syntax.
        flags: Names of flags, sorted.
        cased: Whether it is for text as it is, not in lower case.
    """

    number: int
    text: str
    flags: tuple[str, ...]
    cased: bool


def patterns_of(atoms: Mapping[int, Atom]) -> tuple[list[Pattern], list[int]]:
    """Patterns of atoms, and the numbers of the atoms that have to be answered another way."""
    patterns: list[Pattern] = []
    rest: list[int] = []
    for number, atom in atoms.items():
        pattern = _pattern_of(number, atom)
        if pattern is None:
            rest.append(number)
        else:
            patterns.append(pattern)
    return patterns, rest


def quoted(text: str) -> str:
    """Plain text as a pattern, for Hyperscan and for RE2."""
    return "".join(
        char if char in _PLAIN or ord(char) >= _ASCII else f"\\x{ord(char):02x}" for char in text
    )


def _pattern_of(number: int, atom: Atom) -> Pattern | None:
    if len(atom.text) > LONGEST_SCANNED or not atom.text:
        return None
    if atom.kind in _ANCHORS:
        start, end = _ANCHORS[atom.kind]
        return Pattern(number, start + quoted(atom.text) + end, ("single",), atom.cased)
    if atom.kind is Kind.WILDCARD:
        if atom.text.count(".") > _MOST_WILDCARDS:
            return None
        text = atom.text.removeprefix("(?s)")
        one_character = "." in text.replace(".*", "")  # and not one byte of several
        flags = ("dotall", "single", "utf8") if one_character else ("dotall", "single")
        return Pattern(number, text, flags, atom.cased)
    return _proposal(number, atom)


def _proposal(number: int, atom: Atom) -> Pattern | None:
    """A regular expression that matches at least what RE2 matches in ASCII text."""
    flags, text = _flags_of(atom.text)
    if "m" in flags and "^" in text:
        return None  # RE2 begins a line after a newline that ends the text, Hyperscan does not
    if not _reads_alike(text) or _repeats(text) > _MOST_REPEATS:
        return None
    if not text.isascii() and "i" in flags:
        return None  # a letter beyond ASCII may fold to one of ASCII, in each engine its own
    names = {"i": "caseless", "m": "multiline", "s": "dotall"}
    chosen = {"single", "prefilter", "empty", *(names[flag] for flag in flags)}
    chosen |= set() if text.isascii() else {"utf8"}
    return Pattern(number, text, tuple(sorted(chosen)), cased=True)


def _flags_of(pattern: str) -> tuple[str, str]:
    """Leading flags such as `(?im)`, as `values` writes them, and the pattern itself."""
    head, closed, rest = pattern.partition(")")
    if pattern.startswith("(?") and closed and set(head[2:]) <= set("ims") and head[2:]:
        return head[2:], rest
    return "", pattern


def _reads_alike(text: str) -> bool:
    """Whether both engines give every escape and group the same meaning."""
    escaped = False
    for char in text:
        if escaped and char not in _ALIKE:
            return False
        escaped = char == "\\" and not escaped
    plain_groups = text.replace("(?:", "(")
    return "(?" not in plain_groups and "[[" not in text and "[:" not in text


def _repeats(text: str) -> int:
    """What counted repeats cost to compile: their sum, their product where groups are repeated."""
    counts = []
    for part in text.split("{")[1:]:
        bounds = part.partition("}")[0].split(",")
        counts.append(max([int(b) for b in bounds if b.isdecimal()] or [1]))
    nested = any(sign in text for sign in (")*", ")+", "){", ")?"))
    return math.prod(counts) if nested else sum(counts)
