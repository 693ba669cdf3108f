"""Shaped rows are the dicts that they stand for, alone and in batches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreseen.schema.arrow import EVENT_SCHEMA, batch_of
from foreseen.schema.joined import MARK
from foreseen.schema.shaped import Shape, Shaped

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
PLAIN = st.text(st.characters(exclude_characters=MARK, exclude_categories=["Cs"]), max_size=5)
NUMBER = st.none() | st.integers(-(2**63), 2**63 - 1)
TEXTS = ("log_provider", "process_path", "process_name")
INTEGERS = ("process_pid", "src_port")


@st.composite
def shapes(draw: st.DrawFn) -> Shape:
    """Any of the columns in any order, constant or not; some in both ways in different shapes."""
    texts = draw(st.lists(st.sampled_from(TEXTS), unique=True))
    integers = draw(st.lists(st.sampled_from(INTEGERS), unique=True))
    constants: dict[str, str | int | None] = {"class_uid": draw(st.integers(0, 3))}
    for name, values in [(one, TEXT) for one in TEXTS] + [(one, NUMBER) for one in INTEGERS]:
        if name not in texts and name not in integers and draw(st.booleans()):
            constants[name] = draw(values)
    names = draw(st.lists(TEXT, unique=True, max_size=3))
    return Shape(constants, tuple(texts), tuple(integers), tuple(names))


@st.composite
def shaped(draw: st.DrawFn, shape: Shape) -> Shaped:
    """A row of the shape; half of them say something that cannot be joined."""
    texts = [draw(TEXT) for _ in shape.texts]
    integers = [draw(NUMBER) for _ in shape.integers]
    can_join = not any(MARK in text for text in texts)
    kept = [draw(PLAIN) for _ in shape.names]
    is_joined = draw(st.booleans())
    other = draw(st.dictionaries(TEXT, st.none() | TEXT | st.lists(TEXT, max_size=2), max_size=2))
    return Shaped(
        shape,
        MARK.join(texts).encode() if can_join else texts,
        integers,
        draw(TEXT).encode(),
        MARK.join(kept).encode() if kept and is_joined else other,
    )


@st.composite
def rows(draw: st.DrawFn) -> list[Shaped]:
    """Rows of several shapes, mixed."""
    of: list[Shape] = draw(st.lists(shapes(), min_size=1, max_size=4))
    return [draw(shaped(draw(st.sampled_from(of)))) for _ in range(draw(st.integers(0, 6)))]


@given(rows=rows())
def test_a_shaped_row_reads_as_a_dict(rows: list[Shaped]) -> None:
    for row in rows:
        as_dict = dict(row)
        assert len(row) == len(as_dict)
        assert repr(row) == repr(as_dict)
        assert row.get("no such column") is None
        assert as_dict["raw"] == row.raw.decode()
        assert [as_dict[name] for name in row.shape.texts] == list(row.opened())


@given(rows=rows(), data=st.data())
def test_a_batch_of_shaped_rows_is_that_of_their_dicts(
    rows: list[Shaped], data: st.DataObject
) -> None:
    expected = batch_of([dict(row) for row in rows], EVENT_SCHEMA)
    whole = batch_of(rows, EVENT_SCHEMA)
    whole.validate(full=True)
    assert whole.equals(expected)
    mixed = [row if data.draw(st.booleans()) else dict(row) for row in rows]
    assert batch_of(mixed, EVENT_SCHEMA).equals(expected)


def test_thousands_of_shaped_rows_keep_their_order_among_others() -> None:
    shape = Shape({"product": "windows"}, ("process_path",), ("process_pid",), ("a", "b"))
    other = Shape({"process_path": "same"}, (), (), ("b",))
    rows: list[Shaped | dict[str, object]] = []
    for number in range(3_000):
        text = str(number)
        if number % 3 == 0:
            kept = f"{text}{MARK}é".encode()
            rows.append(Shaped(shape, text.encode(), [number], text.encode(), kept))
        elif number % 3 == 1:
            rows.append(Shaped(other, b"", (), text.encode(), {} if number % 2 else b""))
        else:
            rows.append({"process_path": text, "raw": text, "unmapped": None})
    batch = batch_of(rows, EVENT_SCHEMA)
    batch.validate(full=True)
    assert batch.equals(batch_of([dict(row) for row in rows], EVENT_SCHEMA))
    assert batch.column("raw").to_pylist() == [str(number) for number in range(3_000)]


def test_columns_beside_the_rows_come_first() -> None:
    row = Shaped(Shape({"host": "of the row"}, (), (), ()), b"", (), b"{}", {})
    for one in (row, dict(row)):
        batch = batch_of([one], EVENT_SCHEMA, {"host": ["beside"], "time": [7]})
        assert batch.column("host").to_pylist() == ["beside"]
        assert batch.column("time").to_pylist() == [7]


def test_a_column_that_a_row_lacks_is_an_error() -> None:
    row = Shaped(Shape({}, (), (), ()), b"", (), b"", {})
    with pytest.raises(KeyError):
        row["process_path"]
