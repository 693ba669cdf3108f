"""What rules did over time, from the rollups: matches, and those alerted and suppressed."""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow.compute as pc

from foreseen.core.decisions import Outcome
from foreseen.core.ids import TenantId
from foreseen.lake.asking.rollup_reads import Chart, counts
from foreseen.lake.lake import Lake
from foreseen.lake.rollups import HOUR_MS, Counted
from foreseen.schema.arrow import AnyChunks


@dataclass(frozen=True, slots=True)
class Course:
    """Matches of a rule, a value a span, the earliest first; what was not judged is history."""

    matches: list[int]
    alerted: list[int]
    suppressed: list[int]


@dataclass(frozen=True, slots=True)
class Spans:
    """A time of whole hours, cut into equal spans; an hour belongs to the span that it begins in.

    Attributes:
        since: Its beginning, ms UTC, at the beginning of an hour.
        until: Its end, which is not in it, ms UTC, at the beginning of an hour.
        number: Into how many spans it is cut.
    """

    since: int
    until: int
    number: int

    @classmethod
    def before(cls, end: int, hours: int, number: int) -> "Spans":
        """So many hours up to the one that a time is in."""
        until = -(-end // HOUR_MS) * HOUR_MS
        return cls(until - hours * HOUR_MS, until, number)

    def of(self, hours: AnyChunks) -> AnyChunks:
        """Number of the span that each hour is in, from 0."""
        begun = pc.multiply(pc.subtract(hours, self.since), self.number)
        return pc.divide(begun, self.until - self.since)


def rule_courses(lake: Lake, tenant: TenantId, spans: Spans) -> Mapping[str, Course]:
    """What became of the matches of each rule that had one in a time; no event is read."""
    found: dict[str, Course] = {}

    def course(rule: str) -> Course:
        return found.setdefault(rule, Course(*([0] * spans.number for _ in range(3))))

    for (rule,), span, count in _counted(lake, tenant, spans, Counted.MATCHES, "rule_id"):
        course(rule).matches[span] = count
    outcomes = _counted(lake, tenant, spans, Counted.DECISIONS, "rule_id", "outcome")
    for (rule, outcome), span, count in outcomes:
        own = course(rule)
        values = own.alerted if outcome == Outcome.ALERTED.value else own.suppressed
        values[span] += count
    return found


def _counted(
    lake: Lake, tenant: TenantId, spans: Spans, counted: Counted, *by: str
) -> list[tuple[tuple[str, ...], int, int]]:
    """Values of some dimensions, a span, and how many were counted there."""
    chart = Chart(counted, by, spans.since, spans.until, HOUR_MS)
    hours = counts(lake, tenant, chart)
    placed = hours.append_column("span", spans.of(hours["time"]))
    sums = placed.group_by([*by, "span"]).aggregate([("count", "sum")])
    columns = (sums[name].to_pylist() for name in (*by, "span", "count_sum"))
    return [(row[:-2], row[-2], row[-1]) for row in zip(*columns, strict=True)]
