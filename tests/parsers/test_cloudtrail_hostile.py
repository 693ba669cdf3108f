"""CloudTrail's parser under input of bad will: nothing raises, nothing disappears."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreseen.core.records import Line, Reason
from foreseen.parsers.cloudtrail import COLUMNS, CloudTrailParser
from foreseen.parsers.protocol import Parsed
from foreseen.schema.arrow import EVENT_SCHEMA, batch_of

PARSER = CloudTrailParser()
GOOD = {
    "eventTime": "2026-03-04T05:06:07Z",
    "eventSource": "ec2.amazonaws.com",
    "eventName": "RunInstances",
    "userIdentity": {"type": "Root"},
    "requestParameters": {"a": 1},
}
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 64) - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["arn", "type", "userName", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)
FIELDS = sorted(
    {name.partition(".")[0] for name in COLUMNS}
    | {"requestParameters", "responseElements", "serviceEventDetails", "eventTime"}
)


def parsed(data: bytes, received: int | None = None) -> Parsed:
    result = PARSER.parse(None, [Line("s", 0, 1, "s.json", data, received)])
    batch_of([row.columns for row in result.rows], EVENT_SCHEMA)
    return result


@given(st.dictionaries(st.sampled_from(FIELDS), VALUES))
def test_wrong_types_everywhere_are_a_row_or_quarantined(changes: dict[str, object]) -> None:
    result = parsed(orjson.dumps({**GOOD, **changes}))
    assert len(result.rows) + len(result.quarantined) == 1
    if "eventTime" not in changes:
        assert result.quarantined == []


@given(st.binary(max_size=60))
def test_any_bytes_are_accounted_for(data: bytes) -> None:
    result = parsed(data)
    assert len(result.quarantined) == (0 if not data or data.isspace() else 1)


@pytest.mark.parametrize("cut", range(1, 150, 7))
def test_a_record_cut_off_anywhere_is_quarantined_as_such(cut: int) -> None:
    (one,) = parsed(orjson.dumps(GOOD)[:cut]).quarantined
    assert one.reason is Reason.TRUNCATED


@pytest.mark.parametrize("data", [b"7", b"null", b'"eventName"', b"{}", b"[1]", b"[]", b"true"])
def test_json_that_is_no_record_is_not_of_this_format(data: bytes) -> None:
    (one,) = parsed(data).quarantined
    assert one.reason is Reason.NOT_THIS_FORMAT


@pytest.mark.parametrize(
    "time", ["soon", "", "2026-03-04", "2026-13-04T05:06:07Z", "1969-12-31T23:59:59Z", 7, None, {}]
)
def test_a_time_that_is_none_is_named(time: object) -> None:
    (one,) = parsed(orjson.dumps({**GOOD, "eventTime": time}), received=5).quarantined
    assert one.reason is Reason.BAD_TIME
    assert "eventTime" in one.detail


def test_a_record_without_time_happened_when_it_was_received() -> None:
    data = orjson.dumps({name: value for name, value in GOOD.items() if name != "eventTime"})
    (one,) = parsed(data).quarantined
    assert one.reason is Reason.BAD_TIME
    assert parsed(data, received=1772600767000).rows[0].time == 1772600767000


def test_fields_of_other_types_stay_under_their_own_names() -> None:
    odd = {"eventName": ["a", "b"], "userAgent": {"x": 1}, "sourceIPAddress": 5, "awsRegion": None}
    (row,) = parsed(orjson.dumps({**GOOD, **odd})).rows
    kept = row.columns["unmapped"]
    assert isinstance(kept, dict)
    assert kept["eventName"] == ["a", "b"]
    assert kept["userAgent.x"] == "1"
    assert kept["awsRegion"] is None
    assert row.columns["src_ip"] == "5"
    assert not {"api_operation", "user_agent", "cloud_region"} & row.columns.keys()


def test_nesting_of_any_depth_that_json_readers_take_is_a_row() -> None:
    for depth in (200, 300, 1000):
        nested = b'{"a":' * depth + b'"bottom"' + b"}" * depth
        data = orjson.dumps(GOOD)[:-1] + b',"responseElements":' + nested + b"}"
        (row,) = parsed(data).rows
        kept = row.columns["unmapped"]
        assert isinstance(kept, dict)
        assert kept["responseElements"] == nested.decode()
        assert any('"bottom"' in value for name, value in kept.items() if value and ".a.a" in name)


def test_nesting_beyond_is_quarantined() -> None:
    data = orjson.dumps(GOOD)[:-1] + b',"x":' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    (one,) = parsed(data).quarantined
    assert one.reason is Reason.NOT_THIS_FORMAT


def test_100_000_keys_are_one_row() -> None:
    many = {f"k{number}": "v" for number in range(100_000)}
    (row,) = parsed(orjson.dumps({**GOOD, "requestParameters": many, **many})).rows
    kept = row.columns["unmapped"]
    assert isinstance(kept, dict)
    assert orjson.loads(kept["requestParameters"]) == many
    assert set(orjson.loads(kept["(rest)"])) | kept.keys() >= many.keys()


def test_half_of_a_surrogate_pair_hides_nothing() -> None:
    odd = rb'{"userAgent":"x\ud800y","awsRegion":"\\ud800","eventID":"\ud83d\ude00\uDC00",'
    (row,) = parsed(odd + orjson.dumps(GOOD)[1:]).rows
    assert row.columns["user_agent"] == "x\ufffdy"
    assert row.columns["cloud_region"] == "\\ud800"
    assert row.columns["original_uid"] == "\U0001f600\ufffd"
    assert row.columns["api_operation"] == "RunInstances"


@pytest.mark.parametrize("number", ["9" * 400, "-" + "9" * 5000, "1e400"])
def test_numbers_that_nothing_holds_stay_as_written(number: str) -> None:
    data = orjson.dumps(GOOD)[:-1] + f',"n":{number}'.encode() + b"}"
    (row,) = parsed(data).rows
    kept = row.columns["unmapped"]
    assert isinstance(kept, dict)
    assert kept["n"] == number


def test_a_message_that_is_no_json_is_quarantined_alone() -> None:
    events = [{"id": "1", "message": "checking health"}, {"id": "2"}, 3]
    events.append({"id": "4", "message": orjson.dumps(GOOD).decode()})
    result = parsed(orjson.dumps({"messageType": "DATA_MESSAGE", "logEvents": events}))
    assert len(result.rows) == 1
    assert [one.line.offset for one in result.quarantined] == [0, 1, 2]
