"""Labels of Windows events, through the real parser, equal an oracle's that reads the flat JSON.

So what the parser puts into columns and what rules' names are mapped to lose nothing together.
"""

from collections.abc import Mapping

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.rules import generated, oracle
from tests.rules.worlds import SYSMON, WINDOWS

from foreseen.core.records import Line
from foreseen.parsers.protocol import Row
from foreseen.parsers.registry import parser_named
from foreseen.rules import load
from foreseen.schema.arrow import EVENT_SCHEMA, batch_of


def parsed(events: list[dict[str, object]]) -> list[Mapping[str, object]]:
    """Rows of flat JSON events, as the pipeline makes them."""
    lines = [
        Line("s", number, number, "s", orjson.dumps(event), received=1_700_000_000_000)
        for number, event in enumerate(events)
    ]
    result = parser_named("windows_event").parse(None, lines)
    assert not result.quarantined
    return [_placed(row) for row in result.rows]


def _placed(row: Row) -> Mapping[str, object]:
    return {**row.columns, "host": row.host or None, "time": row.time}


def agree(scenario: generated.Scenario) -> None:
    rules = load(scenario.rules.items()).rules
    labels = rules.label(batch_of(parsed(scenario.events), EVENT_SCHEMA)).to_pylist()
    for event, found in zip(scenario.events, labels, strict=True):
        for rule in rules.rules:
            text = scenario.rules[rule.path]
            assert (rule.id in (found or ())) is oracle.matches(text, event, WINDOWS), (text, event)


@pytest.mark.long
@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**63))
@example(3032)  # a null under a name that means another field
def test_labels_of_windows_events_equal_the_oracle(number: int) -> None:
    agree(generated.windows(number))


@pytest.mark.parametrize("modifier", ["|exists: true", ": null", ": ''", "|contains: ''"])
@pytest.mark.parametrize("value", [None, "", "x", [], [None], {}, ["", None]])
@pytest.mark.parametrize("name", ["CommandLine", "Image", "ProcessId", "Hashes", "Data"])
def test_null_empty_and_absent_stay_three_things_on_the_way(
    name: str,
    value: object,
    modifier: str,
) -> None:
    text = generated.rule_text({}, {}, "s1", {"product": "windows"})
    text = text.replace("s1: {}", "s1: {" + name + modifier + "}").replace("  s2: {}\n", "")
    events: list[dict[str, object]] = [
        {"Channel": SYSMON, "EventID": 1, name: value},
        {"Channel": SYSMON, "EventID": 1},
    ]
    agree(generated.Scenario(generated.files([text]), events))


def test_a_process_number_is_never_its_parents() -> None:
    """In Security 4688 `ProcessId` is the creator, which Sigma calls ParentProcessId."""
    source = {"product": "windows", "category": "process_creation"}
    texts = [
        generated.rule_text({name: 4}, {"Image": "a"}, "s1", source)
        for name in ("ProcessId", "ParentProcessId")
    ]
    events: list[dict[str, object]] = [
        {"Channel": "Security", "EventID": 4688, "NewProcessId": 7, "ProcessId": 4},
        {"Channel": "Security", "EventID": 4688, "NewProcessId": 4, "ProcessId": 7},
        {"Channel": SYSMON, "EventID": 1, "ProcessId": 4, "ParentProcessId": 7},
    ]
    agree(generated.Scenario(generated.files(texts), events))
