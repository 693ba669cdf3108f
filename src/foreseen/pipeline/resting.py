"""Sources and streams of which nothing came for long: what is remembered of them goes.

Time is counted in days on which the log was told the time, by its ticks. So nothing depends on how
the input is cut or divided among shards, and a clock that jumps, or a server that was off for a
year, counts as one day.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from foreseen.pipeline.lineage import ProcessCache
from foreseen.schema.arrow import texts

REST = 30
"""Days without an event after which windows, processes and open records are forgotten."""

_DAY = 86_400_000

Name = TypeVar("Name", str, tuple[str, str])


@dataclass(slots=True)
class Heard:
    """When something came last, counted in days.

    Attributes:
        day: The day of the last tick, since 1970; -1: there was none.
        days: How often a tick was of another day than the one before.
        sources: By format and source the count at its last lines.
        streams: By stream the count at its last event.
    """

    day: int = -1
    days: int = 0
    sources: dict[tuple[str, str], int] = field(default_factory=dict)
    streams: dict[str, int] = field(default_factory=dict)

    def begins_day(self, now: int) -> bool:
        """Whether a tick, ms UTC, is of another day than the last one."""
        return now // _DAY != self.day

    def resting_sources(self, named: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """Those of the sources that rest as soon as the day begins, in order."""
        return [key for key in sorted(named) if self._rests(self.sources, key)]

    def resting_streams(self, named: Iterable[str]) -> set[str]:
        """Those of the streams that rest as soon as the day begins."""
        return {stream for stream in sorted(named) if self._rests(self.streams, stream)}

    def next_day(self, now: int, sources: Collection[tuple[str, str]]) -> None:
        """The day of a tick, ms UTC, has begun; these sources are still remembered."""
        self.day = now // _DAY
        self.days += 1
        self.sources = {key: days for key, days in self.sources.items() if key in sources}

    def _rests(self, heard: dict[Name, int], name: Name) -> bool:
        """What a snapshot does not tell of (older ones tell of nothing) counts as heard now."""
        return self.days + 1 - heard.setdefault(name, self.days) > REST


def forget(heard: Heard, tail: pa.Table, processes: ProcessCache) -> pa.Table:
    """The tail without streams that rest; their processes, and when they were heard, go as well.

    The day that begins is still to be counted.
    """
    hosts = {f"{host}/{boot}": (host, boot) for host, boot in processes.hosts}
    gone = heard.resting_streams({*heard.streams, *hosts, *texts(tail, "stream")})
    for stream in hosts.keys() & gone:
        del processes.hosts[hosts[stream]]
    # Made anew: a dict does not give back the memory of names that are deleted.
    heard.streams = {name: days for name, days in heard.streams.items() if name not in gone}
    return tail.filter(pc.invert(pc.is_in(tail["stream"], pa.array(sorted(gone), pa.string()))))
