"""A budget in alerts a day becomes a share, and drift moves it inside its band only."""

import random
from dataclasses import replace
from itertools import pairwise
from math import inf, nan

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.models.histories import RULES, act_of, stationary

from foreseen.models.budget import (
    FACTOR,
    LARGEST_GROUP,
    LARGEST_SHARE,
    Band,
    Realised,
    Volume,
    adapted,
    band_of,
    share_for,
    volume_of,
    weakest_words,
)
from foreseen.models.foresight import Foresight
from foreseen.models.members.levels import Levels
from foreseen.models.moments.moment import Moment
from foreseen.models.training import train

DAY = 24 * 60 * 60 * 1000
DEFAULT = 0.01
SHARE, LEAST = 0.05, 30


@pytest.fixture(scope="module")
def foresight() -> Foresight:
    return train(stationary(3, 150), budget=SHARE, least_history=LEAST, seed=0).foresight


def strange(number: int, **changed: object) -> Moment:
    """A match as no job makes it."""
    found = stationary(11, 1)[RULES[0]][0]
    parts = {name: getattr(found, name) for name in found.__slots__}
    odd = {"uid": f"odd-{number}", "act": act_of("/tmp/a81 --beacon"), "parent": "nginx"}
    return Moment(**{**parts, **odd, **changed})


