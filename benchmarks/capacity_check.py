"""The simulation of the two-node run that was measured, from what one process needed there."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from capacity_simulation import Arrivals, Loss, Ran, Setup, simulated


def setup_of(found: Mapping[str, Any]) -> Setup:
    """Two nodes that share a machine, with the service times of the single process.

    Start-up is measured in the run of two nodes itself; all the rest is of the single process.
    """
    alone, events, cores = found["alone"], found["events"], found["cores"]
    commit = alone["commit_seconds"] - alone["commits"] * found["commit_floor"]
    shard = (alone["seconds"] - alone["commit_seconds"] - alone["judge_seconds"]) / events
    first = found["both"]["first_commit_events"] * shard
    return Setup(
        shards=found["shards"],
        cores=cores,
        worker_shares=True,
        shard=shard,
        commit_floor=found["commit_floor"],
        commit=max(commit / events, 0.0),
        judge=alone["judge_seconds"] / events,
        stretch=alone["greatest_commit_events"] / found["shards"],
        startup=max(found["both"]["first_commit"] - first, 0.0),
    )


def both(found: Mapping[str, Any]) -> Ran:
    """Two nodes."""
    setup = setup_of(found)
    return simulated(setup, Arrivals.at_once(found["events"] / setup.shards))


def lossy(found: Mapping[str, Any]) -> Ran:
    """Two nodes, of which one is lost when a third is stored; it takes the measured time."""
    setup, third = setup_of(found), found["events"] / 3
    loss = Loss(lambda _, events: events >= third, found["recovery_seconds"])
    started = max(found["lossy"]["first_commit"], 0.0)
    after = replace(setup, startup=started, loss=loss)
    return simulated(after, Arrivals.at_once(found["events"] / setup.shards))
