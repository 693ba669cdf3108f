"""Nested JSON to dotted names: every value is found again, whatever its shape."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreseen.parsers.json_flat import (
    DEPTH_LIMIT,
    NAME_LIMIT,
    REST,
    VALUE_LIMIT,
    Flat,
    flatten,
    json_text,
    lift,
    places_of,
    text_of,
)
from foreseen.schema.arrow import EVENT_SCHEMA, batch_of

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 64) - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=25,
)
RECORDS = st.dictionaries(st.text(max_size=4), JSON, max_size=6)


def leaves(value: object) -> list[str]:
    """Texts of all scalars that are not null, in any order."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [text for one in value for text in leaves(one)]
    text = text_of(value)
    return [] if text is None else [text]


def texts(flat: Flat) -> list[str]:
    found = []
    for value in flat.values():
        found += [value] if isinstance(value, str) else value or []
    return found


@given(RECORDS)
def test_every_value_is_kept_exactly_once(record: dict[str, object]) -> None:
    assert sorted(texts(flatten(record))) == sorted(leaves(record))


@given(RECORDS)
def test_every_top_level_name_is_there(record: dict[str, object]) -> None:
    flat = flatten(record)
    for key in record:
        assert any(name == key or name.startswith(key + ".") for name in flat)


@given(RECORDS)
def test_a_record_is_left_as_it_was(record: dict[str, object]) -> None:
    before = orjson.dumps(record)
    flatten(record)
    assert orjson.dumps(record) == before


@given(st.lists(RECORDS, min_size=1, max_size=3))
def test_arrow_takes_what_comes_out(records: list[dict[str, object]]) -> None:
    flats = [flatten(record) for record in records]
    batch = batch_of([{"unmapped": flat} for flat in flats], EVENT_SCHEMA)
    stored = [dict(row or ()) for row in batch.column("unmapped").to_pylist()]
    assert stored == [
        {name: [value] if isinstance(value, str) else value or [] for name, value in flat.items()}
        for flat in flats
    ]


def test_members_of_objects_in_a_list_share_a_name() -> None:
    record = {"spec": {"containers": [{"image": "a", "ports": [{"n": 1}]}, {"image": "b"}]}}
    assert flatten(record) == {
        "spec.containers.image": ["a", "b"],
        "spec.containers.ports.n": "1",
    }


def test_null_and_empty_are_present_without_a_value() -> None:
    record: dict[str, object] = {
        "a": None,
        "b": {},
        "c": [],
        "d": [None],
        "e": ["x", None],
        "f": [{"g": None}],
    }
    flat = flatten(record)
    assert flat == {"a": None, "b": None, "c": None, "d": None, "e": ["x"], "f.g": None}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (4688, "4688"),
        (1.0, "1"),
        (-0.0, "0"),
        (0.1, "0.1"),
        (1e22, "1e+22"),
        (True, "true"),
        (False, "false"),
        ("", ""),
        ((1 << 64) - 1, "18446744073709551615"),
    ],
)
def test_scalars_have_one_canonical_text(value: object, text: str) -> None:
    assert text_of(value) == text


def test_text_that_is_json_stays_a_text() -> None:
    assert flatten({"policy": '{"a":1}'}) == {"policy": '{"a":1}'}


def test_dotted_keys_that_meet_keep_both_values() -> None:
    assert flatten({"a.b": 1, "a": {"b": 2}}) == {"a.b": ["1", "2"]}


def test_what_lies_deeper_than_the_limit_is_json_text() -> None:
    nested: object = {"k": "v"}
    for _ in range(900):
        nested = {"a": nested}
    flat = flatten({"a": nested})
    ((name, value),) = flat.items()
    assert name == ".".join("a" * (DEPTH_LIMIT + 1))
    assert isinstance(value, str)
    assert value.startswith('{"a":{')
    assert value.endswith('{"k":"v"}' + "}" * (901 - DEPTH_LIMIT - 1))


def test_deep_lists_are_json_text_too() -> None:
    nested: object = "bottom"
    for _ in range(200):
        nested = [nested]
    (value,) = texts(flatten({"a": nested}))
    depth = 200 - DEPTH_LIMIT
    assert value == "[" * depth + '"bottom"' + "]" * depth


def test_more_values_than_the_limit_stay_together_as_json_text() -> None:
    wide = {f"k{number}": number for number in range(VALUE_LIMIT)}
    flat = flatten({"few": {"a": 1}, "many": wide})
    assert flat["few.a"] == "1"
    assert flat["many"] == orjson.dumps(wide).decode()
    assert len(flat) == 2


def test_a_record_of_100_000_keys_keeps_them_all() -> None:
    record = {f"k{number}": number for number in range(100_000)}
    flat = flatten(record)
    rest = orjson.loads(str(flat.pop(REST)))
    assert len(flat) == VALUE_LIMIT - 1
    assert {**{name: int(str(text)) for name, text in flat.items()}, **rest} == record


def test_long_names_are_not_repeated_for_what_lies_below() -> None:
    long = "n" * (NAME_LIMIT + 1)
    below = {f"k{number}": number for number in range(1000)}
    assert flatten({long: below}) == {long: orjson.dumps(below).decode()}


@given(RECORDS)
def test_json_text_reads_back(record: dict[str, object]) -> None:
    assert orjson.loads(json_text(record)) == orjson.loads(orjson.dumps(record))


def test_json_text_does_not_end_where_orjson_does() -> None:
    nested: object = [1.5, None, True, 'q"', {"c": 1 << 70}, []]
    for level in range(600):
        nested = {"a": nested, "b": {}} if level % 2 else [level, nested]
    text = json_text(nested)
    bottom = f'[1.5,null,true,"q\\"",{{"c":{1 << 70}}},[]]'
    assert text.startswith('{"a":[598,{"a":[596,')
    assert bottom in text
    assert len(text) == len(bottom) + sum(
        len('{"a":,"b":{}}') if level % 2 else len(f"[{level},]") for level in range(600)
    )


def test_lifted_fields_are_taken_out_and_the_rest_stays() -> None:
    places = places_of({"a": "one", "b.c": "two", "b.d": "three", "e": "four", "f.g": "five"})
    record: dict[str, object] = {"a": "x", "b": {"c": 7, "d": {"z": 1}}, "e": None, "f": {"g": "y"}}
    assert lift(record, places) == {"one": "x", "two": "7", "five": "y"}
    assert record == {"b": {"d": {"z": 1}}, "e": None}
