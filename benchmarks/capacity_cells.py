"""One cell of 60 G events a day, simulated: what its committer and judge can take, and its shards.

A committer and a judge are one process. So many events are divided among cells that share nothing:
tenants, or groups of workloads of a tenant too large for one. A cell is simulated in the busiest
hour of the day: as it is, with a node that is lost, and with ten times the traffic for ten minutes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil

import numpy as np

from capacity_plan import Assumed, Costs
from capacity_simulation import Arrivals, Loss, Ran, Setup, simulated

EVENTS_A_DAY = 6e10
STRETCH_BYTES = 4 << 20
_DAY = 86_400
_NOON = _DAY // 2
_CALM_SECONDS = 60
_LOSS_SECONDS, _LOST_AT, _REPLACED = 480, 30.0, 300.0
_BURST_SECONDS, _BURST = 600, 10.0
_BURST_BEFORE, _BURST_AFTER = 10, 9_000
_HOUR = 3_600.0


@dataclass(frozen=True, slots=True)
class Cell:
    """A simulated cell.

    Attributes:
        cells: How many there are.
        setup: Of this one.
        mean: Its events a second over the day.
        runs: By what happens in it.
        caught_up: Seconds from the begin of the burst until nothing is older than a minute.
    """

    cells: int
    setup: Setup
    mean: float
    runs: Mapping[str, Ran]
    caught_up: float


def cell_of(costs: Costs, assumed: Assumed, recovery: float) -> Cell:
    """Size a cell for its busiest hour, and simulate it.

    Args:
        costs: Measured.
        assumed: What is not.
        recovery: Seconds until shards work again after a loss.
    """
    mean = EVENTS_A_DAY / _DAY
    judge = assumed.match_share * costs.judge
    cells = ceil(mean * assumed.peak * (costs.commit + judge) / assumed.use)
    shards = ceil(mean * assumed.peak / cells * costs.shard / assumed.use)
    setup = Setup(
        shards=shards,
        cores=shards,
        worker_shares=False,
        shard=costs.shard,
        commit_floor=costs.commit_floor,
        commit=costs.commit_row,
        judge=judge,
        stretch=STRETCH_BYTES / costs.intake_bytes,
    )
    own = mean / cells / shards
    loss = Loss(lambda second, _: second >= _LOST_AT, recovery, cores=1, replaced=_REPLACED)
    runs = {
        "calm": simulated(setup, _steady(own * assumed.peak, _CALM_SECONDS)),
        "loss": simulated(replace(setup, loss=loss), _steady(own * assumed.peak, _LOSS_SECONDS)),
        "burst": simulated(setup, burst(own, assumed.peak)),
    }
    late = [moment for moment, age in runs["burst"].ages if age > _HOUR / 60]
    return Cell(cells, setup, own * shards, runs, max(late, default=0.0) - _BURST_BEFORE)


def _steady(rate: float, seconds: int) -> Arrivals:
    return Arrivals(np.array([0.0, seconds]), np.array([0.0, rate * seconds]))


def burst(mean: float, peak: float) -> Arrivals:
    """From noon, the busiest time, on: ten times the traffic at first, then as the day goes on.

    The cycle of a day is exp(k cos t): smooth, with any ratio of the busiest moment to the mean.
    """
    low, high = 0.0, 50.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if np.exp(middle) / np.i0(middle) < peak else (low, middle)
    day = np.arange(_NOON - _BURST_BEFORE, _NOON + _BURST_AFTER, dtype=np.float64)
    rates = np.exp(low * np.cos((day - _NOON) / _DAY * 2 * np.pi)) / np.i0(low) * mean
    rates[_BURST_BEFORE : _BURST_BEFORE + _BURST_SECONDS] *= _BURST
    seconds = np.arange(len(rates) + 1, dtype=np.float64)
    return Arrivals(seconds, np.concatenate([[0.0], rates.cumsum()]))


def told(cell: Cell) -> str:
    """The simulation in Markdown."""
    setup, runs = cell.setup, cell.runs
    calm, lost, flood = runs["calm"], runs["loss"], runs["burst"]
    shards = calm.shards_busy / calm.seconds / setup.shards
    rows = [
        ("cells", f"{cell.cells}"),
        ("shards, each", f"{setup.shards}"),
        ("events a second of a cell, mean of the day", f"{cell.mean:,.0f}"),
        ("busy in the busiest hour: shards", f"{shards:.0%}"),
        ("busy in the busiest hour: committer and judge", f"{calm.worker_busy / calm.seconds:.0%}"),
        ("receipt to commit there, p50 and p99", _pair(calm.percentiles(calm.to_commit))),
        ("receipt to decision there", _pair(calm.percentiles(calm.to_decision))),
        (
            "receipt to decision, eight minutes with a node lost",
            _pair(lost.percentiles(lost.to_decision)),
        ),
        ("most behind then", f"{max(age for _, age in lost.ages):,.0f} s"),
        (
            "receipt to decision, two and a half hours from the burst on",
            _pair(flood.percentiles(flood.to_decision)),
        ),
        ("most behind then", f"{max(age for _, age in flood.ages) / 60:,.0f} min"),
        ("from the burst until caught up", f"{cell.caught_up / _HOUR:,.1f} h"),
    ]
    return "\n".join(["| what | |", "| --- | --- |", *(f"| {a} | {b} |" for a, b in rows)])


def _pair(pair: tuple[float, float]) -> str:
    return f"{pair[0]:,.1f} s, {pair[1]:,.1f} s"
