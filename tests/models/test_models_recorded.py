"""Real telemetry through windows, moments and models: the committed recording."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from tests.recording import extract, lines_of
from tests.shipped import shipped_rules

from foreseen.core.ids import DEFAULT_TENANT, RuleId
from foreseen.models.moments import windows
from foreseen.models.moments.acts import Act, acts_of
from foreseen.models.moments.moment import Moment, moments_of
from foreseen.models.moments.windows import empty_tail, windows_of
from foreseen.models.training import Trained, train
from foreseen.pipeline.shard import Lines, ShardArtefacts, ShardOut, ShardState, step

LINES = 40_000
BUDGET, LEAST_HISTORY = 0.02, 30
IMPLANT = {
    "act": Act("execve /tmp/<random> --beacon", "execve <random> --beacon", "execve <random>"),
    "parent": "unheard -x",
    "ancestry": ("unheard", "of"),
    "who": "33 as 33, no terminal",
}


@pytest.fixture(scope="module")
def recorded() -> ShardOut:
    """The first minutes of the recording: events, and matches of the shipped rules."""
    lines = Lines("train.log", "auditd", lines_of(extract(LINES)), ended=True)
    _, out = step(ShardState(), [lines], ShardArtefacts(DEFAULT_TENANT, shipped_rules()))
    return out


@pytest.fixture(scope="module")
def moments(recorded: ShardOut) -> list[Moment]:
    return sorted(
        moments_of(pa.Table.from_batches([recorded.matches])), key=lambda one: (one.time, one.uid)
    )


@pytest.fixture(scope="module")
def trained(moments: list[Moment]) -> Trained:
    """Models of every rule, whether it is marked or not, of the earlier four fifths."""
    return train(by_rule(earlier(moments)), budget=BUDGET, least_history=LEAST_HISTORY, seed=0)


def earlier(moments: list[Moment]) -> list[Moment]:
    return moments[: len(moments) * 4 // 5]


def by_rule(moments: list[Moment]) -> dict[RuleId, list[Moment]]:
    found: dict[RuleId, list[Moment]] = {}
    for one in moments:
        found.setdefault(RuleId(one.rule), []).append(one)
    return dict(sorted(found.items()))


def test_windows_of_real_matches_equal_a_slow_search(recorded: ShardOut) -> None:
    events = recorded.events.to_pylist()
    told = {match["event_uid"] for match in recorded.matches.to_pylist()}
    told |= {e["event_uid"] for e in events if e["event_type"] not in windows.FORKS}
    acts, indices = acts_of(recorded.events)
    before: dict[str, list[tuple[int, str]]] = {}
    expected: dict[str, list[tuple[int, str]]] = {}
    for event, index in zip(events, indices.to_pylist(), strict=True):
        seen = before.setdefault(event["stream"], [])
        near = seen[-windows.STREAM_EVENTS :]
        expected[event["event_uid"]] = [e for e in near if e[0] >= event["seq"] - windows.REACH]
        if event["event_uid"] in told:
            seen.append((event["seq"], acts[int(str(index))].shape))
    checked = 0
    for match in recorded.matches.to_pylist():
        found = list(zip(match["window_seqs"], match["window_tokens"], strict=True))
        assert found == expected[match["event_uid"]]
        checked += 1
    assert checked > 100


def test_windows_of_real_matches_do_not_depend_on_batches(recorded: ShardOut) -> None:
    uids = set(recorded.matches.column("event_uid").to_pylist())
    hits = np.array([uid in uids for uid in recorded.events.column("event_uid").to_pylist()])
    results = []
    for cuts in ([0, len(hits)], [0, 17, len(hits) // 3, len(hits) // 3, len(hits)]):
        tail, parts = empty_tail(), []
        for first, last in pairwise(cuts):
            batch = recorded.events.slice(first, last - first)
            columns, tail = windows_of(tail, batch, np.flatnonzero(hits[first:last]))
            parts.append({name: array.to_pylist() for name, array in columns.items()})
        results.append({name: [v for part in parts for v in part[name]] for name in parts[0]})
    assert results[0] == results[1]
    assert len(results[0]["window_seqs"]) == len(uids)


def test_real_acts_fold_and_keep_their_programs(recorded: ShardOut) -> None:
    acts, indices = acts_of(recorded.events)
    assert len({act.kind for act in acts}) < len({act.exact for act in acts}) < len(indices) / 4
    kinds = {act.kind for act in acts}
    assert {"execve curl", "execve bash", "execve cat"} <= kinds


def test_most_of_what_comes_later_is_expected_and_an_implant_is_not(
    trained: Trained, moments: list[Moment]
) -> None:
    later = [
        one
        for one in moments[len(earlier(moments)) :]
        if trained.foresight.history(RuleId(one.rule), one.workload) >= LEAST_HISTORY
    ]
    shares = Counter[bool]()
    for rule, found in by_rule(later).items():
        for prediction in trained.foresight.predict(rule, found, BUDGET):
            assert 0 < prediction.probability <= 1
            shares[prediction.probability > BUDGET] += 1
        implants = [replace(one, **IMPLANT) for one in found]  # type: ignore[arg-type]
        for prediction in trained.foresight.predict(rule, implants, BUDGET):
            assert not prediction.probability > BUDGET
    assert shares[True] > 4 * shares[False]


def test_real_predictions_do_not_depend_on_the_batch(
    trained: Trained, moments: list[Moment]
) -> None:
    foresight = trained.foresight
    rule, found = max(by_rule(moments).items(), key=lambda item: len(item[1]))
    asked = found[-80:]
    alone = [foresight.predict(rule, [one], BUDGET)[0] for one in asked]
    assert foresight.predict(rule, asked, BUDGET) == alone
