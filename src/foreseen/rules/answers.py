"""Atoms answered for many distinct values at once, and a bounded memory of the answers."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from operator import ge, gt, le, lt
from threading import Lock

import numpy as np
import pyarrow as pa

from foreseen.rules.kernels import Array, Mask, array_of, compute, texts_of
from foreseen.rules.tree import Atom, Kind

_MEMORY_BYTES = 64 << 20
_LONGEST_KEPT = 8_192
_COMPARE = {Kind.LT: lt, Kind.LTE: le, Kind.GT: gt, Kind.GTE: ge}
_TEXT_KERNELS = {
    Kind.EQUALS: compute.equal,
    Kind.CONTAINS: compute.match_substring,
    Kind.STARTS: compute.starts_with,
    Kind.ENDS: compute.ends_with,
    Kind.WILDCARD: compute.match_substring_regex,
    Kind.REGEX: compute.match_substring_regex,
}
_TIME_KERNELS = {
    "minute": compute.minute,
    "hour": compute.hour,
    "day": compute.day,
    "week": compute.iso_week,
    "month": compute.month,
    "year": compute.year,
}


class Answers:
    """The atoms of one field. Remembering changes the speed only, never an answer."""

    def __init__(self, atoms: Sequence[Atom]) -> None:
        """For `atoms`, all of the same field and about one value each."""
        self.atoms = tuple(atoms)
        self._limit = max(1_024, _MEMORY_BYTES // max(1, len(atoms)))
        self._known: dict[str, int] = {}
        self._kept = np.zeros((0, len(self.atoms)), bool)
        self._lock = Lock()

    def of(self, values: Array) -> Mask:
        """Answers, one row a value and one column an atom. `values` are distinct, without null."""
        texts = texts_of(values)
        with self._lock:
            places = np.array([self._known.get(text, -1) for text in texts], np.int64)
            answers: Mask = np.zeros((len(texts), len(self.atoms)), bool)
            seen = places >= 0
            answers[seen] = self._kept[places[seen]]
            new = np.flatnonzero(~seen)
            if len(new):
                answers[new] = _asked(self.atoms, values.take(array_of(new)))
                self._keep([texts[i] for i in new], answers[new])
        return answers

    def _keep(self, texts: list[str], answers: Mask) -> None:
        """Remember new answers; a full memory is emptied first, so it never outgrows its limit."""
        short = [i for i, text in enumerate(texts) if len(text) <= _LONGEST_KEPT][: self._limit]
        if len(self._known) + len(short) > self._limit:
            self._known, self._kept = {}, self._kept[:0]
        start = len(self._known)
        if start + len(short) > len(self._kept):
            room = np.zeros((max(256, 2 * (start + len(short))), len(self.atoms)), bool)
            room[:start] = self._kept[:start]
            self._kept = room
        self._kept[start : start + len(short)] = answers[short]
        self._known.update((texts[i], start + place) for place, i in enumerate(short))


def _asked(atoms: Sequence[Atom], values: Array) -> Mask:
    folded = compute.utf8_lower(values)
    kinds = {atom.kind for atom in atoms}
    addresses = [_address(text) for text in texts_of(values)] if Kind.CIDR in kinds else []
    numbers = [_number(text) for text in texts_of(values)] if kinds & set(_COMPARE) else []
    answers: Mask = np.zeros((len(values), len(atoms)), bool)
    for place, atom in enumerate(atoms):
        if atom.kind in _TEXT_KERNELS:
            found = _TEXT_KERNELS[atom.kind](values if atom.cased else folded, atom.text)
            answers[:, place] = found.to_numpy(zero_copy_only=False)
        elif atom.kind is Kind.ANY:
            answers[:, place] = True
        elif atom.kind is Kind.CIDR:
            network = ip_network(atom.text)
            answers[:, place] = [each is not None and each in network for each in addresses]
        elif atom.kind is Kind.TIME_PART:
            when = values.cast(pa.int64()).cast(pa.timestamp("ms"))
            part = compute.equal(_TIME_KERNELS[atom.text](when), int(atom.number))
            answers[:, place] = part.to_numpy(zero_copy_only=False)
        else:
            holds = _COMPARE[atom.kind]
            answers[:, place] = [each is not None and holds(each, atom.number) for each in numbers]
    return answers


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """An address; IPv4 written inside IPv6 counts as IPv4, as a socket means it."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _number(text: str) -> int | float | None:
    """The number that a text writes in plain decimals, exact for whole ones."""
    whole, dot, fraction = text.removeprefix("-").partition(".")
    if not (whole.isascii() and whole.isdecimal() and len(whole) <= _LONGEST_NUMBER):
        return None
    if not dot:
        return int(text)
    return float(text) if fraction.isascii() and fraction.isdecimal() else None


_LONGEST_NUMBER = 300
