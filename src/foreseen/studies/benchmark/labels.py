"""The answers: what is known of the matches of one part. The contest has them, methods never."""

from dataclasses import dataclass, fields, replace

import numpy as np
import pyarrow as pa

from foreseen.studies.benchmark.dataset import MATCHES, Dataset, Integers, Reals, Truths

NONE = -1
"""Code of a group that is null."""


@dataclass(frozen=True, slots=True)
class Labels:
    """Matches of one part as arrays, one place a match.

    Attributes:
        rows: Rows of the data set's matches.
        names: All rules of the data set, in order of their names.
        ambiguous: Rules that figures within a rule are about; empty: all.
        rules: Place in `names`.
        malicious: Whether it is of an attack.
        weights: Matches that it stands for. Only benign ones are counted by weight: an attack that
            was seen once is one, whatever the file says of it.
        group_names: What has to be found, in order of the names.
        groups: Place in `group_names`, `NONE` without.
        clusters: Code of its cluster, the same for all parts of a data set.
        harness: Whether the recording itself made it.
    """

    rows: Integers
    names: tuple[str, ...]
    ambiguous: frozenset[str]
    rules: Integers
    malicious: Truths
    weights: Reals
    group_names: tuple[str, ...]
    groups: Integers
    clusters: Integers
    harness: Truths

    def only(self, mask: Truths) -> "Labels":
        """Those that a mask takes."""
        kept = {
            each.name: getattr(self, each.name)[mask]
            for each in fields(self)
            if each.name not in {"names", "ambiguous", "group_names"}
        }
        return replace(self, **kept)

    @property
    def benign(self) -> Truths:
        """Whether each is of no attack."""
        return np.logical_not(self.malicious)


def labels_of(data: Dataset) -> Labels:
    """The labels of all matches."""
    names, rules = np.unique(_texts(data, "rule"), return_inverse=True)
    group_names, groups = _codes(data, "group")
    return Labels(
        rows=np.arange(data.matches.num_rows, dtype=np.int64),
        names=tuple(str(name) for name in names),
        ambiguous=data.ambiguous,
        rules=rules.astype(np.int64),
        malicious=data.malicious,
        weights=data.weights,
        group_names=group_names,
        groups=groups,
        clusters=_codes(data, "cluster")[1],
        harness=np.array(data.matches["harness"].to_pylist(), bool),
    )


def blinded(data: Dataset) -> Dataset:
    """The data set as methods get it: no match is of an attack, a group or the harness."""
    matches, count = data.matches, data.matches.num_rows
    for name, nothing in (("malicious", False), ("harness", False), ("group", None)):
        place = matches.schema.get_field_index(name)
        column = pa.array([nothing] * count, MATCHES.field(name).type)
        matches = matches.set_column(place, MATCHES.field(name), column)
    return replace(data, matches=matches)


def _texts(data: Dataset, name: str) -> "np.ndarray[tuple[int], np.dtype[np.str_]]":
    return np.array(data.matches[name].to_pylist(), np.str_)


def _codes(data: Dataset, name: str) -> tuple[tuple[str, ...], Integers]:
    """Distinct texts of a column in order, and the place of each row's; `NONE` for null."""
    texts = data.matches[name].to_pylist()
    names = sorted({text for text in texts if text is not None})
    codes = {text: code for code, text in enumerate(names)}
    return tuple(names), np.array([codes.get(text, NONE) for text in texts], np.int64)
