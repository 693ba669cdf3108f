"""For how long a user has been known on a workload, whatever rule they tripped."""

from collections.abc import Iterable, Mapping
from math import log2
from typing import Any

from foreseen.models.moments.moment import Moment

SETTLED = 30.0
"""Days after which a user is no longer new."""

_DAY = 86_400_000
_LEAST = 1 / 24
"""Days that a user who was first seen just now counts for."""


class Tenure:
    """When each user was first seen on each workload."""

    def __init__(self, first: Mapping[str, Mapping[str, int]]) -> None:
        """Times in ms UTC by workload and user."""
        self._first = {workload: dict(users) for workload, users in first.items()}

    @classmethod
    def fit(cls, moments: Iterable[Moment]) -> "Tenure":
        """Learn from expected matches of all rules."""
        first: dict[str, dict[str, int]] = {}
        for moment in moments:
            users = first.setdefault(moment.workload, {})
            users[moment.who] = min(users.get(moment.who, moment.time), moment.time)
        return cls({name: dict(sorted(users.items())) for name, users in sorted(first.items())})

    def days(self, moment: Moment) -> float | None:
        """Days since the user of a match was first seen on its workload; None: never."""
        first = self._first.get(moment.workload, {}).get(moment.who)
        return None if first is None else max(moment.time - first, 0) / _DAY

    def bits(self, moment: Moment) -> float:
        """0 for a settled user, more the newer, most for one never seen."""
        days = self.days(moment)
        known = 0.0 if days is None else min(max(days, _LEAST), SETTLED)
        return log2(SETTLED / known) if known else log2(SETTLED / _LEAST) + 1

    def dump(self) -> dict[str, dict[str, int]]:
        """JSON-ready times."""
        return self._first

    @classmethod
    def load(cls, dumped: Mapping[str, Any]) -> "Tenure":
        """Tenure from `dump`."""
        return cls(
            {
                str(name): {str(user): int(first) for user, first in users.items()}
                for name, users in dumped.items()
            }
        )
