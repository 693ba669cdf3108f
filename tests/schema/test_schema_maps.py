"""Maps whose texts are joined are the maps that they stand for."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreseen.schema.joined import MARK, Cell, Joined
from foreseen.schema.maps import map_array

TEXT = st.text(st.characters(exclude_characters=MARK, exclude_categories=["Cs"]))
JOINABLE = st.dictionaries(TEXT, TEXT, min_size=1, max_size=4)
ANY = st.dictionaries(
    st.text(), st.none() | st.text() | st.lists(st.text(), max_size=3), max_size=4
)


def joined(texts: dict[str, str]) -> Joined:
    return Joined(tuple(texts), MARK.join(texts.values()).encode())


@given(texts=JOINABLE)
def test_a_joined_map_reads_as_a_dict(texts: dict[str, str]) -> None:
    found = joined(texts)
    assert found == texts
    assert list(found) == list(texts)
    assert repr(found) == repr(texts)
    assert MARK not in found


def test_a_name_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError):
        joined({"a": "b"})["b"]


@given(joinable=st.lists(JOINABLE), others=st.lists(ANY), data=st.data())
def test_joined_maps_among_others_hold_what_they_stand_for(
    joinable: list[dict[str, str]], others: list[Mapping[str, Cell]], data: st.DataObject
) -> None:
    maps = data.draw(st.permutations([*map(joined, joinable), *others]))
    array = map_array(maps)
    array.validate(full=True)
    assert array.to_pylist() == [[(name, texts(one[name])) for name in one] for one in maps]


def texts(cell: Cell) -> list[str]:
    return [cell] if isinstance(cell, str) else list(cell or ())


@pytest.mark.parametrize("hostile", [MARK, f"{MARK}{MARK}", f"a{MARK}b", ""])
def test_a_text_with_the_mark_is_kept_beside_joined_ones(hostile: str) -> None:
    maps = [joined({"a": "1", "b": ""}), {"a": hostile, "c": [hostile, "x"], "d": None}, None, {}]
    array = map_array(maps)
    array.validate(full=True)
    assert array.to_pylist() == [
        [("a", ["1"]), ("b", [""])],
        [("a", [hostile]), ("c", [hostile, "x"]), ("d", [])],
        None,
        [],
    ]
