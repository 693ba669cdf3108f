"""Maps whose texts are joined are the maps that they stand for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreseen.schema.maps import MARK, Joined, map_array

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


@given(maps=st.lists(st.tuples(st.just(True), JOINABLE) | st.tuples(st.just(False), ANY)))
def test_joined_and_other_maps_are_the_same_array(maps: list[tuple[bool, dict[str, str]]]) -> None:
    mixed = [joined(texts) if is_joined else texts for is_joined, texts in maps]
    array = map_array(mixed)
    array.validate(full=True)
    wanted = map_array([texts for _, texts in maps])
    assert array.equals(wanted)
    assert [[name for name, _ in one] for one in array.to_pylist()] == [
        list(texts) for _, texts in maps
    ]


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
