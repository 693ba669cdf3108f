"""Labels of Linux events equal an independent slow oracle's, for generated rules and events."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.rules import generated, oracle
from tests.rules.worlds import LINUX

from foreseen.rules import load
from foreseen.schema.arrow import EVENT_SCHEMA, batch_of


@pytest.mark.long
@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**63))
def test_labels_of_linux_events_equal_the_oracle(number: int) -> None:
    scenario = generated.linux(number)
    rules = load(scenario.rules.items()).rules
    labels = rules.label(batch_of(scenario.events, EVENT_SCHEMA)).to_pylist()
    for event, found in zip(scenario.events, labels, strict=True):
        for rule in rules.rules:
            text = scenario.rules[rule.path]
            assert (rule.id in (found or ())) is oracle.matches(text, event, LINUX), (text, event)
