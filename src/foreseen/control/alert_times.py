"""How long it takes to detect, to know and to respond: distributions by rule and month.

Detected: from the event until its alert was raised. Known: from there until a person said what it
was, dismissed or escalated, in the word that stands. Responded: from there until an escalated alert
was resolved. All are computed from recorded moments, when these are recorded; a word that is taken
back takes its time out again.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from math import ceil, log

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from foreseen.control.adding import add
from foreseen.control.alert_tables import AlertTimeRow
from foreseen.control.database import reading
from foreseen.core.ids import TenantId

STEP = 1.25
"""Ratio of a bucket's upper end to the one before: a quantile is right to within that."""

_MILLI = 1_000
_LONGEST_BUCKET = 100


class Measure(StrEnum):
    """What is timed."""

    DETECT = "detect"
    KNOW = "know"
    RESPOND = "respond"


@dataclass(frozen=True, slots=True)
class Took:
    """How long one alert took.

    Attributes:
        measure: What.
        rule: The alert's.
        raised: When it was raised, ms UTC: its month.
        millis: How long, ms; a clock that was set back meanwhile counts as no time.
        count: 1, or -1 to take it out again.
    """

    measure: Measure
    rule: str
    raised: int
    millis: int
    count: int = 1


@dataclass(frozen=True, slots=True)
class Distribution:
    """Times of one measure, rule and month.

    Attributes:
        measure: What was timed.
        month: As `2026-11`.
        rule: The rule.
        buckets: Alerts by upper end, seconds.
        seconds: All together.
    """

    measure: Measure
    month: str
    rule: str
    buckets: Mapping[float, int]
    seconds: float

    @property
    def count(self) -> int:
        """Alerts."""
        return sum(self.buckets.values())

    @property
    def mean(self) -> float:
        """Seconds."""
        return self.seconds / self.count if self.count else 0.0

    def quantile(self, share: float) -> float:
        """Upper end, seconds, of the bucket in which this share of alerts is reached."""
        wanted, reached = ceil(share * self.count - 1e-9), 0  # 3/7 of 7 are 3, whatever floats say
        for end in sorted(self.buckets):
            reached += self.buckets[end]
            if reached >= wanted:
                return end
        return 0.0


def take_times(session: Session, tenant: TenantId, times: Iterable[Took]) -> None:
    """Count times in the caller's transaction."""
    counts: Counter[tuple[str, str, str, int]] = Counter()
    sums: defaultdict[tuple[str, str, str, int], float] = defaultdict(float)
    for took in times:
        seconds = max(took.millis, 0) / _MILLI
        key = (_month(took.raised), took.measure.value, took.rule, bucket_of(seconds))
        counts[key] += took.count
        sums[key] += took.count * seconds
    names = ("month", "measure", "rule", "bucket")
    rows = [
        {
            "tenant": tenant,
            **dict(zip(names, key, strict=True)),
            "alerts": count,
            "seconds": sums[key],
        }
        for key, count in counts.items()
    ]
    add(session, AlertTimeRow, rows)


def distributions(
    engine: Engine,
    tenant: TenantId,
    *,
    months: tuple[str, str] | None = None,
    rule: str | None = None,
) -> list[Distribution]:
    """Times of a tenant's alerts by measure, month and rule.

    Args:
        engine: The control database.
        tenant: Whose.
        months: From the first to the last, both included, as `2026-11`; None: all.
        rule: Of this one only.
    """
    query = select(AlertTimeRow).where(AlertTimeRow.tenant == tenant, AlertTimeRow.alerts > 0)
    if months is not None:
        query = query.where(AlertTimeRow.month.between(*months))
    if rule is not None:
        query = query.where(AlertTimeRow.rule == rule)
    order = (AlertTimeRow.measure, AlertTimeRow.month, AlertTimeRow.rule, AlertTimeRow.bucket)
    grouped: dict[tuple[str, str, str], list[AlertTimeRow]] = {}
    with reading(engine) as session:
        for row in session.scalars(query.order_by(*order)):
            grouped.setdefault((row.measure, row.month, row.rule), []).append(row)
    return [_distribution(key, rows) for key, rows in grouped.items()]


def over_all_rules(engine: Engine, tenant: TenantId, months: tuple[str, str]) -> list[Distribution]:
    """Times of a tenant's alerts by measure alone, raised in months from the first to the last.

    The database adds up: there are as many histograms as rules and months.
    """
    columns = (AlertTimeRow.measure, AlertTimeRow.bucket)
    query = (
        select(*columns, func.sum(AlertTimeRow.alerts), func.sum(AlertTimeRow.seconds))
        .where(
            AlertTimeRow.tenant == tenant,
            AlertTimeRow.alerts > 0,
            AlertTimeRow.month.between(*months),
        )
        .group_by(*columns)
        .order_by(*columns)
    )
    buckets: dict[str, dict[float, int]] = {}
    sums: defaultdict[str, float] = defaultdict(float)
    with reading(engine) as session:
        for measure, bucket, alerts, seconds in session.execute(query):
            buckets.setdefault(measure, {})[STEP**bucket] = int(alerts)
            sums[measure] += seconds
    return [
        Distribution(Measure(name), "", "", counts, sums[name]) for name, counts in buckets.items()
    ]


def together(parts: Sequence[Distribution], month: str, rule: str) -> Distribution:
    """Several distributions of one measure as one."""
    buckets: dict[float, int] = {}
    for part in parts:
        for end, count in part.buckets.items():
            buckets[end] = buckets.get(end, 0) + count
    return Distribution(parts[0].measure, month, rule, buckets, sum(p.seconds for p in parts))


def _distribution(key: tuple[str, str, str], rows: Sequence[AlertTimeRow]) -> Distribution:
    measure, month, rule = key
    buckets = {STEP**row.bucket: row.alerts for row in rows}
    return Distribution(Measure(measure), month, rule, buckets, sum(row.seconds for row in rows))


def bucket_of(seconds: float) -> int:
    """Number of the first bucket that is long enough: `STEP` to that power is its end, seconds."""
    return min(ceil(log(seconds, STEP) - 1e-9), _LONGEST_BUCKET) if seconds > 1 else 0


def _month(time: int) -> str:
    return datetime.fromtimestamp(time / _MILLI, UTC).strftime("%Y-%m")
