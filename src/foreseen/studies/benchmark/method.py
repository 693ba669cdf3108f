"""What a method is: fitted on train, may look at cal, and never at a label."""

from dataclasses import dataclass
from typing import Protocol

from foreseen.studies.benchmark.dataset import Dataset, Reals


@dataclass(frozen=True, slots=True)
class Scored:
    """A method's answer.

    Attributes:
        scores: For each match of the data set how little it was expected: higher means alert
            sooner. NaN for matches of train that the method gives no score, and infinite for those
            that it always alerts on.
        threshold: Scores above it alert. None: the benchmark sets it on cal, pooled over all rules,
            to the share of expected matches that may alert.
    """

    scores: Reals
    threshold: float | None = None


class Method(Protocol):
    """A way to tell the expected from the unexpected."""

    name: str

    def __call__(self, data: Dataset, *, budget: float, seed: int) -> Scored:
        """Score the matches of a data set.

        Args:
            data: Labels in it are not for methods.
            budget: Share of expected matches that may alert, for methods with a threshold.
            seed: The same seed and data give the same scores.
        """
        ...
