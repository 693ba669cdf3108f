"""Strange Windows events and what is none are kept: in a row, or in quarantine with a reason."""

import orjson
import pytest

from foreseen.core.records import LINE_LIMIT, Line, Reason
from foreseen.parsers.json_lines import JsonLinesParser
from foreseen.parsers.protocol import Parsed, Row
from foreseen.parsers.windows_event import WINDOWS_EVENT
from foreseen.schema.arrow import EVENT_SCHEMA, batch_of

PARSER = JsonLinesParser(WINDOWS_EVENT)
TIME = "2026-03-04T05:06:07.089Z"
HEAD = {"Channel": "Security", "EventID": 4688, "Hostname": "h", "TimeCreated": TIME}


def parsed(data: bytes, received: int | None = None) -> Parsed:
    return PARSER.parse(None, [Line("test", 0, 1, "test.jsonl", data, received)])


def row(data: bytes) -> Row:
    result = parsed(data)
    assert result.quarantined == []
    batch_of([found.columns for found in result.rows], EVENT_SCHEMA).validate(full=True)
    return result.rows[0]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"plain words", Reason.NOT_THIS_FORMAT),
        (b"7", Reason.NOT_THIS_FORMAT),
        (b'{"Channel":"Security","EventID":46', Reason.TRUNCATED),
        (b'{"eventName":"CreateUser"}', Reason.NOT_THIS_FORMAT),
        (b'{"Event":"text"}', Reason.NOT_THIS_FORMAT),
        (b'{"Event":{"System":null}}', Reason.NOT_THIS_FORMAT),
        (b'{"Event":{"System":{}}}', Reason.NOT_THIS_FORMAT),
        (b'{"Channel":"Security","EventID":{"a":1}}', Reason.NOT_THIS_FORMAT),
        (b'{"Channel":"Security","EventID":null}', Reason.NOT_THIS_FORMAT),
        (b'{"Channel":"Security","EventID":1.5}', Reason.NOT_THIS_FORMAT),
        (b'{"winlog":{"channel":"Security"}}', Reason.NOT_THIS_FORMAT),
        (b'{"Channel":"Security","EventID":1}', Reason.BAD_TIME),
        (b'{"Channel":"Security","EventID":1,"@timestamp":"soon"}', Reason.BAD_TIME),
        (
            b'{"Channel":"Security","EventID":1,"@timestamp":"2026-13-04T05:06:07Z"}',
            Reason.BAD_TIME,
        ),
        (
            b'{"Channel":"Security","EventID":1,"@timestamp":"2026-03-04T05:06:07Zz"}',
            Reason.BAD_TIME,
        ),
        (b'{"Channel":"Security","EventID":1,"@timestamp":1772600767089}', Reason.BAD_TIME),
    ],
)
def test_what_is_no_event_is_quarantined_with_its_reason(data: bytes, reason: Reason) -> None:
    result = parsed(data)
    assert result.rows == []
    assert [(one.reason, one.line.data) for one in result.quarantined] == [(reason, data)]
    assert result.quarantined[0].detail


def test_an_event_without_a_time_happened_when_it_was_received() -> None:
    result = parsed(b'{"Channel":"Security","EventID":1}', received=1_772_600_767_089)
    assert [found.time for found in result.rows] == [1_772_600_767_089]


def test_a_time_that_cannot_be_read_is_not_replaced_by_the_time_received() -> None:
    result = parsed(b'{"Channel":"Security","EventID":1,"UtcTime":"x"}', received=1)
    assert [one.reason for one in result.quarantined] == [Reason.BAD_TIME]


