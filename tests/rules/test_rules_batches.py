"""Labels do not depend on how events come: cuts, order, types, what lies beside or came before."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.rules import generated

from foreseen.rules import load
from foreseen.rules.engine import matcher as matcher_module
from foreseen.rules.engine.engine import Engine
from foreseen.rules.engine.plans import Wanted
from foreseen.rules.ruleset import RuleSet, rule_set
from foreseen.schema.arrow import EVENT_SCHEMA, batch_of

Labels = list[list[str]]
numbers = st.integers(0, 2**63)
SOME = settings(max_examples=6, deadline=None)


def scenario(number: int) -> tuple[RuleSet, pa.RecordBatch]:
    made = generated.linux(number, rules=12, events=40)
    return load(made.rules.items()).rules, batch_of(made.events, EVENT_SCHEMA)


def again(rules: RuleSet) -> RuleSet:
    """The same rules without a memory."""
    return rule_set(rules.compiled)


def labels(rules: RuleSet, batch: pa.RecordBatch) -> Labels:
    return [list(map(str, found or ())) for found in rules.label(batch).to_pylist()]


def matches(engine: Engine, batch: pa.RecordBatch) -> Labels:
    """Numbers of rules by row, as texts."""
    found: Labels = [[] for _ in range(batch.num_rows)]
    for row, rule in zip(*(each.tolist() for each in engine.matches(batch)), strict=True):
        found[row].append(str(rule))
    return found


def engine_of(rules: RuleSet, **options: Any) -> Engine:  # noqa: ANN401
    return Engine([Wanted(each.scope.gates, each.tree) for each in rules.compiled], **options)


@SOME
@given(numbers)
def test_labels_do_not_depend_on_where_the_batch_is_cut(number: int) -> None:
    rules, batch = scenario(number)
    whole = labels(again(rules), batch)
    cuts = sorted({0, batch.num_rows, *generated.draw_of(number).sample(range(batch.num_rows), 4)})
    slices = [batch.slice(start, end - start) for start, end in pairwise(cuts)]
    assert [each for part in slices for each in labels(rules, part)] == whole
    assert [each for part in slices for each in labels(again(rules), part)] == whole
    one_by_one = [batch.slice(row, 1) for row in range(batch.num_rows)]
    assert [each for part in one_by_one for each in labels(rules, part)] == whole


@SOME
@given(numbers)
def test_labels_do_not_depend_on_the_order_of_rows_or_on_repeats(number: int) -> None:
    rules, batch = scenario(number)
    whole = labels(again(rules), batch)
    order = generated.draw_of(number).choices(range(batch.num_rows), k=2 * batch.num_rows)
    assert labels(rules, batch.take(pa.array(order))) == [whole[row] for row in order]


@SOME
@given(numbers)
def test_a_missing_column_reads_as_null(number: int) -> None:
    made = generated.linux(number, rules=12, events=40)
    gone = set(generated.draw_of(number).sample(generated.EVENT_COLUMNS, 5))
    rules = load(made.rules.items()).rules
    nulls = batch_of([{**event, **dict.fromkeys(gone)} for event in made.events], EVENT_SCHEMA)
    kept = [name for name in EVENT_SCHEMA.names if name not in gone]
    without = batch_of(made.events, EVENT_SCHEMA).select(kept)
    typeless = without
    for name in gone:
        typeless = typeless.append_column(name, pa.nulls(len(without), pa.null()))
    whole = labels(again(rules), nulls)
    assert labels(rules, without) == whole
    assert labels(again(rules), without) == whole
    assert labels(again(rules), typeless) == whole
    assert labels(again(rules), nulls.select(generated.EVENT_COLUMNS)) == whole


def _large(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_string(kind):
        return pa.large_string()
    if pa.types.is_list(kind):
        return pa.large_list(_large(kind.value_type))
    if pa.types.is_map(kind):
        return pa.map_(_large(kind.key_type), _large(kind.item_type))
    return kind


def _encoded(array: Any) -> Any:  # noqa: ANN401
    is_plain = pa.types.is_string(array.type) or pa.types.is_integer(array.type)
    return array.dictionary_encode() if is_plain else array


def _encoded_lists(array: Any) -> Any:  # noqa: ANN401
    if not pa.types.is_list(array.type):
        return _encoded(array)
    kind = pa.list_(pa.dictionary(pa.int32(), array.type.value_type))
    return pa.array(array.to_pylist(), kind)


def _inside_a_longer_one(array: Any) -> Any:  # noqa: ANN401
    return pa.concat_arrays([array, array, array]).slice(len(array), len(array))


def _narrow(array: Any) -> Any:  # noqa: ANN401
    return array.cast(pa.int32()) if pa.types.is_integer(array.type) else array


def _unused_words(array: Any) -> Any:  # noqa: ANN401
    """Dictionary columns as readers give them: words that no row uses, words twice."""
    if not pa.types.is_string(array.type):
        return array
    found = array.dictionary_encode()
    words = found.dictionary.to_pylist()
    doubled = pa.array([*words, "nobody", *words], pa.string())
    shifted = [
        None if i is None else i + (len(words) + 1) * (i % 2) for i in found.indices.to_pylist()
    ]
    return pa.DictionaryArray.from_arrays(pa.array(shifted, pa.int16()), doubled)


SHAPES: dict[str, Callable[[Any], Any]] = {
    "large": lambda array: array.cast(_large(array.type)),
    "encoded": _encoded,
    "encoded lists": _encoded_lists,
    "offsets": _inside_a_longer_one,
    "encoded offsets": lambda array: _inside_a_longer_one(_encoded(array)),
    "unused words": _unused_words,
}


@pytest.mark.parametrize("shape", SHAPES)
@settings(max_examples=3, deadline=None)
@given(number=numbers)
def test_labels_do_not_depend_on_the_type_of_columns(shape: str, number: int) -> None:
    rules, batch = scenario(number)
    arrays = [SHAPES[shape](batch.column(name)) for name in batch.schema.names]
    other = pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)
    assert labels(again(rules), other) == labels(rules, batch)


@settings(max_examples=3, deadline=None)
@given(number=numbers)
def test_narrow_whole_numbers_label_as_wide_ones(number: int) -> None:
    made = generated.linux(number, rules=12, events=40)
    rules = load(made.rules.items()).rules
    small = [{**event, "process_pid": index % 5} for index, event in enumerate(made.events)]
    batch = batch_of(small, EVENT_SCHEMA)
    arrays = [_narrow(batch.column(name)) for name in batch.schema.names]
    narrow = pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)
    assert labels(again(rules), narrow) == labels(rules, batch)


@settings(max_examples=2, deadline=None)
@given(number=numbers)
def test_a_rule_alone_labels_as_among_three_hundred(number: int) -> None:
    draw = generated.draw_of(number)
    sources, fields = generated.LINUX_SOURCES, generated.LINUX_FIELDS
    texts = [generated.rule(draw, draw.sample(fields, 2), sources) for _ in range(300)]
    files = generated.files(texts)
    batch = batch_of([generated.linux_event(draw) for _ in range(60)], EVENT_SCHEMA)
    crowd = load(files.items()).rules
    found = labels(crowd, batch)
    for rule in draw.sample(crowd.rules, 8):
        alone = labels(load([(rule.path, files[rule.path])]).rules, batch)
        assert alone == [[rule.id] if rule.id in each else [] for each in found]


@SOME
@given(number=numbers)
def test_what_was_labelled_before_changes_nothing(number: int) -> None:
    rules, batch = scenario(number)
    engine, fresh = engine_of(rules), matches(engine_of(rules), batch)
    for other in range(3):
        made = generated.linux(number + other + 1, events=30)
        engine.matches(batch_of(made.events, EVENT_SCHEMA))
    assert matches(engine, batch) == fresh
    for rows in (range(batch.num_rows), range(batch.num_rows - 1, -1, -1)):
        engine.forget()
        backwards = matches(engine, batch.take(pa.array(list(rows))))
        assert backwards == [fresh[row] for row in rows]
        assert matches(engine, batch) == fresh


def test_what_a_value_meant_before_forgetting_means_nothing_after() -> None:
    """Signatures are numbered anew: the first value may get the number that another one had."""
    texts = [
        generated.rule_text({"CommandLine": each}, {"Image": "a"}, "s1", {"product": "linux"})
        for each in ("x1", "x2")
    ]
    engine = engine_of(load(generated.files(texts).items()).rules)
    for line, rule in (("x1", "0"), ("x2", "1"), ("x1", "0")):
        batch = pa.record_batch({"product": ["auditd"], "process_cmd_line": [line]})
        assert matches(engine, batch) == [[rule]]
        engine.forget()


@settings(max_examples=4, deadline=None)
@given(number=numbers)
def test_a_memory_that_is_always_full_changes_nothing(number: int) -> None:
    rules, batch = scenario(number)
    fresh = matches(engine_of(rules), batch)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matcher_module, "_MEMORY_BYTES", 0)
        patch.setattr(matcher_module, "_MOST_PLANS", 1)
        engine = engine_of(rules)
        rows = [batch.slice(row, 3) for row in range(0, batch.num_rows, 3)]
        assert [each for part in rows for each in matches(engine, part)] == fresh


def test_memory_of_unique_values_stays_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matcher_module, "_MEMORY_BYTES", 1 << 20)
    text = generated.rule_text(
        {"CommandLine|endswith": "7"}, {"Image": "a"}, "s1", {"product": "linux"}
    )
    engine = engine_of(load([("x.yml", text)]).rules)
    for start in range(0, 24_000, 2_000):
        lines = [f"{'x' * 100}{n}" for n in range(start, start + 2_000)]
        batch = pa.record_batch({"product": ["auditd"] * 2_000, "process_cmd_line": lines})
        found = matches(engine, batch)
        assert found == [["0"] if line.endswith("7") else [] for line in lines]
        assert engine.bytes < 3 << 20


def test_very_long_texts_are_judged_whole_and_not_remembered() -> None:
    text = generated.rule_text(
        {"CommandLine|endswith": "the end"},
        {"CommandLine|re": r"^x+the"},
        "all of s*",
        {"product": "linux"},
    )
    engine = engine_of(load([("x.yml", text)]).rules)
    lines = ["x" * 3_000_000 + "the end", "x" * 3_000_000 + "the end.", "xthe end"]
    batch = pa.record_batch({"product": ["auditd"] * 3, "process_cmd_line": lines})
    assert matches(engine, batch) == [["0"], [], ["0"]]
    assert engine.bytes < 100_000


def test_what_lies_behind_a_null_map_is_not_there() -> None:
    """Arrow lets a null have entries below it; readers and kernels leave such."""
    text = generated.rule_text({"other": "x"}, {"Image": "a"}, "s1", {"product": "linux"})
    rules = load([("x.yml", text)]).rules
    kind = pa.map_(pa.string(), pa.list_(pa.string()))
    full: Any = pa.array([[("other", ["x"])]] * 3, kind)
    holes = pa.Array.from_buffers(
        full.type, 3, [pa.py_buffer(b"\x05"), full.buffers()[1]], children=[_entries(full)]
    )
    assert holes.is_null().to_pylist() == [False, True, False]
    batch = pa.record_batch({"product": ["auditd"] * 3, "unmapped": holes})
    assert [bool(found) for found in labels(rules, batch)] == [True, False, True]


def _entries(maps: Any) -> Any:  # noqa: ANN401
    fields = [maps.type.key_field, maps.type.item_field]
    return pa.StructArray.from_arrays([maps.keys, maps.items], fields=fields)


def test_an_empty_batch_has_no_labels() -> None:
    rules, batch = scenario(1)
    found = rules.label(batch.slice(0, 0))
    assert (len(found), found.type) == (0, pa.list_(pa.string()))
    assert rules.label(pa.record_batch({"product": pa.array([], pa.string())})).to_pylist() == []


def test_counters_tell_hits_and_trials() -> None:
    rules, batch = scenario(5)
    found = labels(rules, batch)
    counts = rules.counts()
    for rule in rules.rules:
        assert counts[rule.id].hits == sum(rule.id in each for each in found)
        assert counts[rule.id].trials <= batch.num_rows
    assert np.sum([count.hits for count in counts.values()]) > 0


def test_events_that_differ_in_one_field_only_are_told_apart() -> None:
    fields = {
        "process_path": "Image",
        "process_cmd_line": "CommandLine",
        "parent_path": "ParentImage",
        "process_user_name": "User",
        "dst_ip": "DestinationIp",
        "file_path": "file_path",
    }
    texts = [
        generated.rule_text({name: "x"}, {"Image": "a"}, "s1", {"product": "linux"})
        for name in fields.values()
    ]
    rules = load(generated.files(texts).items()).rules
    base: dict[str, object] = {"product": "auditd", **dict.fromkeys(fields, "a")}
    events = [base, *({**base, column: "x"} for column in fields), base]
    found = matches(engine_of(rules), batch_of(events, EVENT_SCHEMA))
    assert found == [[], *([str(number)] for number in range(len(fields))), []]


@pytest.mark.parametrize(
    ("relation", "hits"),
    [
        ("fieldref", ["q1 Q1"]),
        ("fieldref|startswith", ["q1 Q1", "q12 Q1", "q1 "]),
        ("fieldref|endswith", ["q1 Q1", "7q1 q1", "q1 "]),
        ("fieldref|contains", ["q1 Q1", "q12 Q1", "7q1 q1", "7q12 q1", "q1 "]),
    ],
)
def test_fields_that_only_stand_to_each_other_otherwise_are_told_apart(
    relation: str, hits: list[str]
) -> None:
    """Nothing but the comparison tells these events apart."""
    text = generated.rule_text(
        {f"Image|{relation}": "ParentImage"}, {"Image": "a"}, "s1", {"product": "linux"}
    )
    pairs = ["q1 q2", "q1 Q1", "q12 Q1", "7q1 q1", "7q12 q1", "q1 q12", "q1 "] * 2
    events: list[dict[str, object]] = [
        {"product": "auditd", "process_path": path, "parent_path": parent}
        for path, parent in (pair.split(" ") for pair in pairs)
    ]
    found = matches(engine_of(load([("x.yml", text)]).rules), batch_of(events, EVENT_SCHEMA))
    assert [pair for pair, each in zip(pairs, found, strict=True) if each] == hits * 2


def test_hundreds_of_kinds_of_events_are_told_apart() -> None:
    """Kinds are numbered by their place among all combinations of values of the batch."""
    text = generated.rule_text({"event_type": "t77"}, {"Image": "a"}, "s1", {"product": "linux"})
    rules = load([("x.yml", text)]).rules
    events: Sequence[dict[str, object]] = [
        {
            "product": ["auditd", "falco", None, "osquery"][n % 4],
            "class_uid": 1000 + n % 7,
            "activity_id": n % 5,
            "status_id": n % 3,
            "log_name": f"l{n % 50}",
            "event_type": f"t{n % 90}",
        }
        for n in range(3_000)
    ]
    found = labels(rules, batch_of(events, EVENT_SCHEMA))
    expected = [event["product"] is not None and event["event_type"] == "t77" for event in events]
    assert [bool(each) for each in found] == expected
