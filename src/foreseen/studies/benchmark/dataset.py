"""A data set as every method gets it: events in time order, matches of rules, and their labels."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from foreseen.models.moments.moment import Moment

Integers = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]
Truths = npt.NDArray[np.bool_]

TRAIN, CALIBRATE, TEST = "train", "cal", "test"
PARTS = (TRAIN, CALIBRATE, TEST)

_EVENTS: "list[pa.Field[Any]]" = [
    pa.field("time", pa.int64(), nullable=False),  # ms UTC, ascending
    pa.field("workload", pa.string(), nullable=False),
    pa.field("session", pa.string()),  # windows do not reach beyond it; null: the workload's
    pa.field("token", pa.string(), nullable=False),  # what happened, folded, in a few words
]
_MATCHES: "list[pa.Field[Any]]" = [
    pa.field("event", pa.int64(), nullable=False),  # row of the event that matched, ascending
    pa.field("rule", pa.string(), nullable=False),
    pa.field("part", pa.string(), nullable=False),  # train, cal or test
    pa.field("malicious", pa.bool_(), nullable=False),
    pa.field("group", pa.string()),  # what has to be found at least once; null if benign
    pa.field("cluster", pa.string(), nullable=False),  # what the bootstrap draws: session, net
    pa.field("harness", pa.bool_(), nullable=False),  # of the recording itself, nobody's work
    pa.field("weight", pa.float64(), nullable=False),  # matches that this one stands for
    pa.field("user", pa.string()),
    pa.field("parent", pa.string()),
    pa.field("child", pa.string()),
    pa.field("command", pa.string()),
    pa.field("parent_command", pa.string()),
    pa.field("ancestry", pa.list_(pa.string())),  # images above it, nearest first
    pa.field("uid", pa.string()),  # name of its moment
]
EVENTS, MATCHES = pa.schema(_EVENTS), pa.schema(_MATCHES)


@dataclass(frozen=True, slots=True)
class Dataset:
    """Labelled matches and the events around them.

    Attributes:
        name: For people and reports.
        events: Rows of `EVENTS`, in order of time.
        matches: Rows of `MATCHES`, in order of their events; rules are fixed by the loader.
        ambiguous: Rules that the figures within a rule are about; empty: all rules.
        moments: Matches by `uid` as the product's own pipeline saw them; empty where another
            recorder's events were given, of which a method makes what it can.
    """

    name: str
    events: pa.Table
    matches: pa.Table
    ambiguous: frozenset[str] = frozenset()
    moments: Mapping[str, Moment] = field(default_factory=dict)

    def of_part(self, part: str) -> Integers:
        """Rows of the matches of one part, ascending."""
        return np.flatnonzero(self.column("part") == part)

    def column(self, name: str) -> npt.NDArray[np.object_]:
        """A text column of the matches; null is None."""
        return np.array(self.matches[name].to_pylist(), object)

    @property
    def malicious(self) -> Truths:
        """Whether each match is of an attack."""
        return np.array(self.matches["malicious"].to_pylist(), bool)

    @property
    def weights(self) -> Reals:
        """How many matches each one stands for."""
        return np.array(self.matches["weight"].to_pylist(), np.float64)
