"""How odd the number of failed logins before a session is, held against what is usual there."""

import json
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from tests.models.histories import MINUTE, moment

from foreseen.models.members.failures import Failures
from foreseen.models.members.negatives import corrupted
from foreseen.models.members.surroundings import SLOT
from foreseen.models.moments.moment import Moment

counts = st.none() | st.integers(0, 1_000)
histories = st.lists(counts, max_size=40)


def after(number: int | None, at: int = 0, workload: str = "web") -> Moment:
    """A match in a session after so many failed logins, in one of the slots of time."""
    return moment(at, time=at * SLOT, failures=number, workload=workload)


def learned(numbers: Sequence[int | None], workload: str = "web") -> Failures:
    return Failures.fit(after(number, at, workload) for at, number in enumerate(numbers))


@given(histories)
def test_no_login_and_none_that_failed_say_nothing(history: list[int | None]) -> None:
    member = learned(history)
    assert member.bits(after(None)) == member.bits(after(0)) == 0


@given(histories, st.integers(1, 1_000), st.integers(1, 1_000))
def test_more_failures_are_odder(history: list[int | None], one: int, more: int) -> None:
    member = learned(history)
    assert member.bits(after(one + more)) > member.bits(after(one))


@given(histories, st.integers(1, 1_000), st.integers(1, 1_000))
def test_a_habit_of_mistyping_makes_it_less_odd(
    history: list[int | None], habit: int, one: int
) -> None:
    known = learned([*history, *([habit] * 5)])
    calm = learned([*history, *([0] * 5)])
    assert known.bits(after(one)) <= calm.bits(after(one))
    assert known.bits(after(habit)) < calm.bits(after(habit))


def test_six_failures_where_people_mistype_once_are_odd_and_one_is_not() -> None:
    member = learned([0, 0, 1] * 100)
    assert member.bits(after(6)) > 10
    assert member.bits(after(1)) < 2


def test_without_history_the_number_alone_counts() -> None:
    member = learned([])
    assert member.bits(after(1)) == 1
    assert member.bits(after(8)) == 4


def test_of_a_slot_of_time_the_largest_number_counts_once() -> None:
    burst = [moment(n, time=n * MINUTE, failures=n % 4) for n in range(10)]
    member = Failures.fit([*burst, after(0, 5), after(None, 6)])
    assert member.slots(after(3)) == (1, 2)


def test_another_workload_counts_only_where_it_answers() -> None:
    of_both = [after(6, 1, "web"), *(after(0, at, "db") for at in range(20))]
    member = Failures.fit(of_both)
    assert member.slots(after(6, workload="db")) == (0, 20)
    assert member.slots(after(6, workload="db"), ("web",)) == (1, 21)


@given(histories)
def test_it_is_the_same_after_being_stored(history: list[int | None]) -> None:
    member = learned(history)
    loaded = Failures.load(json.loads(json.dumps(member.dump())))
    assert loaded.dump() == member.dump()
    for number in (None, 0, 1, 5, 2_000):
        assert loaded.bits(after(number)) == member.bits(after(number))


def test_a_foreign_context_or_doer_brings_its_own_failures() -> None:
    expected = [moment(n, failures=0, window=(f"execve e{n}",)) for n in range(200)]
    foreign = moment(999, failures=6, who="other", window=("execve other",), parent="other")
    made = corrupted(expected, [foreign], seed=1)
    brought = [one for one in made if one.window == foreign.window or one.who == foreign.who]
    assert {one.failures for one in brought} == {6}
    assert {one.failures for one in made if one not in brought} == {0}
    assert len(brought) > 50
