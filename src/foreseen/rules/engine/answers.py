"""Which atoms of a field hold for a value: asked once a distinct value, then remembered."""

import random
from collections.abc import Hashable, Mapping, Sequence

import numpy as np
import pyarrow as pa

from foreseen.rules.engine.kernels import Codes, Keys, compute, texts_of
from foreseen.rules.engine.scalars import (
    COMPARED,
    address_of,
    cidr_of,
    compared,
    number_of,
    time_holds,
)
from foreseen.rules.engine.scan import SCANNED, Found, Store, scanner_of
from foreseen.rules.tree import Atom, Kind

ABSENT, NULL, PLAIN = 0, 1, 2
_LONGEST_KEPT = 65_536
_ENTRY_BYTES = 200
_ATOM_BYTES = 32


class Answers:
    """The atoms of one field. Remembering changes the speed only, never an answer.

    A *signature* is a set of atoms that hold together; values with equal signatures are the same
    to every rule. Signature ABSENT is that of a field that is not there, NULL of one that is null,
    PLAIN of a value of which nothing special holds.

    Attributes:
        sets: For each signature the numbers of its atoms.
        keys: For each signature a random number, 0 for ABSENT; sums of them name combinations.
        bytes: Estimate of what is remembered.
    """

    def __init__(
        self, atoms: Mapping[int, Atom], store: Store | None = None, *, fallback: bool = False
    ) -> None:
        """For numbered atoms about one field.

        Args:
            atoms: By number.
            store: Keeps compiled databases between runs.
            fallback: Answer without Hyperscan.
        """
        self.atoms = dict(atoms)
        kinds: dict[Kind, dict[int, Atom]] = {}
        for number, atom in atoms.items():
            kinds.setdefault(atom.kind, {})[number] = atom
        scanned = sorted((_order(a), n) for kind in SCANNED for n, a in kinds.get(kind, {}).items())
        self._scanned = [number for _, number in scanned]
        ordered = {place: atoms[number] for place, number in enumerate(self._scanned)}
        self._scanner = scanner_of(ordered, store, fallback=fallback)
        self._equal, self._equal_cased = _equals(kinds.get(Kind.EQUALS, {}))
        self._networks = [(n, cidr_of(a.text)) for n, a in kinds.get(Kind.CIDR, {}).items()]
        self._compared = {n: a for n, a in atoms.items() if a.kind in COMPARED}
        self._times = kinds.get(Kind.TIME_PART, {})
        self._nulls = frozenset(kinds.get(Kind.NULL, ()))
        self._present = frozenset(kinds.get(Kind.PRESENT, ()))
        self._base = self._present | frozenset(kinds.get(Kind.ANY, ()))
        self._random = random.Random()  # noqa: S311 (names combinations; guards no secret)
        self.forget()

    def forget(self) -> None:
        """Empty the memory."""
        self.sets: list[frozenset[int]] = []
        self.keys: Keys = np.zeros(64, np.uint64)
        self.bytes = 0
        self._numbers: dict[frozenset[int], int] = {}
        self._known: dict[str, int] = {}
        self._held: dict[Hashable, int] = {}
        self._together: dict[frozenset[int], int] = {}
        for fixed in (self._nulls, self._nulls | self._present, self._base):
            self._add(fixed)
        self._numbers[self._base] = PLAIN
        self.keys[ABSENT] = 0

    def of(self, values: Sequence[str]) -> Codes:
        """Signatures of distinct values."""
        known = self._known
        found = [known.get(value, -1) for value in values]
        new = [place for place, signature in enumerate(found) if signature < 0]
        if new:
            asked = [values[place] for place in new]
            scanned, others = self._asked(asked)
            for place, value in enumerate(asked):
                signature = self._of_held(scanned.get(place, ()), others.get(place, ()))
                found[new[place]] = signature
                if len(value) <= _LONGEST_KEPT:
                    known[value] = signature
                    self.bytes += _ENTRY_BYTES + len(value)
        return np.array(found, np.int64)

    def together(self, signatures: frozenset[int]) -> int:
        """Signature of a list by those of its elements: any element may answer an atom."""
        found = self._together.get(signatures)
        if found is None:
            atoms = frozenset().union(*(self.sets[each] for each in signatures))
            found = self._together[signatures] = self._signature(atoms)
            self.bytes += _ENTRY_BYTES + _ATOM_BYTES * len(signatures)
        return found

    def _of_held(self, scanned: Sequence[int], others: Sequence[int]) -> int:
        """Signature of a value by what a scan found and by its other atoms."""
        if not scanned and not others:
            return PLAIN
        held = (frozenset(scanned), frozenset(others)) if others else frozenset(scanned)
        number = self._held.get(held)
        if number is None:
            atoms = self._base.union(others, [self._scanned[each] for each in scanned])
            number = self._held[held] = self._signature(atoms)
            self.bytes += _ENTRY_BYTES + _ATOM_BYTES * len(atoms)
        return number

    def _signature(self, atoms: frozenset[int]) -> int:
        number = self._numbers.get(atoms)
        return self._add(atoms) if number is None else number

    def _add(self, atoms: frozenset[int]) -> int:
        number = len(self.sets)
        self.sets.append(atoms)
        self._numbers.setdefault(atoms, number)
        self.bytes += _ENTRY_BYTES + _ATOM_BYTES * len(atoms)
        if number >= len(self.keys):
            self.keys = np.concatenate((self.keys, np.zeros_like(self.keys)))
        self.keys[number] = self._random.getrandbits(64)
        return number

    def _asked(self, values: Sequence[str]) -> tuple[Found, Found]:
        """Of each value, by its place, which patterns a scan found, and its other atoms."""
        folded = texts_of(compute.utf8_lower(pa.array(values, pa.string())))
        scanned: Found = {}
        found: Found = {}
        self._scanner.scan(values, folded, scanned)
        for equal, texts in ((self._equal, folded), (self._equal_cased, values)):
            if equal:
                for place, text in enumerate(texts):
                    if text in equal:
                        found.setdefault(place, []).extend(equal[text])
        if self._networks or self._compared or self._times:
            for place, value in enumerate(values):
                found.setdefault(place, []).extend(self._read(value))
        return scanned, found

    def _read(self, value: str) -> list[int]:
        """Atoms that read the text as an address, a number or a time."""
        found = []
        address = address_of(value) if self._networks else None
        if address is not None:
            found += [number for number, holds in self._networks if holds(address)]
        amount = number_of(value) if self._compared else None
        if amount is not None:
            found += [n for n, atom in self._compared.items() if compared(atom, amount)]
        found += [number for number, atom in self._times.items() if time_holds(atom, value)]
        return found


def _order(atom: Atom) -> tuple[str, str, bool]:
    """What makes equal sets of atoms one database, whatever other rules there are."""
    return atom.kind, atom.text, atom.cased


def _equals(atoms: Mapping[int, Atom]) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    folded: dict[str, list[int]] = {}
    cased: dict[str, list[int]] = {}
    for number, atom in atoms.items():
        (cased if atom.cased else folded).setdefault(atom.text, []).append(number)
    return folded, cased
