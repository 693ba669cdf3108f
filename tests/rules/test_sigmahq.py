"""All of SigmaHQ: every log source has a meaning, every field a place, every rule an answer."""

from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import product
from pathlib import Path

import pytest
import yaml
from tests.rules.sigmahq_rules import rule_texts

from foreseen.rules.document import RuleError, documents_of
from foreseen.rules.engine.derived import DERIVED
from foreseen.rules.logsources import Gate, admits, known, scope_of
from foreseen.rules.parse import compiled_rule
from foreseen.rules.places import EventKind, Place, keyword_places, places_of
from foreseen.rules.rule import Logsource
from foreseen.rules.tree import Origin
from foreseen.schema.columns import EVENT_COLUMNS

RULES = 3_754
COLUMNS = {column.name for column in EVENT_COLUMNS}
#: Appliances that we have no parser for.
NOT_COLLECTED = {"cisco", "fortigate", "fortios", "huawei", "juniper", "paloalto"}


@cache
def rules(data: Path) -> list[tuple[Logsource, frozenset[str]]]:
    """Log source and field names of each rule; a keyword has the empty name."""
    return [_told(yaml.load(text, yaml.CSafeLoader)) for text in rule_texts(data).values()]


def _told(document: dict[str, dict[str, object]]) -> tuple[Logsource, frozenset[str]]:
    source = {name: str(document["logsource"].get(name) or "") for name in Logsource.__slots__}
    searches = [v for name, v in document["detection"].items() if name != "condition"]
    fields = {name for search in searches for name in _fields(search)}
    return Logsource(**source), frozenset(fields)


def _fields(search: object) -> Iterator[str]:
    if isinstance(search, dict):
        yield from (name.split("|")[0] for name in search)
    elif isinstance(search, list):
        for each in search:
            yield from _fields(each) if isinstance(each, dict) else ("",)
    else:
        yield ""


def kinds(gate: Gate) -> list[EventKind]:
    """A kind of event for every log and event id of a gate."""
    return [
        EventKind(class_uid, activity, 1, recorder, log, event)
        for class_uid, activity, recorder, log, event in product(
            gate.classes or (None,),
            gate.activities or (None,),
            gate.products or ("json",),
            gate.log_names or (None,),
            gate.event_types or ("1",),
        )
    ]


def exists(place: Place) -> bool:
    names = {Origin.COLUMN: COLUMNS, Origin.DERIVED: DERIVED}.get(place.origin)
    if names is None:
        return bool(place.name) and " " not in place.name
    return place.name in names


def test_every_rule_has_a_scope_that_some_event_can_enter(foreseen_data: Path) -> None:
    assert len(rules(foreseen_data)) == RULES
    for source in {source for source, _ in rules(foreseen_data)}:
        scope = scope_of(source)
        assert scope.name == str(source)
        assert scope.gates, source
        for gate in scope.gates:
            assert gate != Gate(), source
            assert all(admits(gate, kind) for kind in kinds(gate)), source


def test_every_field_of_every_rule_has_a_place_for_every_kind_of_event(
    foreseen_data: Path,
) -> None:
    fields: dict[Logsource, set[str]] = {}
    for source, names in rules(foreseen_data):
        fields.setdefault(source, set()).update(names)
    looked = 0
    for source, every in fields.items():
        scope = scope_of(source)
        for kind in (kind for gate in scope.gates for kind in kinds(gate)):
            for name in every:
                places = places_of(scope.namespace, name, kind) if name else keyword_places(kind)
                assert places, (source, name)
                assert all(exists(place) for place in places), (source, name, places)
                assert len(set(places)) == len(places)
                looked += 1
    assert looked > len(fields)


def test_only_appliances_without_a_parser_are_unknown_log_sources(foreseen_data: Path) -> None:
    unknown = Counter(source.product for source, _ in rules(foreseen_data) if not known(source))
    assert set(unknown) == NOT_COLLECTED
    assert unknown.total() / RULES < 0.01


@pytest.mark.parametrize("product", ["windows", "linux", "aws", "kubernetes", "macos", "zeek", ""])
def test_every_log_source_of_what_is_collected_is_known(foreseen_data: Path, product: str) -> None:
    sources = {source for source, _ in rules(foreseen_data) if source.product == product}
    assert sources
    assert [source for source in sources if not known(source)] == []


@pytest.mark.long
def test_every_rule_compiles_or_has_a_placeholder_without_a_list(foreseen_data: Path) -> None:
    compiled, refused = 0, []
    for path, text in rule_texts(foreseen_data).items():
        try:
            compiled += len([compiled_rule(each, {}) for each in documents_of(path, text)])
        except RuleError as error:
            refused.append(error)
    assert compiled + len(refused) == RULES
    # the specification: a rule with a placeholder that the tool cannot expand must be rejected
    assert [error for error in refused if "placeholder" not in error.message] == []
    assert all("|expand" in rule_texts(foreseen_data)[error.path] for error in refused)
