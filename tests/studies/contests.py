"""Small data sets and methods for tests of the benchmark."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from foreseen.studies.benchmark.dataset import CALIBRATE, EVENTS, MATCHES, TEST, Dataset
from foreseen.studies.benchmark.method import Scored

NAN, INF = float("nan"), float("inf")


@dataclass(frozen=True)
class Match:
    """One match, with the score that the method of a test gives it."""

    score: float
    part: str = TEST
    rule: str = "curl"
    malicious: bool = False
    group: str | None = None
    cluster: str = "s1"
    harness: bool = False
    weight: float = 1.0


@dataclass
class Told:
    """A method that says what a test told it, or raises; it keeps what it was given."""

    name: str
    scores: Sequence[float]
    threshold: float | None = None
    error: Exception | None = None
    given: list[tuple[Dataset, float, int]] = field(default_factory=list)

    def __call__(self, data: Dataset, *, budget: float, seed: int) -> Scored:
        """The scores."""
        self.given.append((data, budget, seed))
        if self.error:
            raise self.error
        return Scored(np.array(self.scores, np.float64), self.threshold)


def dataset(rows: Sequence[Match], ambiguous: frozenset[str] = frozenset()) -> Dataset:
    """A data set of matches, an event each."""
    count = len(rows)
    events = {
        "time": list(range(count)),
        "workload": ["web"] * count,
        "session": [row.cluster for row in rows],
        "token": [row.rule for row in rows],
    }
    same = ("rule", "part", "malicious", "group", "cluster", "harness", "weight")
    matches = {name: [getattr(row, name) for row in rows] for name in same}
    matches["event"] = list(range(count))
    columns = {name: matches.get(name, [None] * count) for name in MATCHES.names}
    return Dataset(
        "made",
        pa.table(events, schema=EVENTS),
        pa.table(columns, schema=MATCHES),
        ambiguous,
    )


def told(name: str, rows: Sequence[Match], threshold: float | None = None) -> Told:
    """The method that gives each match its own score."""
    return Told(name, [row.score for row in rows], threshold)


def history(count: int = 99, **about: object) -> list[Match]:
    """Matches of calibration with the scores 1, 2, 3 and so on."""
    return [Match(float(n), CALIBRATE, **about) for n in range(1, count + 1)]  # type: ignore[arg-type]
