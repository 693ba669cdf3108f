"""Windows equal what a slow search finds, wherever batches are cut."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.models.histories import events

from foreseen.models.moments import openings, windows
from foreseen.models.moments.windows import empty_tail, windows_of

Row = dict[str, object]
FORKS = {"clone", "clone3", "fork", "vfork"}
LISTS = {
    "window_tokens": ("stream", "STREAM_EVENTS"),
    "session_tokens": ("session_uid", "GROUP_EVENTS"),
    "sibling_tokens": ("parent_uid", "GROUP_EVENTS"),
}


def login(status: int | None, service: str | None = "sshd", account: str | None = "ops") -> Row:
    columns = {"auth_service": service, "auth_account": account, "status_id": status}
    return {"class_uid": 3002, **columns}


LOGINS = [
    *[login(2)] * 6,
    *[login(1)] * 3,
    *[login(status, "1:ssh", "dops") for status in (1, 2, 2)],
    *[login(status, None) for status in (1, 2, 2)],
    *(login(2, ""), login(2, account=""), login(1, account=None), login(2, account=None)),
    *(login(0), login(None), {**login(1), "class_uid": 1007}, {**login(2), "class_uid": None}),
]


@st.composite
def streams(draw: st.DrawFn) -> tuple[list[Row], list[bool], list[int]]:
    """Events of a few streams with gaps in seq, which of them match, and where batches are cut.

    Many are logins.
    """
    count = draw(st.integers(0, 40))
    groups = st.sampled_from([None, "", "s1", "s1", "s2", "x\x1fs1"])
    reached: dict[str, int] = {}
    rows: list[Row] = []
    for number in range(count):
        stream = draw(st.sampled_from(["a", "a", "a", "b", "a\x1fx"]))
        reached[stream] = reached.get(stream, 0) + draw(st.sampled_from([1, 1, 1, 1, 1, 4, 12]))
        fork = draw(st.sampled_from([False, False, False, True]))
        rows.append(
            {
                "stream": stream,
                "seq": reached[stream],
                "time": 1_000 + 7 * number,
                "session_uid": draw(groups),
                "parent_uid": draw(groups),
                "event_type": draw(st.sampled_from(sorted(FORKS))) if fork else f"e{number}",
                "process_path": f"/bin/p{number}",
                **({} if fork else draw(st.sampled_from([{}, *LOGINS]))),
            }
        )
    matched = draw(st.lists(st.booleans(), min_size=count, max_size=count))
    cuts = draw(st.lists(st.integers(0, count), max_size=4))
    return rows, matched, [0, *sorted(cuts), count]


@pytest.mark.long
@settings(max_examples=150)
@given(given_streams=streams())
def test_windows_equal_a_slow_search_wherever_batches_are_cut(
    given_streams: tuple[list[Row], list[bool], list[int]],
) -> None:
    rows, matched, cuts = given_streams
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(windows, "REACH", 9)
        patch.setattr(windows, "STREAM_EVENTS", 5)
        patch.setattr(windows, "GROUP_EVENTS", 3)
        patch.setattr(openings, "OPENED_REACH", 20)
        found, _ = in_batches(rows, matched, cuts)
        assert found == [slow_search(rows, matched, at) for at, hit in enumerate(matched) if hit]


def in_batches(
    rows: Sequence[Row], matched: Sequence[bool], cuts: Sequence[int]
) -> tuple[list[dict[str, object]], pa.Table]:
    tail, found = empty_tail(), []
    for first, last in pairwise(cuts):
        hits = np.flatnonzero(matched[first:last]).astype(np.int64)
        columns, tail = windows_of(tail, events(rows[first:last]), hits)
        named: dict[str, Any] = {name: array.to_pylist() for name, array in columns.items()}
        found += [read(named, at) for at in range(len(hits))]
    return found, tail


def read(columns: dict[str, Any], at: int) -> dict[str, object]:
    """One match's windows: its tokens by the event type in front, whose ! says that it failed."""
    tokens = {
        name: [token.split(" ")[0].rstrip("!") for token in columns[name][at]] for name in LISTS
    }
    others = {"seqs": "window_seqs", "ages": "window_ages", "failures": "session_failures"}
    return {**tokens, **{name: columns[column][at] for name, column in others.items()}}


def slow_search(rows: Sequence[Row], matched: Sequence[bool], at: int) -> dict[str, object]:
    own = rows[at]
    before = [
        row
        for row, hit in zip(rows[:at], matched, strict=False)
        if row["stream"] == own["stream"]
        and int(str(row["seq"])) >= int(str(own["seq"])) - windows.REACH
        and (hit or row["event_type"] not in FORKS)
    ]
    lists: dict[str, list[Row]] = {
        name: [row for row in before if own[column] is not None and row[column] == own[column]][
            -getattr(windows, limit) :
        ]
        for name, (column, limit) in LISTS.items()
    }
    return {
        **{name: [row["event_type"] for row in kept] for name, kept in lists.items()},
        "seqs": [row["seq"] for row in lists["window_tokens"]],
        "ages": [int(str(own["time"])) - int(str(row["time"])) for row in lists["window_tokens"]],
        "failures": slow_failures(rows, at),
    }


