"""Several weak signs together: the arithmetic, checked against chance itself."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreseen.alerts.stories import (
    MOST_LOWS,
    MOST_OF_ONE,
    MOST_TRACES,
    REACH,
    WEAK,
    Sign,
    Stories,
    Traces,
    truncated_product,
    weigh,
)

NOW = 1_795_287_000_000


def sign(  # noqa: PLR0913 (what a sign has)
    number: int,
    rule: str = "a",
    stream: str = "web-1/0",
    *,
    time: int = NOW,
    probability: float = 0.1,
    event: str = "",
) -> Sign:
    return Sign(f"match-{number}", event or f"event-{number}", rule, stream, time, probability)


def traces_of(*signs: Sign) -> dict[tuple[str, str], Traces]:
    found: dict[tuple[str, str], Traces] = {}
    for each in signs:
        found.setdefault((each.rule, each.stream), Traces()).add(each)
    return found


@pytest.mark.parametrize("number", [1, 2, 5, 12])
@pytest.mark.parametrize("share", [0.01, 0.05, 0.1])
def test_where_nothing_is_wrong_it_is_as_rare_as_it_says(number: int, share: float) -> None:
    chance = random.Random(number)  # noqa: S311 (an experiment, no secret)
    rounds = 20_000
    hits = sum(
        truncated_product([chance.random() for _ in range(number)]) <= share for _ in range(rounds)
    )
    assert hits / rounds == pytest.approx(share, abs=4 * (share / rounds) ** 0.5)


@given(st.lists(st.floats(0.0, 1.0), max_size=40))
def test_it_is_a_share_and_needs_something_odd(probabilities: list[float]) -> None:
    found = truncated_product(probabilities)
    assert 0.0 <= found <= 1.0
    assert (found == 1.0) >= (min(probabilities, default=1.0) > WEAK)


def test_many_matches_of_one_rule_weigh_less_than_one() -> None:
    one = weigh(traces_of(sign(1)), NOW)
    many = weigh(traces_of(*(sign(number) for number in range(50))), NOW)
    assert one.probability < many.probability == 1.0
    assert many.signs == ()


def test_an_event_counts_once_for_the_rule_that_it_is_oddest_to() -> None:
    same = [
        sign(1, "a", event="e", probability=0.1),
        sign(2, "b", event="e", probability=0.06),
    ]
    assert [each.rule for each in weigh(traces_of(*same), NOW).signs] == ["b"]
    other = sign(3, "a", probability=0.09)
    assert [each.uid for each in weigh(traces_of(*same, other), NOW).signs] == [
        "match-2",
        "match-3",
    ]


def test_signs_on_one_stream_are_no_story_across_streams() -> None:
    assert not weigh(traces_of(sign(1), sign(2, "b")), NOW).crosses
    assert weigh(traces_of(sign(1), sign(2, "b", "db-1/0")), NOW).crosses


@pytest.mark.parametrize("apart", [REACH + 1, -REACH - 1])
def test_signs_out_of_reach_do_not_meet(apart: int) -> None:
    near = weigh(traces_of(sign(1), sign(2, "b", time=NOW + apart // 2)), NOW)
    far = weigh(traces_of(sign(1), sign(2, "b", time=NOW + apart)), NOW)
    assert (len(near.signs), len(far.signs)) == (2, 1)


@given(st.permutations([sign(n, probability=0.02 * (n + 1), time=NOW + n) for n in range(9)]))
def test_the_oddest_are_kept_in_whatever_order_they_come(signs: list[Sign]) -> None:
    (found,) = traces_of(*signs).values()
    assert [each.uid for each in found.lows] == [f"match-{n}" for n in range(MOST_LOWS)]
    assert found.number(NOW) == len(signs)


def test_memory_is_bounded_and_what_is_forgotten_early_is_counted() -> None:
    stories = Stories()
    for number in range(MOST_TRACES // 2 + 5):
        stories.take(f"person-{number}", sign(number, time=NOW + number))
    assert len(stories.people) == stories.size // 2 == MOST_TRACES // 2
    assert (stories.forgotten, "person-0" in stories.people) == (5, False)
    stories.take("late", sign(0, time=NOW + 3 * REACH))
    assert stories.forgotten == 5
    for number in range(MOST_TRACES):
        stories.at(f"who only alerts {number}", NOW)
    assert stories.size == len(stories.people) == MOST_TRACES


def test_who_is_everywhere_forgets_what_was_longest_ago_and_tells_so() -> None:
    stories = Stories()
    for number in range(MOST_OF_ONE + 3):
        time = NOW + number * 400_000 // MOST_OF_ONE
        person = stories.take("deploy", sign(number, stream=f"web-{number}/0", time=time))
    assert len(person.traces) == stories.size - 1 == MOST_OF_ONE
    assert ("a", "web-0/0") not in person.traces
    assert stories.forgotten == 3
