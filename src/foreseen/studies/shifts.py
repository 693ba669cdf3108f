"""How often, where and how surely rules match lately, beside when their models learned.

What a model was fitted on is told by the accepted time: matches of it that are still retained.
Lately is what came after it, in the days that a review looks at. Where matches come from is
compared by the population stability index, the sum over workloads of (now - then) ln(now / then):
below 0.1 nothing has shifted, above 0.25 much has.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from foreseen.core.ids import TenantId
from foreseen.lake.lake import Lake
from foreseen.models.calibration import Calibration

LEAST = 50
"""Matches on either side below which shares of them say nothing."""

BINS = 10

_DAY = 24 * 60 * 60 * 1000
_ADDED = 0.5  # to each count: the index has no value where one side has none

Counts = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shift:
    """One rule's matches when its model learned, and lately.

    Attributes:
        learned: Matches of the accepted time.
        lately: Matches since then, in the days that are looked at.
        days_before: From the first retained match of any rule to the end of the accepted time.
        days: From the begin of lately to the last match of any rule.
        places: Population stability index of their workloads; None with too few on a side.
    """

    learned: int
    lately: int
    days_before: float
    days: float
    places: float | None


@dataclass(frozen=True, slots=True)
class Spread:
    """Probabilities lately beside those of the calibration, all rules together.

    Attributes:
        upto: Upper ends of the bins, which hold a tenth of the calibration each as far as its steps
            allow.
        calibrated: Share of the calibrating matches in each bin.
        lately: Share of the matches that were judged lately.
        judged: How many these are.
        stability: Population stability index of both; None with too few on a side.
    """

    upto: tuple[float, ...]
    calibrated: tuple[float, ...]
    lately: tuple[float, ...]
    judged: int
    stability: float | None


def shifts(lake: Lake, tenant: TenantId, accepted: int, since: int) -> Mapping[str, Shift]:
    """By rule what has shifted since its model learned.

    Args:
        lake: Matches.
        tenant: Whose.
        accepted: End of the accepted time, ms UTC.
        since: Where lately begins, ms UTC; what was accepted is never of it.
    """
    rows = lake.read("matches", ["rule_id", "workload", "time"], pc.field("tenant") == tenant)
    if not rows.num_rows:
        return {}
    times = rows.column("time").to_numpy()
    since = max(since, accepted)
    before, after = times < accepted, times >= since
    days = (
        (accepted - float(times[before].min())) / _DAY if before.any() else 0.0,
        (float(times[after].max()) - since) / _DAY if after.any() else 0.0,
    )
    learned, lately = (_by_workload(rows.filter(pa.array(side))) for side in (before, after))
    return {rule: _shift(learned, lately, rule, days) for rule in sorted({*learned, *lately})}


def spread_of(calibration: Calibration, judged: Counts) -> Spread:
    """How probabilities lie lately, beside what calibrated them.

    Args:
        calibration: Scores of expected matches, which probabilities are shares of.
        judged: Probabilities of expected matches that were judged lately.
    """
    known = calibration.shares_without(calibration.scores)
    tenths = np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1]) if len(known) else known
    upto = np.unique([*tenths.tolist(), 1.0])
    before, now = (
        np.bincount(np.searchsorted(upto, each), minlength=len(upto)).astype(np.float64)
        for each in (known, np.nan_to_num(judged, nan=0.0))
    )
    return Spread(
        upto=tuple(upto.tolist()),
        calibrated=_shares(before),
        lately=_shares(now),
        judged=len(judged),
        stability=_stability(before, now),
    )


_Places = Mapping[str, Mapping[str, int]]


def _by_workload(rows: pa.Table) -> _Places:
    """Matches by rule and workload."""
    found: dict[str, dict[str, int]] = {}
    counted = rows.group_by(["rule_id", "workload"]).aggregate([([], "count_all")])
    for row in counted.to_pylist():
        found.setdefault(row["rule_id"], {})[row["workload"]] = row["count_all"]
    return found


def _shift(learned: _Places, lately: _Places, rule: str, days: tuple[float, float]) -> Shift:
    before, now = learned.get(rule, {}), lately.get(rule, {})
    names = sorted({*before, *now})
    sides = [np.array([side.get(name, 0) for name in names], np.float64) for side in (before, now)]
    totals = [int(side.sum()) for side in sides]
    return Shift(totals[0], totals[1], *days, _stability(sides[0], sides[1]))


def _stability(before: Counts, now: Counts) -> float | None:
    """The index; None where a side has too few to tell."""
    if min(before.sum(), now.sum()) < LEAST:
        return None
    then, later = ((side + _ADDED) / (side + _ADDED).sum() for side in (before, now))
    return float(((later - then) * np.log(later / then)).sum())


def _shares(counts: Counts) -> tuple[float, ...]:
    total = counts.sum()
    return tuple((counts / total).tolist()) if total else (0.0,) * len(counts)