def test_of_two_times_the_one_that_can_be_read_counts() -> None:
    assert row(orjson.dumps(HEAD | {"UtcTime": "-"})).time == 1_772_600_767_089


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"null", {}),
        (b'"all of it"', {"Data": "all of it"}),
        (b"[]", {"Data": None}),
        (b'{"Data":null}', {"Data": None}),
        (b'{"A":{"B":[{"C":1},{"C":2}]}}', {"A.B.C": ["1", "2"]}),
        (b'{"A":1,"A":2}', {"A": "2"}),
        (b'{"A b":"1","Ab":"2"}', {"Ab": ["2", "1"]}),
        (b'{"A":1e300,"B":1.0,"C":true}', {"A": "1e+300", "B": "1", "C": "true"}),
        (b'{"A":"\\ud800x"}', {"A": "\ufffdx"}),
        (b'{"Computer":"own","EventID":5}', {"Computer": "own", "EventID": "5"}),
    ],
)
def test_odd_event_data_are_kept(data: bytes, expected: dict[str, object]) -> None:
    system = orjson.dumps(
        {
            "EventID": 7,
            "Channel": "Elsewhere",
            "Computer": "h",
            "TimeCreated": {"#attributes": {"SystemTime": TIME}},
        }
    )
    found = row(b'{"Event":{"System":' + system + b',"EventData":' + data + b"}}")
    assert found.columns["unmapped"] == {"TimeCreated_SystemTime": TIME, **expected}
    assert found.host == "h"


@pytest.mark.parametrize("pid", ["", "-", "0x", "0xg", "1" * 30, "99999999999999999999", None])
def test_a_process_id_that_is_no_number_is_null_and_kept(pid: str | None) -> None:
    found = row(orjson.dumps(HEAD | {"NewProcessId": pid}))
    assert found.columns.get("process_pid") is None
    assert found.columns["unmapped"]["NewProcessId"] == pid  # type: ignore[index]  # a parser's is a dict


def test_integers_beyond_64_bits_do_not_break_a_batch() -> None:
    huge = str(10**400).encode()
    found = row(orjson.dumps(HEAD)[:-1] + b',"NewProcessId":' + huge + b"}")
    assert found.columns["process_pid"] is None


def test_a_list_where_a_text_has_a_column_stays_under_its_name() -> None:
    found = row(orjson.dumps(HEAD | {"CommandLine": ["a", "b"]}))
    assert found.columns.get("process_cmd_line") is None
    assert found.columns["unmapped"]["CommandLine"] == ["a", "b"]  # type: ignore[index]  # a parser's is a dict


def test_deep_nesting_is_an_event_too() -> None:
    deep = b'{"a":' * 900 + b"1" + b"}" * 900
    found = row(orjson.dumps(HEAD)[:-1] + b',"Deep":' + deep + b"}")
    assert found.columns["event_type"] == "4688"


@pytest.mark.parametrize("deep", [b"[" * 200_000, b'{"a":' * 200_000])
def test_nesting_without_end_is_quarantined(deep: bytes) -> None:
    result = parsed(orjson.dumps(HEAD)[:-1] + b',"Deep":' + deep)
    assert [one.reason for one in result.quarantined] == [Reason.TRUNCATED]


def test_a_line_of_a_mebibyte_is_one_event() -> None:
    data = orjson.dumps(HEAD | {"CommandLine": "x" * (LINE_LIMIT - 200)})
    assert len(str(row(data).columns["process_cmd_line"])) == LINE_LIMIT - 200


def test_a_long_name_does_not_multiply() -> None:
    members = {str(number): 1 for number in range(20_000)}
    found = row(orjson.dumps(HEAD | {"k" * 400_000: members}))
    kept = found.columns["unmapped"]
    assert sum(map(len, kept)) < LINE_LIMIT  # type: ignore[call-overload]  # a parser's is a dict


def test_shapes_without_number_do_not_gather() -> None:
    lines = [
        Line("test", number, number, "test", orjson.dumps(HEAD | {f"field{number}": 1}))
        for number in range(9_000)
    ]
    result = PARSER.parse(None, lines)
    assert len(result.rows) == 9_000
    assert all(
        f"field{number}" in str(result.rows[number].columns["unmapped"]) for number in (0, 8_999)
    )


def test_a_document_of_several_events_is_a_row_each() -> None:
    result = parsed(orjson.dumps([HEAD, HEAD | {"EventID": 4689}]))
    assert [found.columns["event_type"] for found in result.rows] == ["4688", "4689"]
    assert len({found.offset for found in result.rows}) == 2
