"""Many patterns over one text at once: Hyperscan, or Arrow's kernels with identical answers."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

import pyarrow as pa
import re2

from foreseen.rules.engine.kernels import compute
from foreseen.rules.engine.patterns import LONGEST_SCANNED, Pattern, patterns_of
from foreseen.rules.tree import Atom, Kind

hyperscan: Any
try:
    import hyperscan
except ImportError:  # no wheel for this machine: slower, the labels are the same
    hyperscan = None

_DIGEST = 32
_TEXT_KERNELS: Mapping[Kind, Callable[..., Any]] = {
    Kind.CONTAINS: compute.match_substring,
    Kind.STARTS: compute.starts_with,
    Kind.ENDS: compute.ends_with,
    Kind.WILDCARD: compute.match_substring_regex,
}
SCANNED = frozenset({*_TEXT_KERNELS, Kind.REGEX})

Found = dict[int, list[int]]


class Store(Protocol):
    """Keeps compiled databases between runs; what it has lost is compiled again."""

    def get(self, name: str) -> bytes | None:
        """Bytes put under a name, None if there are none."""
        ...

    def put(self, name: str, content: bytes) -> None:
        """Keep bytes under a name."""
        ...


class Scanner(Protocol):
    """Answers the atoms of one field that look into a text."""

    def scan(self, values: Sequence[str], folded: Sequence[str], found: Found) -> None:
        """Note the numbers of the atoms that hold, by the places of values.

        Args:
            values: Texts.
            folded: The same in lower case.
            found: Noted so far, extended in place; most values have none.
        """
        ...


def scanner_of(
    atoms: Mapping[int, Atom], store: Store | None = None, *, fallback: bool = False
) -> Scanner:
    """A scanner for numbered atoms of the kinds in SCANNED."""
    if fallback or hyperscan is None or not atoms:
        return ArrowScanner(atoms)
    return HyperscanScanner(atoms, store)


class ArrowScanner:
    """One kernel call an atom over all values: slow with many atoms, and needs nothing more.

    Regular expressions go to RE2 itself: Arrow's kernel takes 20 ms a text for `.{1000,}`.
    """

    def __init__(self, atoms: Mapping[int, Atom]) -> None:
        """For numbered atoms."""
        self._regexes = {n: _Regex(a.text) for n, a in atoms.items() if a.kind is Kind.REGEX}
        self._atoms = {n: a for n, a in atoms.items() if a.kind is not Kind.REGEX}

    def scan(self, values: Sequence[str], folded: Sequence[str], found: Found) -> None:
        """Note the atoms that hold."""
        for number, regex in self._regexes.items():
            for place in regex.holding(values, range(len(values))):
                found.setdefault(place, []).append(number)
        if not self._atoms:
            return
        plain, low = pa.array(values, pa.string()), pa.array(folded, pa.string())
        for number, atom in self._atoms.items():
            truth = _TEXT_KERNELS[atom.kind](plain if atom.cased else low, atom.text)
            for place in compute.indices_nonzero(truth).to_pylist():
                found.setdefault(place, []).append(number)


class HyperscanScanner:
    """Two databases, for text as it is and in lower case; a regular expression is proved by RE2.

    Hyperscan only proposes regular expressions, and only for plain ASCII, where it is never
    stricter than RE2; what it cannot hold or is no plain ASCII goes to RE2 or Arrow directly.
    """

    def __init__(self, atoms: Mapping[int, Atom], store: Store | None) -> None:
        """For numbered atoms."""
        patterns, rest = patterns_of(atoms)
        self._low = _Database([p for p in patterns if not p.cased], store)
        self._plain = _Database([p for p in patterns if p.cased], store)
        rest += self._low.refused + self._plain.refused
        self._arrow = ArrowScanner({number: atoms[number] for number in rest})
        self._proposed = {
            number: _Regex(atom.text)
            for number, atom in atoms.items()
            if atom.kind is Kind.REGEX and number not in set(rest)
        }

    def scan(self, values: Sequence[str], folded: Sequence[str], found: Found) -> None:
        """Note the atoms that hold."""
        self._low.scan(folded, found)
        self._arrow.scan(values, folded, found)
        if self._plain.ready:
            for number, places in self._proposals(values, found).items():
                for place in self._proposed[number].holding(values, places):
                    found.setdefault(place, []).append(number)

    def _proposals(self, values: Sequence[str], found: Found) -> dict[int, list[int]]:
        """Places of values by the regular expression that may hold; notes what holds for sure."""
        cased: Found = {}
        self._plain.scan(values, cased)
        places: dict[int, list[int]] = {}
        for place, numbers in cased.items():
            for number in numbers:
                if number not in self._proposed:
                    found.setdefault(place, []).append(number)
                elif _is_plain(values[place]):
                    places.setdefault(number, []).append(place)
        odd = [place for place, value in enumerate(values) if not _is_plain(value)]
        for number in self._proposed if odd else ():
            places.setdefault(number, []).extend(odd)
        return places


class _Regex:
    """A regular expression of RE2; a set of one, which answers without saying where it matched."""

    def __init__(self, text: str) -> None:
        self._set = re2.Set.SearchSet()
        self._set.Add(text)
        self._set.Compile()

    def holding(self, values: Sequence[str], places: Iterable[int]) -> list[int]:
        """Those of some places whose value it is found in."""
        match = self._set.Match
        return [place for place in places if match(values[place])]


def _is_plain(value: str) -> bool:
    """Whether both engines read every character alike."""
    return value.isascii() and "\v" not in value


class _Database:
    """A compiled database; patterns that Hyperscan refuses are left to others."""

    def __init__(self, patterns: Sequence[Pattern], store: Store | None) -> None:
        self.refused: list[int] = []
        self._database: Any = None
        if patterns:
            self._database = self._kept(patterns, store) or self._compiled(patterns, store)

    @property
    def ready(self) -> bool:
        """Whether there is anything to scan for."""
        return self._database is not None

    def scan(self, values: Sequence[str], found: Found) -> None:
        """Note the patterns that match, by the places of values."""
        if self._database is None:
            return
        matched: list[int] = []

        def hit(number: int, _from: int, _to: int, _flags: int, _context: object) -> None:
            matched.append(number)

        scan = self._database.scan
        for place, value in enumerate(values):
            scan(value.encode(), hit)
            if matched:
                if place in found:
                    found[place] += matched
                else:
                    found[place] = matched.copy()
                matched.clear()

    def _kept(self, patterns: Sequence[Pattern], store: Store | None) -> Any:  # noqa: ANN401 (hyperscan has no types)
        content = None if store is None else store.get(_name(patterns))
        if content is None or hashlib.sha256(content[_DIGEST:]).digest() != content[:_DIGEST]:
            return None
        try:
            database = hyperscan.loadb(content[_DIGEST:], hyperscan.HS_MODE_BLOCK)
            database.scratch = hyperscan.Scratch(database)
        except hyperscan.error:  # compiled on another processor: compiled again
            return None
        return database

    def _compiled(self, patterns: Sequence[Pattern], store: Store | None) -> Any:  # noqa: ANN401
        try:
            database = _compile(patterns)
        except hyperscan.error:
            accepted = [pattern for pattern in patterns if _is_accepted(pattern)]
            kept = {pattern.number for pattern in accepted}
            self.refused = [p.number for p in patterns if p.number not in kept]
            return _compile(accepted) if accepted else None
        if store is not None:
            content = bytes(hyperscan.dumpb(database))
            store.put(_name(patterns), hashlib.sha256(content).digest() + content)
        return database


def _compile(patterns: Sequence[Pattern]) -> Any:  # noqa: ANN401
    database = hyperscan.Database()
    flags = {
        "single": hyperscan.HS_FLAG_SINGLEMATCH,
        "dotall": hyperscan.HS_FLAG_DOTALL,
        "utf8": hyperscan.HS_FLAG_UTF8,
        "prefilter": hyperscan.HS_FLAG_PREFILTER,
        "caseless": hyperscan.HS_FLAG_CASELESS,
        "multiline": hyperscan.HS_FLAG_MULTILINE,
        "empty": hyperscan.HS_FLAG_ALLOWEMPTY,
    }
    database.compile(
        expressions=[pattern.text.encode() for pattern in patterns],
        ids=[pattern.number for pattern in patterns],
        flags=[sum(flags[name] for name in pattern.flags) for pattern in patterns],
    )
    return database


def _is_accepted(pattern: Pattern) -> bool:
    try:
        _compile([pattern])
    except hyperscan.error:
        return False
    return True


def _name(patterns: Sequence[Pattern]) -> str:
    digest = hashlib.sha256(f"{hyperscan.__version__} {LONGEST_SCANNED}".encode())
    for pattern in patterns:
        digest.update(repr(pattern).encode("utf-8", "backslashreplace"))
    return f"{digest.hexdigest()}.hs"
