"""Columns: declared once, complete, and kept by the batches made of rows."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreseen.schema.arrow import (
    EVENT_SCHEMA,
    MATCH_SCHEMA,
    PREDICTION_SCHEMA,
    QUARANTINE_SCHEMA,
    arrow_schema,
    batch_of,
    integers,
    texts,
)
from foreseen.schema.columns import (
    EVENT_COLUMNS,
    IDENTITY,
    MATCH_COLUMNS,
    PARSED,
    PREDICTION_COLUMNS,
    QUARANTINE_COLUMNS,
    WINDOW,
    Column,
    Kind,
)

TABLES = {
    "events": (EVENT_COLUMNS, EVENT_SCHEMA),
    "matches": (MATCH_COLUMNS, MATCH_SCHEMA),
    "predictions": (PREDICTION_COLUMNS, PREDICTION_SCHEMA),
    "quarantine": (QUARANTINE_COLUMNS, QUARANTINE_SCHEMA),
}
VALUES: dict[Kind, st.SearchStrategy[object]] = {
    Kind.STRING: st.text(),
    Kind.INT: st.integers(-(2**63), 2**63 - 1),
    Kind.FLOAT: st.floats(allow_nan=False),
    Kind.BOOL: st.booleans(),
    Kind.STRINGS: st.lists(st.none() | st.text(), max_size=3),
    Kind.INTS: st.lists(st.integers(-(2**63), 2**63 - 1), max_size=3),
    Kind.MAP: st.dictionaries(
        st.text(), st.none() | st.text() | st.lists(st.text(), max_size=3), max_size=3
    ),
}


@pytest.mark.parametrize("table", TABLES)
def test_names_are_unique_lower_case_and_explained(table: str) -> None:
    columns, schema = TABLES[table]
    assert len({column.name for column in columns}) == len(columns) == len(schema)
    for column in columns:
        assert column.name.isidentifier()
        assert column.name == column.name.lower()
        assert column.meaning


def test_every_table_names_its_tenant() -> None:
    assert all("tenant" in schema.names for _, schema in TABLES.values())


def test_a_match_is_its_event_without_raw_text_and_with_its_window() -> None:
    names = {column.name for column in MATCH_COLUMNS}
    assert names == {c.name for c in (*EVENT_COLUMNS, *WINDOW)} - {"raw", "labels"}


def test_identity_and_parsed_columns_do_not_overlap() -> None:
    assert not {c.name for c in IDENTITY} & {c.name for c in PARSED}


@given(data=st.data())
def test_rows_come_back_as_they_went_in(data: st.DataObject) -> None:
    columns = [Column(kind.name.lower(), kind, "", "test") for kind in Kind]
    row = st.fixed_dictionaries({}, optional={c.name: st.none() | VALUES[c.kind] for c in columns})
    rows = data.draw(st.lists(row, max_size=5))
    batch = batch_of(rows, arrow_schema(columns))
    batch.validate(full=True)
    names = [column.name for column in columns]
    assert batch.to_pylist() == [{name: _read(row.get(name)) for name in names} for row in rows]


def _read(value: object) -> object:
    """A map comes back as pairs of a name and its texts: one, several, or none for a null."""
    if not isinstance(value, dict):
        return value
    return [
        (name, [cell] if isinstance(cell, str) else list(cell or ()))
        for name, cell in value.items()
    ]


def test_a_batch_of_many_rows_keeps_their_order() -> None:
    rows = [
        {"seq": number, "unmapped": {"a": str(number), "b": [str(number)] * (number % 3)}}
        if number % 5
        else {"stream": "s"}
        for number in range(1_000)
    ]
    batch = batch_of(rows, EVENT_SCHEMA)
    batch.validate(full=True)
    assert batch.column("seq").to_pylist() == [row.get("seq") for row in rows]
    assert batch.column("unmapped").to_pylist() == [_read(row.get("unmapped")) for row in rows]
    assert batch.column("tenant").null_count == len(rows)


def test_no_rows_are_an_empty_batch() -> None:
    assert batch_of([], EVENT_SCHEMA).num_rows == 0


@pytest.mark.parametrize("unmapped", [{"a": 7}, {"a": [7]}, {7: "a"}, {"a": {"b": "c"}.items()}])
def test_a_map_of_anything_but_texts_is_refused(unmapped: object) -> None:
    with pytest.raises((pa.ArrowInvalid, pa.ArrowTypeError, TypeError)):
        batch_of([{"unmapped": unmapped}], EVENT_SCHEMA)


def test_what_no_column_declares_is_left_out() -> None:
    batch = batch_of([{"tenant": "a", "surplus": 1}], EVENT_SCHEMA)
    assert batch.schema == EVENT_SCHEMA
    assert batch.column("tenant").to_pylist() == ["a"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("time", "noon"), ("time", []), ("stream", 7), ("lineage", 7), ("window_seqs", ["a"])],
)
def test_a_value_of_another_type_is_refused(name: str, value: object) -> None:
    schema = MATCH_SCHEMA if name == "window_seqs" else EVENT_SCHEMA
    with pytest.raises((pa.ArrowInvalid, pa.ArrowTypeError)):
        batch_of([{name: value}], schema)


def test_nulls_read_as_empty_text_and_zero() -> None:
    batch = batch_of([{"stream": "a", "seq": 5}, {}], EVENT_SCHEMA)
    table = pa.Table.from_batches([batch, batch])
    assert texts(batch, "stream") == ["a", ""]
    assert integers(batch, "seq") == [5, 0]
    assert texts(table, "stream") == ["a", ""] * 2
