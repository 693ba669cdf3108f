"""Labels of Linux events equal an independent slow oracle's, for generated rules and events."""

from hypothesis import HealthCheck, given, settings
from tests.rules import generated, oracle
from tests.rules.worlds import LINUX

from foreseen.rules import load
from foreseen.schema.arrow import EVENT_SCHEMA, batch_of

SLOW = settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@SLOW
@given(generated.linux)
def test_labels_of_linux_events_equal_the_oracle(
    scenario: tuple[list[str], list[dict[str, object]]],
) -> None:
    texts, events = scenario
    files = generated.files(texts)
    rules = load(files).rules
    labels = rules.label(batch_of(events, EVENT_SCHEMA)).to_pylist()
    loaded = {rule.id: dict(files)[rule.path] for rule in rules.rules}
    for event, found in zip(events, labels, strict=True):
        for name, text in loaded.items():
            assert (name in found) is oracle.matches(text, event, LINUX), (text, event)