def slow_failures(rows: Sequence[Row], at: int) -> int | None:
    """Failed logins before the login that opened the session of an event."""
    opened = [i for i in range(at) if slow_opens(rows, i) and alike(rows, i, at, "session_uid")]
    if not opened or distance(rows, opened[-1], at) > openings.OPENED_REACH:
        return None
    login = opened[-1]
    failures = 0
    for i in reversed(range(login)):
        if not is_login(rows[i]) or not alike(rows, i, login, "auth_service", "auth_account"):
            continue
        if slow_opens(rows, i) or distance(rows, i, login) >= windows.REACH:
            break
        failures += rows[i]["status_id"] == 2
    return failures


def slow_opens(rows: Sequence[Row], at: int) -> bool:
    """Whether an event is the first login of its session, but for long ago."""
    succeeded = [i for i in range(at + 1) if is_login(rows[i]) and rows[i]["status_id"] == 1]
    if at not in succeeded or rows[at]["session_uid"] is None:
        return False
    before = [i for i in succeeded if i < at and alike(rows, i, at, "session_uid")]
    return all(distance(rows, i, at) > openings.OPENED_REACH for i in before)


def is_login(row: Row) -> bool:
    return row.get("class_uid") == 3002 and row["auth_account"] is not None


def alike(rows: Sequence[Row], one: int, other: int, *names: str) -> bool:
    return all(rows[one][name] == rows[other][name] for name in ("stream", *names))


def distance(rows: Sequence[Row], one: int, other: int) -> int:
    return int(str(rows[other]["seq"])) - int(str(rows[one]["seq"]))


def test_limits_and_reach_hold_in_full_size() -> None:
    count = windows.REACH + 200
    rows: list[Row] = [
        {
            "stream": "a",
            "seq": number + 1,
            "time": number,
            "event_type": "execve",
            "session_uid": "early" if number in {5, 150} else None,
            "parent_uid": "p",
        }
        for number in range(count)
    ]
    rows[-1]["session_uid"] = rows[100 + windows.REACH]["session_uid"] = "early"
    matched = [False] * count
    matched[-1] = matched[100 + windows.REACH] = True
    found, tail = in_batches(rows, matched, [0, 100, 3_000, count])
    assert [len(list(str_list(each["window_tokens"]))) for each in found] == [64, 64]
    assert [len(list(str_list(each["sibling_tokens"]))) for each in found] == [24, 24]
    # at seq 5,101 event 151 is within reach and 6 is not; at the end 151 is out of reach
    assert [len(list(str_list(each["session_tokens"]))) for each in found] == [1, 1]
    assert tail.num_rows <= windows.REACH


def str_list(value: object) -> list[str]:
    assert isinstance(value, list)
    return value


@pytest.mark.parametrize("own_parents", [True, False])
def test_the_tail_of_a_stream_stays_bounded(own_parents: bool) -> None:  # noqa: FBT001
    tail, sizes = empty_tail(), []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(windows, "REACH", 300)
        for batch in range(30):
            rows = [
                {
                    "stream": "a",
                    "seq": batch * 100 + number + 1,
                    "time": 0,
                    "event_type": "execve",
                    "parent_uid": f"p{batch}-{number}" if own_parents else "p",
                }
                for number in range(100)
            ]
            _, tail = windows_of(tail, events(rows), np.array([7], np.int64))
            sizes.append(tail.num_rows)
    assert max(sizes) <= 300
    assert sizes[-1] == sizes[10]


def test_several_rules_on_one_event_share_its_window() -> None:
    rows = [{"stream": "a", "seq": n, "time": n, "event_type": f"e{n}"} for n in (1, 2, 3)]
    columns, _ = windows_of(empty_tail(), events(rows), np.array([2, 2], np.int64))
    assert columns["window_seqs"].to_pylist() == [[1, 2], [1, 2]]


def test_a_batch_without_matches_or_events_gives_empty_columns() -> None:
    columns, tail = windows_of(empty_tail(), events([]), np.zeros(0, np.int64))
    assert {len(column) for column in columns.values()} == {0}
    assert tail.num_rows == 0


def test_a_window_with_a_stopped_recorder_is_not_complete() -> None:
    types = ["execve", "execve", "DAEMON_END", "execve"]
    rows = [
        {"stream": "a", "seq": n, "time": n, "event_type": kind} for n, kind in enumerate(types, 1)
    ]
    other = {"stream": "b", "seq": 1, "time": 9, "event_type": "execve"}
    columns, tail = windows_of(empty_tail(), events([*rows, other]), np.array([1, 3, 4], np.int64))
    assert columns["window_complete"].to_pylist() == [True, False, True]
    later = [{"stream": "a", "seq": 5, "time": 9, "event_type": "execve"}]
    columns, _ = windows_of(tail, events(later), np.array([0], np.int64))
    assert columns["window_complete"].to_pylist() == [False]
