"""The plan's arithmetic, and the simulation: exact where that is known, near what was measured."""

import json
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from capacity_check import both, lossy
from capacity_plan import LOADS, Assumed, Costs, need_of, tables
from capacity_simulation import Arrivals, Loss, Setup, simulated
from foreseen.runners.metrics import EDGES
from latency import quantile
from recorded import ROOT

_NEAR = 0.3
COSTS = Costs(2e-5, 1e-4, 1e-5, 2e-6, 5e-4, 100.0, 300.0, 600.0, 0.1)
ONE = Setup(
    shards=1,
    cores=1,
    worker_shares=False,
    shard=1e-3,
    commit_floor=0.1,
    commit=1e-4,
    judge=1e-4,
    stretch=1_000,
)


def recorded(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "benchmarks" / name).read_text("utf-8"))
    assert {"machine", "date"} <= found.keys()
    return found


@pytest.mark.parametrize(("name", "simulate"), [("both", both), ("lossy", lossy)])
def test_the_simulation_is_near_the_two_nodes_that_were_measured(name: str, simulate: Any) -> None:  # noqa: ANN401
    found = recorded("capacity_cluster.json")
    measured = found[name]["events_a_second"]
    assert simulate(found).rate == pytest.approx(measured, rel=_NEAR)


def test_one_shard_takes_its_work_and_the_last_commit() -> None:
    ran = simulated(ONE, Arrivals.at_once(10_000))
    # Ten stretches of a second; the last is committed and judged after it, the others meanwhile.
    assert ran.seconds == pytest.approx(10.0 + 0.1 + 0.1 + 0.1, abs=0.21)
    assert ran.events == pytest.approx(10_000)
    assert ran.shards_busy == pytest.approx(10.0)


def test_two_shards_on_two_cores_take_half_as_long_and_on_one_core_as_long() -> None:
    arrivals = Arrivals.at_once(5_000)
    two = Setup(2, 2, False, 1e-3, 0.01, 0.0, 0.0, 1_000)  # noqa: FBT003
    one = Setup(2, 1, False, 1e-3, 0.01, 0.0, 0.0, 1_000)  # noqa: FBT003
    assert simulated(two, arrivals).seconds == pytest.approx(5.0, abs=0.3)
    assert simulated(one, arrivals).seconds == pytest.approx(10.0, abs=0.3)


def test_what_is_lost_with_a_node_is_worked_again_and_nothing_is_missing() -> None:
    loss = Loss(lambda second, _: second >= 4.5, recovery=20.0)
    lossy_one = Setup(1, 1, False, 1e-3, 0.01, 0.0, 0.0, 1_000, loss=loss)  # noqa: FBT003
    ran = simulated(lossy_one, Arrivals.at_once(10_000))
    assert ran.losses == 1
    assert sum(ran.weights) == pytest.approx(10_000)
    assert 30.0 < ran.seconds < 32.0
    assert ran.shards_busy > 10.0


def test_a_calm_stream_is_decided_after_its_stretch_its_commit_and_its_judgement() -> None:
    seconds = np.array([0.0, 100.0])
    ran = simulated(ONE, Arrivals(seconds, np.array([0.0, 1_000.0])))
    assert sum(ran.weights) == pytest.approx(1_000, abs=1)
    p50, p99 = ran.percentiles(ran.to_decision)
    assert 0.1 < p50 < p99 < 1.5


def test_the_plan_grows_with_the_load_and_says_when_one_committer_is_not_enough() -> None:
    needs = [need_of(load, COSTS, Assumed()) for load in LOADS.values()]
    for less, more in pairwise(needs):
        assert less.shards <= more.shards
        assert less.machines <= more.machines
        assert less.gigabytes_a_day < more.gigabytes_a_day
    small, *_, large = needs
    assert (small.shards, small.partitions, small.committers, small.machines) == (1, 1, 1, 1)
    assert large.commit_share > 1
    assert large.committers > large.commit_share
    assert large.partitions >= large.shards


def test_the_tables_are_printed_from_the_recorded_figures() -> None:
    text = tables(recorded("capacity.json"), Assumed())
    assert "| shard step, all of these |" in text
    assert "| events a day | 1 M | 100 M | 1 G | 60 G |" in text


def test_a_quantile_lies_between_the_edges_of_its_bucket() -> None:
    totals = [0.0] * len(EDGES) + [0.0]
    totals[5:] = [100.0] * (len(totals) - 5)
    middle, upper = quantile(totals, 0.5)
    assert middle == pytest.approx((EDGES[4] + EDGES[5]) / 2)
    assert upper == EDGES[5]
