"""Sums of the rollups for overviews: all that is counted, by all but the hour, read once."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from foreseen.core.decisions import Outcome
from foreseen.lake.asking.narrowed import Asker, narrowed
from foreseen.lake.rollups import HOUR_MS, Counted

_SUMS = """
    SELECT counted, workload, rule_id, outcome, basis, source, reason,
        sum(count)::BIGINT AS count, sum(bytes)::BIGINT AS bytes,
        min(time) AS first_hour, max(time) AS last_hour
    FROM rollups WHERE counted <> 'hosts' AND {within}
    GROUP BY ALL HAVING sum(count) <> 0 ORDER BY ALL"""
_HOSTS = """
    SELECT workload, host, sum(count)::BIGINT AS count, max(time) AS last_hour FROM rollups
    WHERE counted = 'hosts' AND {within}
    GROUP BY ALL HAVING sum(count) <> 0"""
_BY_WORKLOAD = f"""
    WITH each AS ({_HOSTS})
    SELECT workload, count(*) AS hosts, max(last_hour) AS last_hour,
        count(*) FILTER (last_hour < $silent) AS silent FROM each GROUP BY workload"""  # noqa: S608 (of ours)
_HOSTS_OF = f"""
    WITH each AS ({_HOSTS.replace("GROUP BY", "AND workload = $workload GROUP BY")})
    SELECT * FROM each ORDER BY last_hour DESC NULLS LAST, host LIMIT $most"""  # noqa: S608 (of ours)
_BUCKETS = """
    SELECT (time // {bucket}) * {bucket} AS time, counted, outcome, sum(count)::BIGINT AS count
    FROM rollups WHERE counted IN ('events', 'matches', 'decisions') AND workload = $workload
        AND time IS NOT NULL AND {within}
    GROUP BY ALL HAVING sum(count) <> 0 ORDER BY ALL"""

_BY_HOUR = """
    SELECT time, sum(count)::BIGINT AS count, sum(bytes)::BIGINT AS bytes
    FROM rollups WHERE counted = 'events' AND time IS NOT NULL AND {within}
    GROUP BY time HAVING sum(count) <> 0 ORDER BY time"""


@dataclass(frozen=True, slots=True)
class Within:
    """A range of whole hours, ms UTC; without both ends also what has no time is counted."""

    since: int | None = None
    until: int | None = None

    @classmethod
    def around(cls, since: int | None, until: int | None) -> "Within":
        """The whole hours that a range touches."""
        first = None if since is None else since // HOUR_MS * HOUR_MS
        return cls(first, None if until is None else -(-until // HOUR_MS) * HOUR_MS)

    @property
    def sql(self) -> str:
        """As a condition."""
        told = [f"time >= {self.since}"] if self.since is not None else []
        told += [f"time < {self.until}"] if self.until is not None else []
        return " AND ".join(told) or "true"


@dataclass(frozen=True, slots=True)
class Summed:
    """Rows of `_SUMS`: what was counted, by everything but the hour."""

    rows: Sequence[dict[str, Any]]

    def of(self, counted: Counted, **fixed: object) -> Iterator[dict[str, Any]]:
        """Those of one kind, and with these values."""
        for row in self.rows:
            if row["counted"] == counted and all(row[k] == v for k, v in fixed.items()):
                yield row

    def total(self, counted: Counted, measure: str = "count", **fixed: object) -> int:
        """All of one kind together."""
        return sum(row[measure] or 0 for row in self.of(counted, **fixed))

    def by(self, counted: Counted, *names: str, **fixed: object) -> Counter[tuple[str, ...]]:
        """How many by some dimensions."""
        found: Counter[tuple[str, ...]] = Counter()
        for row in self.of(counted, **fixed):
            found[tuple(row[name] or "" for name in names)] += row["count"]
        return found

    @property
    def outcomes(self) -> dict[str, int]:
        """Matches by what was decided of them."""
        found = self.by(Counted.DECISIONS, "outcome")
        return {each.value: found[each.value,] for each in Outcome}


@dataclass(frozen=True, slots=True)
class Hosts:
    """Machines of a workload.

    Attributes:
        hosts: How many told anything.
        silent: How many of them have been silent since some time.
        last_hour: Begin of the last hour in which one told something, ms UTC.
    """

    hosts: int
    silent: int
    last_hour: int | None


@dataclass(frozen=True, slots=True)
class Host:
    """A machine: its events, and the begin of the last hour with one, ms UTC."""

    name: str
    events: int
    last_hour: int | None


@dataclass(frozen=True, slots=True)
class Bucket:
    """What was counted of a workload from a time on, ms UTC."""

    time: int
    events: int
    matches: int
    suppressed: int
    alerted: int


def sums(asker: Asker, within: Within, silent: int) -> tuple[Summed, dict[str, Hosts]]:
    """All sums, and the machines of each workload.

    Args:
        asker: Who asks.
        within: Of which hours.
        silent: A machine without an event from this time on is silent, ms UTC.

    Raises:
        TooSlowError: Its time was over.
    """
    with narrowed(asker) as asked:
        asked.show("rollups", "rollups")
        rows = asked.records(_SUMS.format(within=within.sql), {})
        hosts = asked.records(_BY_WORKLOAD.format(within=within.sql), {"silent": silent})
    machines = {
        row["workload"] or "": Hosts(row["hosts"], row["silent"], row["last_hour"]) for row in hosts
    }
    return Summed(rows), machines


def events_by_hour(asker: Asker, within: Within) -> list[dict[str, Any]]:
    """Events and their bytes by hour, the oldest first: `time`, `count` and `bytes`.

    Raises:
        TooSlowError: Its time was over.
    """
    with narrowed(asker) as asked:
        asked.show("rollups", "rollups")
        return asked.records(_BY_HOUR.format(within=within.sql), {})


def course(
    asker: Asker,
    workload: str,
    within: Within,
    bucket: int,
    *,
    most_hosts: int,
) -> tuple[list[Bucket], list[Host]]:
    """What was counted of a workload over time, and its machines, those heard last first.

    Args:
        asker: Who asks.
        workload: Its name.
        within: Of which hours.
        bucket: Length of a bucket, ms, whole hours.
        most_hosts: Most machines.

    Raises:
        TooSlowError: Its time was over.
    """
    with narrowed(asker) as asked:
        asked.show("rollups", "rollups", {"workload": (workload, workload)})
        values: dict[str, object] = {"workload": workload}
        rows = asked.records(_BUCKETS.format(bucket=bucket, within=within.sql), values)
        hosts = asked.records(_HOSTS_OF.format(within=within.sql), {**values, "most": most_hosts})
    machines = [Host(row["host"] or "", row["count"], row["last_hour"]) for row in hosts]
    return _buckets(rows), machines


def _buckets(rows: Sequence[dict[str, Any]]) -> list[Bucket]:
    found: dict[int, Counter[str]] = {}
    for row in rows:
        counts = found.setdefault(row["time"], Counter())
        counts[row["outcome"] or row["counted"]] += row["count"]
    return [
        Bucket(
            time,
            counts[Counted.EVENTS],
            counts[Counted.MATCHES],
            counts[Outcome.SUPPRESSED],
            counts[Outcome.ALERTED],
        )
        for time, counts in sorted(found.items())
    ]
