"""Hours and days, by which courses are told."""

from enum import StrEnum

from foreseen.core.errors import MalformedInputError
from foreseen.lake.rollups import HOUR_MS

_MOST_BUCKETS = 2_000


class Every(StrEnum):
    """Length of a bucket."""

    HOUR = "hour"
    DAY = "day"

    @property
    def length(self) -> int:
        """In ms."""
        return HOUR_MS if self is Every.HOUR else 24 * HOUR_MS

    def ends(self, span: tuple[int, int]) -> list[int]:
        """Ends of the buckets of a time, ms UTC; the last is the time's own.

        Raises:
            MalformedInputError: They are too many.
        """
        begin, end = span
        first = begin // self.length * self.length + self.length
        times = [*range(first, end, self.length), end]
        if len(times) > _MOST_BUCKETS:
            raise MalformedInputError(
                f"more than {_MOST_BUCKETS} buckets: ask for days, or less time"
            )
        return times
