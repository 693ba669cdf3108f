"""Rules that ask for texts as short as one letter: asked in two passes, labelled as written."""

from itertools import product

import pyarrow as pa
import pytest
from tests.rules import generated

from foreseen.rules import load
from foreseen.rules.engine.engine import Engine
from foreseen.rules.engine.loosened import loosened
from foreseen.rules.engine.plans import Wanted
from foreseen.rules.ruleset import RuleSet

SOURCE = {"product": "linux"}
SELECTIONS: dict[str, object] = {
    "all short and long": {"CommandLine|contains|all": ["i", "9", "update"]},
    "any short": {"Image|endswith": "/service", "CommandLine|contains": ["i", "u"]},
    "only short": {"CommandLine|contains|all": ["i", "9"]},
    "cased": {"CommandLine|contains|cased": "I", "Image|endswith": "/service"},
}
CONDITIONS = ["s1 and s2", "s1 and not s2", "s1 or s2", "not s1 and s2", "not (s1 and not s2)"]
OTHER = {"Image|endswith": "/service", "CommandLine|contains": ["-x", "#"]}


def rules_of(selection: object, condition: str) -> RuleSet:
    text = generated.rule_text(selection, OTHER, condition, SOURCE)
    return load([("x.yml", text)]).rules


def batch() -> pa.RecordBatch:
    lines = [
        " ".join(words)
        for words in product(["", "i", "I"], ["", "9", "u"], ["", "update"], ["", "-x", "#"])
    ]
    rows = [
        (path, line) for path in ("/bin/service", "/bin/other", None) for line in [*lines, None]
    ]
    return pa.record_batch(
        {
            "product": ["auditd"] * len(rows),
            "process_path": pa.array([path for path, _ in rows], pa.string()),
            "process_cmd_line": pa.array([line for _, line in rows], pa.string()),
        }
    )


@pytest.mark.parametrize("condition", CONDITIONS)
@pytest.mark.parametrize("name", SELECTIONS)
def test_labels_are_those_of_the_rule_as_written(name: str, condition: str) -> None:
    rules = rules_of(SELECTIONS[name], condition)
    events = batch()
    engine = Engine([Wanted(each.scope.gates, each.tree) for each in rules.compiled])
    expected = [
        _holds(name, condition, path or "", line or "")
        for path, line in zip(
            events["process_path"].to_pylist(), events["process_cmd_line"].to_pylist(), strict=True
        )
    ]
    rows, _ = engine.matches(events)
    assert rows.tolist() == [row for row, holds in enumerate(expected) if holds]
    assert engine.hits.tolist() == [sum(expected)]


def test_a_rule_is_loosened_only_where_something_telling_is_left() -> None:
    made = {
        name: loosened(rules_of(selection, "s1").compiled[0].tree) is not None
        for name, selection in SELECTIONS.items()
    }
    assert made == {
        "all short and long": True,
        "any short": True,
        "only short": False,
        "cased": True,
    }


def _holds(name: str, condition: str, path: str, line: str) -> bool:
    low, service = line.lower(), path.endswith("/service")
    first = {
        "all short and long": all(word in low for word in ("i", "9", "update")),
        "any short": service and ("i" in low or "u" in low),
        "only short": "i" in low and "9" in low,
        "cased": "I" in line and service,
    }[name]
    second = service and ("-x" in low or "#" in low)
    return {
        "s1 and s2": first and second,
        "s1 and not s2": first and not second,
        "s1 or s2": first or second,
        "not s1 and s2": not first and second,
        "not (s1 and not s2)": not (first and not second),
    }[condition]
