"""Alignments: both sides whole and in order, as cheap as can be, and bounded."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.models.histories import hostile_text

from foreseen.models.explaining.alignment import LONGEST, Mark, Step, aligned, cost

few = st.lists(
    st.sampled_from(["execve a -x", "execve a -y", "execve b", "open a", "a", ""]), max_size=6
)
any_events = st.lists(st.one_of(hostile_text, st.sampled_from(["execve a", "a"])), max_size=30)


def sides(steps: Sequence[Step]) -> tuple[list[str], list[str]]:
    here = [step.here for step in steps if step.here is not None]
    there = [step.there for step in steps if step.there is not None]
    return here, there


@given(any_events, any_events)
def test_each_side_is_whole_and_in_order(here: list[str], there: list[str]) -> None:
    assert sides(aligned(here, there)) == (here, there)


@given(any_events, any_events)
def test_marks_say_what_stands_opposite(here: list[str], there: list[str]) -> None:
    for step in aligned(here, there):
        if step.mark is Mark.SAME:
            assert step.here == step.there is not None
        elif step.mark is Mark.AKIN:
            assert step.here is not None
            assert step.there is not None
            assert step.here != step.there
            assert step.here.split(" ")[:2] == step.there.split(" ")[:2]
        else:
            assert (step.here is None) is (step.mark is Mark.THERE)
            assert (step.there is None) is (step.mark is Mark.HERE)


@given(any_events)
def test_what_is_the_same_costs_nothing(events: list[str]) -> None:
    assert [step.mark for step in aligned(events, events)] == [Mark.SAME] * len(events)


@given(few, few)
def test_no_alignment_is_cheaper(here: list[str], there: list[str]) -> None:
    assert cost(aligned(here, there)) == cheapest(here, there)


def cheapest(here: Sequence[str], there: Sequence[str]) -> int:
    """By trying every alignment."""
    if not here or not there:
        return len(here) + len(there)
    tries = [1 + cheapest(here[1:], there), 1 + cheapest(here, there[1:])]
    ours, theirs = here[0].split(" "), there[0].split(" ")
    if here[0] == there[0]:
        tries.append(cheapest(here[1:], there[1:]))
    elif len(ours) > 1 and ours[:2] == theirs[:2]:
        tries.append(1 + cheapest(here[1:], there[1:]))
    return min(tries)


@given(any_events, any_events)
def test_the_other_way_round_it_costs_the_same(here: list[str], there: list[str]) -> None:
    assert cost(aligned(here, there)) == cost(aligned(there, here))


def test_an_event_too_many_and_other_arguments_are_found_where_they_are() -> None:
    here = ["execve date", "execve nc -l", "execve curl -o url", "execve cat"]
    there = ["execve date", "execve curl url", "execve cat", "execve sort"]
    found = [(step.mark.value, step.here, step.there) for step in aligned(here, there)]
    assert found == [
        ("=", "execve date", "execve date"),
        ("+", "execve nc -l", None),
        ("~", "execve curl -o url", "execve curl url"),
        ("=", "execve cat", "execve cat"),
        ("-", None, "execve sort"),
    ]


@pytest.mark.parametrize("words", ["curl", "execve  curl", "execve"])
def test_what_only_looks_akin_does_not_stand_opposite(words: str) -> None:
    assert Mark.AKIN not in {step.mark for step in aligned([words], ["execve curl -s"])}


def test_a_flood_is_cut_to_the_latest_events_of_each_side() -> None:
    flood = [f"execve a{number}" for number in range(100_000)]
    assert sides(aligned(flood, flood[:50])) == (flood[-LONGEST:], flood[:50])
