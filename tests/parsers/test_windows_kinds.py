"""The table of Windows events is whole, and says exactly where each field is."""

import tomllib
from importlib import resources

import pytest

from foreseen.parsers.windows_event import columns_of
from foreseen.parsers.windows_event_kinds import KINDS, SYSTEM_COLUMNS, kind_of, kinds_of
from foreseen.schema.columns import IDENTITY, PARSED, Kind

TYPES = {column.name: column.kind for column in IDENTITY + PARSED}


def test_texts_go_to_columns_of_text_and_numbers_to_columns_of_numbers() -> None:
    for kind in KINDS.values():
        assert {TYPES[column] for column in kind.columns.values()} == {Kind.STRING}
        assert {TYPES[column] for column in kind.numbers.values()} <= {Kind.INT}


def test_no_two_fields_of_an_event_share_a_column() -> None:
    for kind in KINDS.values():
        assert len(set(kind.columns.values())) == len(kind.columns)


def test_no_field_is_both_text_and_number_and_every_choice_has_cases() -> None:
    for kind in KINDS.values():
        assert not kind.columns.keys() & kind.numbers.keys()
        assert bool(kind.by) == bool(kind.cases)


def test_every_group_of_the_table_is_used_and_every_use_names_a_group() -> None:
    data = resources.files("foreseen.parsers").joinpath("windows_events.toml").read_text("utf-8")
    table = tomllib.loads(data)
    groups = table["texts"].keys() | table["numbers"].keys()
    assert {name for event in table["event"] for name in event.get("fields", ())} == groups


def test_what_names_the_event_is_known_of_every_event() -> None:
    assert columns_of("no such channel", "1") == SYSTEM_COLUMNS
    known = [columns_of(channel, number) for channel, number in KINDS if number != "104"]
    assert all(SYSTEM_COLUMNS.items() <= columns.items() for columns in known)


def test_the_case_of_a_channel_does_not_matter() -> None:
    assert kind_of("SECURITY", "4688") is kind_of("Security", "4688")
    assert kind_of("Security", "4688").class_uid == 1007


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ({"ids": [1]}, "event 1 of Example comes twice"),
        ({"ids": [2], "texts": {"A": "file_path", "B": "file_path"}}, "event 2 of Example: a"),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(
    second: dict[str, object], message: str
) -> None:
    event = {"channel": "Example", "ids": [1], "class": 0, "activity": 0}
    table = {"texts": {}, "numbers": {}, "event": [event, event | second]}
    with pytest.raises(ValueError, match=message):
        kinds_of(table)
