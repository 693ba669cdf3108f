"""Labels equal an independent slow oracle's, for generated rules and events."""

from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from tests.rules import generated, oracle

from foreseen.rules.document import RuleError
from foreseen.rules.parse import parse_rules
from foreseen.schema.arrow import EVENT_SCHEMA, batch_of

SLOW = settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@SLOW
@given(rule=generated.rules, events=st.lists(generated.events, min_size=1, max_size=12))
def test_labels_equal_the_oracle(rule: str, events: list[dict[str, object]]) -> None:
    try:
        rules = parse_rules([("generated.yml", rule)])
    except RuleError:
        reject()  # the strategies also make values that pySigma refuses, e.g. an empty keyword
    labels = rules.label(batch_of(events, EVENT_SCHEMA)).to_pylist()
    assert [bool(found) for found in labels] == [oracle.matches(rule, event) for event in events]
