"""What came before a match: the very events, in order, of its workload and session alone."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreseen.studies.benchmark.contexts import contexts_of
from foreseen.studies.benchmark.dataset import EVENTS, MATCHES, Dataset

Event = tuple[str, str | None]


def data_of(events: list[Event], matched: list[int]) -> Dataset:
    """Events one ms apart; the named rows match."""
    table = pa.table(
        {
            "time": list(range(len(events))),
            "workload": [workload for workload, _ in events],
            "session": pa.array([session for _, session in events], pa.string()),
            "token": [f"t{i}" for i in range(len(events))],
        },
        schema=EVENTS,
    )
    rows = [
        {"event": row, "rule": "r", "part": "test", "malicious": False, "cluster": "c"}
        | {"harness": False, "weight": 1.0}
        for row in matched
    ]
    return Dataset("made", table, pa.Table.from_pylist(rows, schema=MATCHES))


def contexts(data: Dataset, limit: int) -> list[list[int]]:
    before = contexts_of(data, limit=limit)
    return [
        before.rows[start:end].tolist()
        for start, end in zip(before.offsets[:-1], before.offsets[1:], strict=True)
    ]


def expected(events: list[Event], row: int, limit: int) -> list[int]:
    """The definition, one event at a time."""
    workload, session = events[row]
    same = [i for i in range(row) if events[i][0] == workload and session in {None, events[i][1]}]
    return same[-limit:]


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from(["x", "y", None])),
        min_size=1,
        max_size=60,
    ),
    st.integers(1, 8),
    st.data(),
)
def test_contexts_are_what_their_definition_says(
    events: list[Event], limit: int, draw: st.DataObject
) -> None:
    matched = sorted(draw.draw(st.lists(st.integers(0, len(events) - 1), max_size=20)))
    found = contexts(data_of(events, matched), limit)
    assert found == [expected(events, row, limit) for row in matched]


def test_two_rules_on_one_event_see_the_same_past() -> None:
    assert contexts(data_of([("a", None)] * 3, [2, 2]), 5) == [[0, 1], [0, 1]]


def test_the_first_event_has_no_past_and_no_matches_have_no_contexts() -> None:
    assert contexts(data_of([("a", "s")], [0]), 5) == [[]]
    nothing = contexts_of(data_of([("a", "s")], []))
    assert nothing.offsets.tolist() == [0]
    assert nothing.rows.tolist() == []


def test_a_context_does_not_know_what_comes_after() -> None:
    events: list[Event] = [("a", "s"), ("b", None), ("a", "s"), ("a", None)] * 50
    data = data_of(events, list(range(100)))
    cut = replace(data, events=data.events.slice(0, 100))
    whole, part = contexts_of(data, limit=9), contexts_of(cut, limit=9)
    assert np.array_equal(whole.rows, part.rows)
    assert np.array_equal(whole.offsets, part.offsets)


@pytest.mark.parametrize("limit", [1, 64])
def test_contexts_in_bulk_do_not_grow_beyond_their_limit(limit: int) -> None:
    count = 200_000
    data = data_of([("a", None)] * count, list(range(0, count, 7)))
    before = contexts_of(data, limit=limit)
    assert int(np.diff(before.offsets).max()) == limit
    assert (
        before.rows < np.repeat(data.matches["event"].to_numpy(), np.diff(before.offsets))
    ).all()