def test_the_share_gives_the_alerts_a_day_that_were_asked_for() -> None:
    volume = volume_of([n * DAY // 1_000 for n in range(14_000)])
    assert volume.matches / volume.days == pytest.approx(1_000, rel=0.01)
    share = share_for(10, volume, DEFAULT)
    assert share * volume.matches / volume.days == pytest.approx(10, rel=0.01)
    assert share_for(20, volume, DEFAULT) == pytest.approx(2 * share)


def test_an_alert_of_several_matches_counts_once() -> None:
    times = [n * DAY // 1_000 for n in range(14_000)]
    alone, together = volume_of(times), volume_of(times, [3] * 40)
    assert share_for(10, together, DEFAULT) == pytest.approx(3 * share_for(10, alone, DEFAULT))


def test_one_flood_does_not_make_all_alerts_look_large_and_few_alerts_say_nothing() -> None:
    flooded = volume_of([0, DAY], [1] * 99 + [1_000_000]).matches_an_alert
    assert flooded == pytest.approx((99 + LARGEST_GROUP) / 100)
    assert volume_of([0, DAY], [9] * 3).matches_an_alert == 1


def test_a_short_history_has_the_default_share() -> None:
    for times in ([], [5], [n * 60_000 for n in range(600)]):
        assert share_for(10, volume_of(times), DEFAULT) == DEFAULT


def test_a_host_with_a_wrong_clock_does_not_stretch_the_history() -> None:
    times = [n * DAY // 500 for n in range(5_000)]
    lied = [*times, -(2**50), 2**60]
    assert volume_of(lied).days == pytest.approx(volume_of(times).days, rel=0.05)


@given(st.floats(0.01, 1e5), st.integers(2, 10**8), st.floats(1, 4_000), st.floats(1, 20))
def test_any_budget_is_a_share_that_calibration_resolves(
    alerts: float, matches: int, days: float, together: float
) -> None:
    share = share_for(alerts, Volume(matches, days, together), DEFAULT)
    assert min(1 / matches, LARGEST_SHARE) <= share <= LARGEST_SHARE


def test_the_band_ends_where_the_next_quieter_share_would_lose_a_chain(
    foresight: Foresight,
) -> None:
    runs = [[strange(n, parent=parent)] for n, parent in enumerate(("nginx", "sh -c", "?"))]
    words = weakest_words(foresight, runs, share=SHARE, least_history=LEAST)
    assert words
    band = band_of(SHARE, words, foresight.fusion.fused.resolution)
    again = weakest_words(foresight, runs, share=band.quietest, least_history=LEAST)
    assert len(again) == len(words)
    if band.quietest == max(words):
        below = weakest_words(foresight, runs, share=band.quietest * 0.999, least_history=LEAST)
        assert len(below) < len(words)


def test_a_chain_is_as_loud_as_its_loudest_match(foresight: Foresight) -> None:
    usual = stationary(21, 40)[RULES[0]]
    odd = strange(1)
    alone = weakest_words(foresight, [[odd]], share=1, least_history=LEAST)
    assert weakest_words(foresight, [[*usual, odd]], share=1, least_history=LEAST) <= alone
    assert weakest_words(foresight, [usual], share=1e-12, least_history=LEAST) == []


def test_what_alerts_for_want_of_history_holds_the_band_to_nothing(foresight: Foresight) -> None:
    cold = strange(1, workload="unheard-of")
    unknown = strange(2, rule="no_such_rule")
    common = replace(foresight.fusion.common, levels=Levels(least_history=10_000))  # no back-off
    alone = replace(foresight, fusion=replace(foresight.fusion, common=common))
    assert weakest_words(alone, [[cold], [unknown]], share=SHARE, least_history=LEAST) == [0, 0]


def test_without_any_chain_the_budget_may_not_get_quieter() -> None:
    assert band_of(SHARE, [], 0.001).quietest == SHARE
    assert band_of(SHARE, [0.0], 0.001).quietest == SHARE / FACTOR
    assert band_of(SHARE, [0.0, 0.04], 0.001).quietest == 0.04


def test_the_band_is_never_finer_than_the_calibration() -> None:
    assert band_of(0.001, [0.0], 0.002).quietest > 0.002


_RATES = st.floats(allow_nan=True, allow_infinity=True)


@given(st.lists(st.tuples(_RATES, _RATES, _RATES), max_size=30), _RATES)
@example([(0.0, 0.0, 5e-324)], 0.0)
def test_nothing_moves_the_share_out_of_its_band(
    history: list[tuple[float, float, float]], share: float
) -> None:
    band = Band(0.004, 0.04)
    for dismissed, all_, promised in history:
        share = adapted(share, Realised(dismissed, all_), promised, band)
        assert band.quietest <= share <= band.loudest


@pytest.mark.parametrize("power", [0.8, 1.0, 1.2])
def test_it_comes_to_the_promise_under_drift(power: float) -> None:
    """Probabilities drift from uniform to u ** (1 / power): a share alerts on share ** power."""
    promised, share, chance = 0.02, 0.02, random.Random(1)  # noqa: S311 (made-up data)
    band = Band(0.001, 0.2)
    realised = []
    for _ in range(60):
        drawn = [chance.random() ** (1 / power) for _ in range(20_000)]
        rate = sum(p <= share for p in drawn) / len(drawn)
        realised.append(rate)
        share = adapted(share, Realised(rate, rate), promised, band)
    assert sum(realised[-30:]) / 30 == pytest.approx(promised, rel=0.05)
    assert share == pytest.approx(promised ** (1 / power), rel=0.25)


def test_an_attacker_who_floods_benign_looking_alerts_reaches_the_end_of_the_band_and_no_more() -> (
    None
):
    band, share, steps = Band(0.005, 0.04), 0.02, []
    for _ in range(50):
        share = adapted(share, Realised(1.0, 1.0), 0.02, band)
        steps.append(share)
    assert steps[-1] == band.quietest
    assert all(b >= a / 2**0.5 - 1e-12 for a, b in pairwise([0.02, *steps]))


def test_alerts_that_nobody_dismissed_make_nothing_quieter() -> None:
    band = Band(0.005, 0.04)
    assert adapted(0.02, Realised(0.0, 0.9), 0.02, band) == 0.02
    assert adapted(0.02, Realised(0.01, 0.9), 0.02, band) == 0.02
    assert adapted(0.02, Realised(0.0, 0.01), 0.02, band) > 0.02
    assert adapted(0.02, Realised(0.0, 0.0), 0.02, band) <= 0.04


@pytest.mark.parametrize("share", [nan, 0.0, -1.0, -inf])
def test_what_is_no_share_is_the_loudest(share: float) -> None:
    assert Band(0.005, 0.04).clip(share) == 0.04
