"""What the models of all rules share: levels of back-off, and what is usual on each workload."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from foreseen.models.members import levels
from foreseen.models.members.failures import Failures
from foreseen.models.members.levels import Levels
from foreseen.models.members.pace import Pace
from foreseen.models.members.surroundings import Surroundings
from foreseen.models.members.tenure import Tenure
from foreseen.models.moments.moment import Moment


@dataclass(frozen=True, slots=True)
class Common:
    """Knowledge of workloads whatever rule matched.

    Attributes:
        levels: Whose history answers.
        surroundings: What usually happens on each workload.
        pace: How fast things happen there.
        tenure: Since when each user is known there.
        failures: How often logins fail there before one succeeds.
    """

    levels: Levels = field(default_factory=Levels)
    surroundings: Surroundings = field(default_factory=lambda: Surroundings({}))
    pace: Pace = field(default_factory=lambda: Pace({}))
    tenure: Tenure = field(default_factory=lambda: Tenure({}))
    failures: Failures = field(default_factory=lambda: Failures({}))

    @classmethod
    def fit(cls, moments: Iterable[Moment], known: Levels) -> "Common":
        """Learn from the expected matches of all rules."""
        every = list(moments)
        return cls(
            known,
            Surroundings.fit(every),
            Pace.fit(every),
            Tenure.fit(every),
            Failures.fit(every),
        )

    def dump(self) -> dict[str, object]:
        """JSON-ready."""
        return {
            "levels": self.levels.dump(),
            "surroundings": self.surroundings.dump(),
            "pace": self.pace.dump(),
            "tenure": self.tenure.dump(),
            "failures": self.failures.dump(),
        }

    @classmethod
    def load(cls, dumped: Mapping[str, Any]) -> "Common":
        """What is shared, from `dump`."""
        return cls(
            levels.load(dumped["levels"]),
            Surroundings.load(dumped["surroundings"]),
            Pace.load(dumped["pace"]),
            Tenure.load(dumped["tenure"]),
            Failures.load(dumped["failures"]),
        )
