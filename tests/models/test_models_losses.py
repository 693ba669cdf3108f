"""A window behind missing telemetry says so, whichever recorder lost it and wherever."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.models.histories import events

from foreseen.core.records import Line
from foreseen.models.moments import losses
from foreseen.models.moments.losses import ACCOUNT_REACH
from foreseen.models.moments.windows import empty_tail, windows_of
from foreseen.parsers.registry import PARSERS

Row = dict[str, object]
START, MINUTE = 1_795_287_000_000, 60_000
SECURITY = "Security"


def event(number: int, minutes: float, stream: str = "aws/1/alice", /, **columns: object) -> Row:
    """An event of a stream; its number in all is its number in the stream, too."""
    host = stream.rpartition("/")[0]
    own = {"stream": stream, "host": host, "seq": number, "time": START + int(minutes * MINUTE)}
    return {**own, "event_type": "AwsApiCall", "product": "cloudtrail", **columns}


def stop(number: int, minutes: float, stream: str = "aws/1/eve", /, **columns: object) -> Row:
    """A call that stops the record of an account."""
    called = {"api_operation": "StopLogging", "status_id": 1}
    return event(number, minutes, stream, **{**called, **columns})


def complete(rows: Sequence[Row], cuts: Sequence[int] = ()) -> list[bool]:
    """Whether the window of each event is complete."""
    tail, found = empty_tail(), []
    for begin, end in pairwise([0, *sorted(cuts), len(rows)]):
        every = np.arange(end - begin)
        columns, tail = windows_of(tail, events(rows[begin:end]), every)
        found += columns["window_complete"].to_pylist()
        assert tail.num_rows <= 64 * 4 + losses.LOSSES_KEPT * 4
    return [bool(each) for each in found]


@pytest.mark.parametrize(
    ("product", "log_name", "event_type"),
    [
        ("auditd", None, "DAEMON_START"),
        ("auditd", None, "DAEMON_ABORT"),
        ("windows", SECURITY, "1102"),
        ("windows", SECURITY, "517"),
        ("windows", "security", "1100"),
        ("windows", SECURITY, "1101"),
        ("windows", "System", "104"),
        ("windows", "Microsoft-Windows-Sysmon/Operational", "255"),
    ],
)
def test_what_the_recorder_says_it_lost_makes_windows_after_it_incomplete(
    product: str, log_name: str | None, event_type: str
) -> None:
    told: Row = {"product": product, "log_name": log_name, "event_type": event_type}
    rows = [event(n, n, "web-1/0") for n in range(1, 70)]
    rows[1] = {**rows[1], **told}
    found = complete(rows)
    assert found[:2] == [True, True]  # before it nothing was lost yet
    assert found[2:66] == [False] * 64
    assert found[66:] == [True] * 3


@pytest.mark.parametrize(
    "columns",
    [
        {"product": "windows", "log_name": "Application", "event_type": "1102"},
        {"product": "windows", "log_name": SECURITY, "event_type": "104"},
        {"product": "cloudtrail", "log_name": "System", "event_type": "104"},
        {"product": "windows", "log_name": None, "event_type": "1102"},
        {"product": "cloudtrail", "api_operation": "StopLogging", "status_id": 2},
        {"product": "kubernetes", "api_operation": "StopLogging", "status_id": 1},
        {"product": "cloudtrail", "api_operation": "StartLogging", "status_id": 1},
    ],
)
def test_other_events_of_these_numbers_and_refused_calls_lose_nothing(columns: Row) -> None:
    assert complete([event(1, 0, **columns), event(2, 1)]) == [True, True]


def test_real_records_that_say_so_are_known() -> None:
    """What the parsers make of the events is what is looked for."""
    trail = (
        b'{"eventVersion":"1.08","userIdentity":{"type":"IAMUser","userName":"eve","arn":'
        b'"arn:aws:iam::111122223333:user/eve"},"eventTime":"2026-11-21T10:00:00Z","eventSource":'
        b'"cloudtrail.amazonaws.com","eventName":"StopLogging","awsRegion":"eu-central-1",'
        b'"eventID":"1","eventType":"AwsApiCall","recipientAccountId":"111122223333"}'
    )
    cleared = (
        b'{"Channel":"Security","EventID":1102,"Computer":"dc.example.com","Version":0,'
        b'"TimeCreated":"2026-11-21T10:00:00Z","Provider":"Microsoft-Windows-Eventlog",'
        b'"EventRecordID":7}'
    )
    rows: list[Row] = []
    for name, line in (("cloudtrail", trail), ("windows_event", cleared)):
        parser = PARSERS[name]
        (row,) = parser.parse(parser.initial(), [Line("s", 0, 1, "s", line)]).rows
        columns = dict(row.columns)
        rows.append({**event(len(rows) + 1, 0), "host": row.host, **columns})
    batch = events(rows)
    assert losses.stops_trail(batch).to_pylist() == [True, False]
    assert losses.says_loss(batch).to_pylist() == [False, True]


def test_a_stopped_trail_makes_the_windows_of_all_in_its_account_incomplete_for_an_hour() -> None:
    rows = [
        event(1, 0),
        stop(1, 1),
        event(2, 2),
        event(1, 2, "aws/2/alice"),  # another account
        event(3, 61),
        event(4, 62),
        event(5, 0.5),  # late: it happened before
    ]
    assert complete(rows) == [True, True, False, True, False, True, True]
    assert complete([event(1, 2), stop(1, 1), event(2, 3)]) == [True, True, False]


def test_only_the_latest_stops_of_an_account_are_kept() -> None:
    rows = [stop(n, n) for n in range(1, 200)]
    rows.append(event(1, 199))
    assert complete(rows, [50, 100, 150, 199])[-1] is False
    late = ACCOUNT_REACH / MINUTE + 192
    assert complete([*rows[:-1], event(1, late)])[-1] is False  # the latest eight are from 192 on
    assert complete([*rows[:-1], event(1, late + 8)])[-1] is True


def test_a_stop_is_remembered_though_its_own_stream_has_long_gone_on() -> None:
    rows = [stop(1, 0)]
    rows += [event(n, n / 100, "aws/1/eve") for n in range(2, 200)]
    rows.append(event(1, 5))
    assert complete(rows, [1, 50, 100, 199])[-1] is False


@settings(max_examples=100, deadline=None)
@given(
    kinds=st.lists(
        st.tuples(
            st.sampled_from(["aws/1/alice", "aws/1/eve", "aws/2/eve"]),
            st.booleans(),
            st.sampled_from([0, 1, 30, 61, 90]),
        ),
        max_size=30,
    ),
    cuts=st.lists(st.integers(0, 30), max_size=4),
)
def test_losses_do_not_depend_on_where_batches_are_cut(
    kinds: list[tuple[str, bool, int]], cuts: list[int]
) -> None:
    reached: dict[str, int] = {}
    rows = []
    for stream, stops, minutes in kinds:
        reached[stream] = reached.get(stream, 0) + 1
        rows.append((stop if stops else event)(reached[stream], minutes, stream))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(losses, "LOSSES_KEPT", 2)
        ends = [min(cut, len(rows)) for cut in cuts]
        assert complete(rows, ends) == complete(rows)


def test_a_column_without_values_loses_nothing() -> None:
    batch = events([{"stream": "a", "host": "a", "seq": 1, "time": START}])
    assert losses.says_loss(batch).to_pylist() == [False]
    assert losses.stops_trail(batch).to_pylist() == [False]
    assert isinstance(losses.stops_trail(batch), pa.Array)
