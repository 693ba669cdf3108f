"""The ledger's bounds are exact, and its audit sample is random and can be drawn again."""

from importlib import import_module
from itertools import pairwise
from math import comb
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreseen.models.ledger import (
    audit_of,
    drawn_order,
    lower_bound,
    share_interval,
    upper_bound,
)

stats: Any = import_module("scipy.stats")  # it ships no types


@pytest.mark.parametrize(("hits", "trials"), [(0, 1), (0, 18), (1, 18), (3, 9), (40, 500)])
def test_the_upper_bound_is_that_of_clopper_and_pearson(hits: int, trials: int) -> None:
    known = stats.beta.ppf(0.95, hits + 1, trials - hits)
    assert upper_bound(hits, trials) == pytest.approx(known, abs=1e-9)


def test_without_a_loss_the_bound_is_a_power() -> None:
    assert upper_bound(0, 18) == pytest.approx(1 - 0.05 ** (1 / 18))


def test_all_lost_or_nothing_tried_bounds_nothing() -> None:
    assert upper_bound(18, 18) == upper_bound(0, 0) == 1.0
    assert lower_bound(0, 18) == lower_bound(0, 0) == 0.0


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_bounds_hold_the_share_that_was_seen_and_mirror_each_other(drawn: tuple[int, int]) -> None:
    hits, trials = drawn
    low, high = lower_bound(hits, trials), upper_bound(hits, trials)
    assert 0 <= low <= hits / trials <= high <= 1
    assert low == pytest.approx(1 - upper_bound(trials - hits, trials))


def test_more_losses_bound_less_and_more_trials_more() -> None:
    by_hits = [upper_bound(hits, 20) for hits in range(21)]
    by_trials = [upper_bound(1, trials) for trials in range(1, 60)]
    assert all(less <= more for less, more in pairwise(by_hits))
    assert all(more >= less for more, less in pairwise(by_trials))


@pytest.mark.parametrize("confidence", [0.0, 1.0, float("nan")])
def test_a_confidence_that_is_none_is_refused(confidence: float) -> None:
    with pytest.raises(ValueError, match="confidence"):
        upper_bound(1, 2, confidence)


@pytest.mark.parametrize(("hits", "trials"), [(-1, 3), (4, 3)])
def test_hits_that_do_not_fit_the_trials_are_refused(hits: int, trials: int) -> None:
    with pytest.raises(ValueError, match="hits"):
        upper_bound(hits, trials)
    with pytest.raises(ValueError, match="hits"):
        share_interval(hits, trials, 10)


def test_a_sample_larger_than_its_population_is_refused() -> None:
    with pytest.raises(ValueError, match="drawn"):
        share_interval(1, 11, 10)


def test_who_has_looked_at_all_knows_the_share() -> None:
    assert share_interval(3, 20, 20) == (0.15, 0.15)


def test_who_has_looked_at_none_knows_nothing() -> None:
    assert share_interval(0, 0, 20) == (0.0, 1.0)


def test_the_interval_of_a_small_part_is_that_of_an_endless_population() -> None:
    low, high = share_interval(3, 200, 10_000_000)
    known = stats.binomtest(3, 200).proportion_ci(0.95)
    assert low == pytest.approx(known.low, abs=1e-5)
    assert high == pytest.approx(known.high, abs=1e-5)


@pytest.mark.parametrize("members", range(0, 31, 3))
def test_the_interval_holds_the_true_share_as_often_as_it_says(members: int) -> None:
    population, drawn = 30, 12
    covered = 0.0
    for hits in range(max(0, drawn - (population - members)), min(members, drawn) + 1):
        low, high = share_interval(hits, drawn, population)
        ways = comb(members, hits) * comb(population - members, drawn - hits)
        covered += ways / comb(population, drawn) * (low <= members / population <= high)
    assert covered >= 0.95


UIDS = [f"match-{number}" for number in range(400)]


def test_the_order_of_drawing_does_not_depend_on_the_order_of_matches() -> None:
    assert drawn_order(UIDS) == drawn_order(reversed(UIDS)) != UIDS


def test_new_matches_do_not_change_who_is_drawn_before_whom() -> None:
    early = drawn_order(UIDS[:200])
    assert [uid for uid in drawn_order(UIDS) if uid in set(early)] == early


def test_early_and_late_matches_are_drawn_alike() -> None:
    first = {UIDS.index(uid) for uid in drawn_order(UIDS)[:100]}
    assert 30 <= sum(place < 200 for place in first) <= 70


def test_names_that_are_no_text_are_drawn_too() -> None:
    hostile = ["\ud800", "", "match-1", "match-1\x00"]
    assert sorted(drawn_order(hostile)) == sorted(hostile)


def test_the_audit_counts_what_was_drawn_up_to_the_last_answer() -> None:
    order = drawn_order(UIDS)
    answers = {order[0]: False, order[1]: True, order[3]: False, "not suppressed": True}
    found = audit_of(order, answers)
    assert (found.population, found.drawn, found.wanted, found.skipped) == (400, 4, 1, 1)


def test_who_skips_cannot_make_the_bounds_better() -> None:
    order = drawn_order(UIDS)
    honest = audit_of(order, {uid: place < 3 for place, uid in enumerate(order[:30])})
    hidden = audit_of(order, dict.fromkeys(order[3:30], False))
    silent = audit_of(order, {uid: True for place, uid in enumerate(order[:30]) if place < 3})
    assert hidden.skipped == 3
    assert hidden.high == honest.high
    assert hidden.low <= honest.low <= silent.low


def test_without_an_answer_all_or_nothing_may_have_been_wanted() -> None:
    found = audit_of(drawn_order(UIDS), {})
    assert (found.drawn, found.low, found.high) == (0, 0.0, 1.0)
