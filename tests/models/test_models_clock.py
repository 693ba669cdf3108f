"""What happens around a match and when: on histories made up for it, days and months long.

Nothing here is recorded: the data are synthetic, for no recording of ours is a year long.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.models.histories import act_of, moment

from foreseen.models.members.pace import Pace
from foreseen.models.members.rates import Rates
from foreseen.models.members.surroundings import RECENT, SLOT, Surroundings
from foreseen.models.members.tenure import SETTLED, Tenure
from foreseen.models.members.times import Times
from foreseen.models.moments.moment import Moment

HOUR, DAY = 3_600_000, 86_400_000
MONDAY = 1_767_571_200_000  # 2026-01-05 00:00 UTC


def at(days: float, **changed: object) -> Moment:
    return moment(0, **{"time": MONDAY + int(days * DAY), **changed})


def nightly(days: int) -> list[Moment]:
    """A job at three in the night."""
    return [at(day + 3 / 24) for day in range(days)]


def office(days: int) -> list[Moment]:
    """A job of working days, at any hour of them."""
    return [at(day + (day * 7 % 24) / 24) for day in range(days) if day % 7 < 5]


def monthly(months: int) -> list[Moment]:
    """A job of the first of the month, at any hour."""
    firsts = [day for day in range(months * 31) if _date(day) == 1]
    return [at(day + (day * 7 % 24) / 24) for day in firsts]


def winter(years: int) -> list[Moment]:
    """A job of every day in January and February."""
    return [at(day + (day * 7 % 24) / 24) for day in range(years * 365) if _month(day) in {1, 2}]


def _date(day: int) -> int:
    return _when(day).day


def _month(day: int) -> int:
    return _when(day).month


def _when(day: int) -> datetime:
    return datetime.fromtimestamp((MONDAY + day * DAY) / 1_000, UTC)


@pytest.mark.parametrize(
    ("history", "usual", "odd", "cycle"),
    [
        (nightly(30), at(40 + 3 / 24), at(40 + 15 / 24), "hour"),
        (office(120), at(123), at(125), "weekday"),
        (monthly(14), at(452), at(464), "day of the month"),
        (winter(3), at(3 * 365 + 20), at(3 * 365 + 200), "month"),
    ],
)
def test_a_time_at_which_a_rule_never_matched_is_odd(
    history: Sequence[Moment], usual: Moment, odd: Moment, cycle: str
) -> None:
    times = Times.fit(history)
    assert times.bits(usual) < 0.5
    assert times.bits(odd) > 1
    oddest = max(times.oddities(odd, "web"), key=lambda each: each[1])
    assert oddest[0] == cycle


@pytest.mark.parametrize("days", [1, 3, 6])
def test_a_short_history_has_no_nights_to_miss(days: int) -> None:
    times = Times.fit(nightly(days))
    assert times.bits(at(days + 15 / 24)) == 0
    assert Times.fit([]).bits(at(1)) == 0


def test_a_flood_of_one_day_is_one_days_habit() -> None:
    (night,) = nightly(1)
    flood = [replace(night, time=night.time + second * 1_000) for second in range(900)]
    day = [at(day + 12 / 24) for day in range(1, 30)]
    times = Times.fit([*flood, *day])
    assert times.bits(at(40 + 12 / 24)) < 0.5
    assert times.bits(at(40 + 3 / 24)) > times.bits(at(40 + 12 / 24))


def test_of_several_workloads_a_time_is_usual_only_if_it_is_for_two() -> None:
    night, noon = nightly(30), [at(day + 12 / 24) for day in range(30)]

    def on(workload: str, found: Sequence[Moment]) -> list[Moment]:
        return [replace(one, workload=workload) for one in found]

    times = Times.fit([*on("a", night), *on("b", noon), *on("c", noon)])
    asked = replace(at(40 + 3 / 24), workload="new")
    assert times.bits(asked, ("a", "b", "c")) > 1
    noon_too = replace(asked, time=MONDAY + 40 * DAY + 12 * HOUR)
    assert times.bits(noon_too, ("a", "b", "c")) < 0.5


def test_a_user_is_the_less_odd_the_longer_known_here() -> None:
    tenure = Tenure.fit(
        [at(0, who="old"), at(25, who="new"), at(1, who="old"), at(0, who="x", workload="db")]
    )
    old, new, unknown, elsewhere = (at(26, who=who) for who in ("old", "new", "never", "x"))
    assert tenure.days(old) == 26
    assert tenure.bits(old) < tenure.bits(new) < tenure.bits(unknown) == tenure.bits(elsewhere)
    assert tenure.bits(at(SETTLED + 1, who="old")) == 0
    assert tenure.bits(at(-5, who="old")) == tenure.bits(at(0, who="old"))


def calm(count: int = 60, **changed: object) -> list[Moment]:
    """A match every hour, an event every minute before it, and a burst every night at three."""
    found = []
    for number in range(count):
        gap = 1 if number % 24 == 3 else 60
        ages = tuple(gap * 1_000 * back for back in range(48, 0, -1))
        window = tuple(f"execve t{back % 6}" for back in range(48))
        found.append(at(number / 24, window=window, ages=ages, **changed))
    return found


def faster(one: Moment, factor: float) -> Moment:
    return replace(one, ages=tuple(int(age / factor) for age in one.ages))


def test_a_burst_that_never_was_is_odd_and_a_known_burst_is_not() -> None:
    pace = Pace.fit(calm())
    usual, burst = calm()[5], calm()[27]
    assert pace.bits(usual) < 1
    assert pace.bits(usual) < pace.bits(burst) < pace.bits(faster(burst, 20))
    nights = Pace.fit(calm(24 * 20))
    assert nights.bits(burst) < nights.bits(faster(burst, 20)) - 2


def test_a_flood_does_not_make_floods_expected() -> None:
    history = calm()
    flood = [replace(faster(history[27], 20), time=history[27].time + n * 10) for n in range(5_000)]
    assert Pace.fit([*history, *flood]).bits(flood[0]) > 3
    rule = Rates.fit([*history, *flood], 60 * HOUR)
    assert rule.slots("web") == len({one.time // SLOT for one in [*history, *flood]})


def test_ages_that_do_not_fit_the_window_say_nothing() -> None:
    pace = Pace.fit(calm())
    burst = faster(calm()[0], 1_000)
    assert pace.bits(burst) > 3
    assert pace.bits(replace(burst, ages=())) == 0
    assert pace.bits(replace(burst, ages=burst.ages[1:])) == 0
    assert Pace.fit([replace(one, ages=()) for one in calm()]).bits(burst) == 0


def test_what_never_happened_here_before_any_rule_is_odd() -> None:
    surroundings = Surroundings.fit(calm(rule="another_rule"))
    usual, strange = calm()[0], replace(calm()[0], window=("execve whoami",) * 48)
    assert surroundings.bits(usual) < surroundings.bits(strange)
    assert surroundings.oddest(strange) == "execve whoami"
    long_ago = replace(strange, ages=tuple(RECENT + 1 + age for age in strange.ages))
    assert surroundings.bits(long_ago) == 0


def test_a_token_counts_once_in_ten_minutes() -> None:
    flood = [at(0, window=("execve dd",) * 40, ages=(1,) * 40) for _ in range(500)]
    hourly = [at(hour / 24, window=("execve cp",), ages=(1,)) for hour in range(50)]
    surroundings = Surroundings.fit([*flood, *hourly])
    assert surroundings.seen("web", "execve dd") == 1
    assert surroundings.seen("web", "execve cp") == 50
    asked = [at(3, window=(token,), ages=(1,)) for token in ("execve dd", "execve cp")]
    assert surroundings.bits(asked[0]) > surroundings.bits(asked[1])


def test_what_one_other_workload_alone_does_is_unknown_around_a_new_one() -> None:
    on: Callable[[str], list[Moment]] = lambda name: calm(workload=name)  # noqa: E731
    odd = [replace(one, window=("execve dd",) * 48) for one in on("a")]
    surroundings = Surroundings.fit([*odd, *on("b"), *on("c")])
    asked = replace(calm()[0], workload="new")
    assert surroundings.bits(asked, ("a", "b", "c")) < 2
    assert surroundings.bits(replace(odd[0], workload="new"), ("a", "b", "c")) > 7
    assert surroundings.bits(asked, ()) > 7


def test_a_rule_that_matches_all_day_is_less_odd_than_one_that_matched_once() -> None:
    often = Rates.fit(calm(), 60 * HOUR)
    once = Rates.fit(calm(1), 60 * HOUR)
    assert often.bits(at(1)) < once.bits(at(1)) < once.bits(at(1, workload="unheard"))
    three = [*calm(workload="a"), *calm(1, workload="b"), *calm(1, workload="c")]
    middle = Rates.fit(three, 60 * HOUR)
    assert middle.slots("new", ("a", "b", "c")) == 1


def test_the_own_act_in_the_window_is_no_excuse_for_a_burst() -> None:
    repeated = [replace(one, act=act_of("execve t1")) for one in calm()]
    pace = Pace.fit(repeated)
    assert pace.bits(faster(repeated[5], 5_000)) > 3
