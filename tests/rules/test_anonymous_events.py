"""Events that do not say where they come from: rules look at them as far as they say anything."""

import json

import pytest

from foreseen.core.records import Line
from foreseen.parsers.registry import parser_named
from foreseen.rules import parse_rules
from foreseen.schema.arrow import EVENT_SCHEMA, batch_of

LOGSOURCES = {
    "windows": "{product: windows, category: process_creation}",
    "linux": "{product: linux, category: process_creation}",
    "any": "{category: process_creation}",
    "other": "{product: somebody, service: something}",
}
RULE = """title: t
name: {name}
logsource: {logsource}
detection: {{s: {{Image|endswith: x.exe}}, condition: s}}
"""


def labels(event: dict[str, object]) -> set[str]:
    """Names of the rules that match."""
    line = Line("s", 0, 1, "f", json.dumps(event).encode(), 0)
    parser = parser_named("json")
    row = parser.parse(parser.initial(), [line]).rows[0]
    texts = [(name, RULE.format(name=name, logsource=at)) for name, at in LOGSOURCES.items()]
    rules = parse_rules(texts)
    found = rules.label(batch_of([{**row.columns, "host": row.host}], EVENT_SCHEMA)).to_pylist()
    return set(found[0] or ())


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"Image": "x.exe"}, {"windows", "linux", "any", "other"}),
        ({"Image": "C:\\a\\x.exe", "CommandLine": "x"}, {"windows", "any"}),
        ({"Image": "/a/x.exe", "CommandLine": "x"}, {"linux", "any"}),
        ({"Image": "x.exe", "product": "somebody", "service": "something"}, {"other"}),
        ({"Image": "x.exe", "product": "somebody", "service": "else"}, set()),
        (
            {
                "Image": "x.exe",
                "EventID": 1,
                "Channel": "Microsoft-Windows-Sysmon/Operational",
            },
            {"windows", "any"},
        ),
        (
            {
                "Image": "x.exe",
                "EventID": 11,
                "Channel": "Microsoft-Windows-Sysmon/Operational",
            },
            set(),
        ),
    ],
    ids=["nothing", "drive", "slash", "named", "other service", "sysmon 1", "sysmon 11"],
)
def test_a_log_source_is_a_gate_only_against_what_an_event_says(
    event: dict[str, object], expected: set[str]
) -> None:
    assert labels(event) == expected
