"""What a judged match costs, and what training costs: one thread, in a process of its own.

`models_cost.py`: prints JSON. The shipped recording is labelled, a model is trained on its train
part, and all matches of its test part are judged in bulk: window, features, all members, share.
"""

import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from foreseen.core.ids import RuleId
from foreseen.lake.lake import Lake
from foreseen.models.foresight import Foresight
from foreseen.models.moments.moment import Moment, moments_of
from foreseen.models.moments.windows import empty_tail, windows_of
from foreseen.models.training import train
from foreseen.runners.replay import ReplayOrder, to_lake
from foreseen.runners.rules.files import load_rules
from foreseen.studies.truth import attacks_of, part_starts, read_truth
from recorded import tested_recording

BATCH = 8_192
BUDGET, LEAST_HISTORY = 0.01, 30
_MEGA = 1_000_000
Rules = Mapping[RuleId, Sequence[Moment]]
Told = TypeVar("Told")


def main() -> int:
    """Measure and print."""
    folder = tested_recording().parent
    with tempfile.TemporaryDirectory(prefix="foreseen-cost-") as scratch:
        events, matches = _labelled(folder, Path(scratch))
    test_from = part_starts(folder / "parts.json")["test"]
    taught = matches.filter(pc.field("time") < test_from)
    judged = matches.filter(pc.field("time") >= test_from)
    clean = [one is None for one in attacks_of(taught, read_truth(folder / "labels.csv.zst"))]
    history = _by_rule(moments_of(taught, rows=np.flatnonzero(clean).tolist()))
    (model, training) = _timed(lambda: _trained(history))
    (_, windows) = _timed(lambda: _windows(events, judged))
    (moments, folding) = _timed(lambda: moments_of(judged))
    (count, scoring) = _timed(lambda: _judged(model, _by_rule(moments)))
    told = {
        "trained_matches": sum(map(len, history.values())),
        "training_seconds": training,
        "judged_matches": count,
        "window_us": windows / judged.num_rows * _MEGA,
        "folding_us": folding / judged.num_rows * _MEGA,
        "members_us": scoring / count * _MEGA,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    sys.stdout.write(json.dumps(told) + "\n")
    return 0


def _labelled(folder: Path, scratch: Path) -> tuple[pa.Table, pa.Table]:
    """Events and matches of rules that a model judges, in order, of train and test."""
    rules = load_rules(None)
    files = [str(folder / f"{part}.log.zst") for part in ("train", "test")]
    lake = Lake.open(scratch / "lake")
    to_lake(ReplayOrder(files, "auditd", rules, scratch, 0), lake, lambda *_: None)
    wanted = pc.field("rule_id").isin([str(rule.id) for rule in rules.rules if rule.foresee])
    order: list[tuple[str, Literal["ascending", "descending"]]] = [
        (name, "ascending") for name in ("time", "stream", "seq")
    ]
    events = lake.read("events").drop_columns(["raw"]).sort_by(order)
    return events, lake.read("matches").filter(wanted).sort_by(order)


def _trained(history: Rules) -> Foresight:
    found = train(history, budget=BUDGET, least_history=LEAST_HISTORY, seed=0)
    return found.foresight


def _windows(events: pa.Table, matches: pa.Table) -> None:
    """Windows of the matches, batch after batch, as the shard step makes them."""
    rows = pc.index_in(matches["event_uid"], events["event_uid"].combine_chunks())
    places = np.sort(np.asarray(rows.to_numpy(), np.int64))
    tail, start = empty_tail(), int(places[0])
    for first in range(start, events.num_rows, BATCH):
        (batch,) = events.slice(first, BATCH).combine_chunks().to_batches()
        own = places[np.searchsorted(places, first) : np.searchsorted(places, first + BATCH)]
        _, tail = windows_of(tail, batch, own - first)


def _judged(model: Foresight, rules: Rules) -> int:
    """Judge all that a model can judge; how many that were."""
    judged = {rule: found for rule, found in rules.items() if rule in model.models}
    for rule, found in judged.items():
        model.probabilities(rule, found, model.scores(rule, found))
    return sum(map(len, judged.values()))


def _by_rule(moments: Sequence[Moment]) -> dict[RuleId, list[Moment]]:
    found: dict[RuleId, list[Moment]] = {}
    for moment in sorted(moments, key=lambda one: one.time):
        found.setdefault(RuleId(moment.rule), []).append(moment)
    return found


def _timed(run: Callable[[], Told]) -> tuple[Told, float]:
    """What a call gives, and the CPU seconds that it took."""
    before = time.process_time()
    return run(), time.process_time() - before


if __name__ == "__main__":
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    sys.exit(main())
