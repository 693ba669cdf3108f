"""Figures of the benchmark against counts by hand and slow, plain ways to get the same."""

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.studies.contests import INF, NAN, Match, Told, dataset, history, told

from foreseen.studies.benchmark import bootstrap
from foreseen.studies.benchmark.bootstrap import (
    Draws,
    Figure,
    difference,
    draws_of,
    interval,
    promise_interval,
    replicates,
)
from foreseen.studies.benchmark.contest import Contest, Entry, Order, contest
from foreseen.studies.benchmark.dataset import CALIBRATE, TRAIN
from foreseen.studies.benchmark.labels import labels_of
from foreseen.studies.benchmark.outcome import Judged, upper_bound
from foreseen.studies.benchmark.ranking import curve, oracle_suppressed, ranked, roc
from foreseen.studies.benchmark.thresholds import (
    EVERYTHING,
    alerting,
    pooled_threshold,
    promise,
    settled,
)

UP_TO_99 = np.arange(1.0, 100.0)
ONES = np.ones(99)


def held(rows: list[Match], *, budget: float = 0.02, harness: bool = True) -> Entry:
    """What one method that gives the rows' scores makes of them."""
    (entry,) = result(rows, budget=budget, harness=harness).entries
    return entry


def result(rows: list[Match], *, budget: float = 0.02, harness: bool = True) -> Contest:
    """A contest of that one method."""
    return contest(dataset(rows), [told("one", rows)], Order(budget, harness=harness))


# Thresholds


def test_of_99_scores_a_budget_of_2_percent_leaves_one_above() -> None:
    threshold = pooled_threshold(UP_TO_99, ONES, 0.02)
    assert threshold == 98  # (1 above + 1 to come) of (99 + 1)
    assert promise(UP_TO_99, ONES, threshold) == pytest.approx(0.02)


def test_a_weight_counts_as_so_many_matches() -> None:
    repeated = np.repeat(UP_TO_99, 3)
    weighted = pooled_threshold(UP_TO_99, 3 * ONES, 0.1)
    assert weighted == pooled_threshold(repeated, np.ones(297), 0.1) == 90
    heavy = np.where(UP_TO_99 == 99, 50.0, 1.0)  # half of what is to come is like this one
    assert pooled_threshold(UP_TO_99, heavy, 0.3) == 99


def test_ties_with_the_threshold_stay_silent_so_that_the_budget_is_kept() -> None:
    scores, weights = np.array([0.0] * 50 + [1.0] * 49), np.ones(99)
    threshold = pooled_threshold(scores, weights, 0.02)
    assert threshold == 1
    assert not alerting(scores, threshold).any()
    assert promise(scores, weights, threshold) == pytest.approx(0.01)


def test_with_too_few_matches_what_is_stranger_than_all_alerts_and_the_promise_says_so() -> None:
    scores, weights = np.arange(10.0), np.ones(10)
    threshold = pooled_threshold(scores, weights, 0.02)
    assert threshold == 9
    assert promise(scores, weights, threshold) == pytest.approx(1 / 11)


def test_infinite_scores_do_not_move_the_threshold_of_others_and_are_promised() -> None:
    scores = np.concatenate([UP_TO_99, np.full(11, INF)])
    weights = np.ones(110)
    threshold = pooled_threshold(scores, weights, 0.02)
    assert threshold == 98
    assert alerting(scores, threshold).sum() == 12
    assert promise(scores, weights, threshold) == pytest.approx((11 + 99 * 0.02) / 110)


@pytest.mark.parametrize("scores", [np.zeros(0), np.full(3, INF)])
def test_where_nothing_is_known_to_be_expected_everything_alerts(scores: np.ndarray) -> None:
    threshold = pooled_threshold(scores, np.ones(len(scores)), 0.02)
    assert threshold == EVERYTHING
    assert alerting(settled(np.array([-INF, 0.0, NAN])), threshold).all()
    assert promise(scores, np.ones(len(scores)), threshold) == (1.0 if len(scores) else None)


def test_what_has_no_score_alerts_and_minus_infinity_does_not() -> None:
    assert alerting(settled(np.array([NAN, INF, -INF])), 5.0).tolist() == [True, True, False]


def test_a_promise_is_kept_on_average_over_histories() -> None:
    rng = np.random.default_rng(0)
    kept = [
        1 - pooled_threshold(rng.random(59), np.ones(59), 0.05)  # uniform: the share above it
        for _ in range(4_000)
    ]
    assert np.mean(kept) == pytest.approx(0.05, abs=0.002)


# Rankings


def test_roc_by_hand_counts_weights_and_half_of_ties() -> None:
    scores = np.array([3.0, 1.0, 0.0, 1.0, 2.0])
    malicious = np.array([True, True, False, False, False])
    ranking = ranked(scores, malicious, np.array([1.0, 1.0, 2.0, 1.0, 1.0]))
    assert roc(ranking) == pytest.approx((4 + 2.5) / 8)
    assert oracle_suppressed(ranking, 1.0) == 2  # at 1 and above all alert but the benign at 0
    assert oracle_suppressed(ranking, 0.5) == 4


def test_roc_of_infinite_scores_is_that_of_ties_and_an_empty_side_has_none() -> None:
    scores, weights = np.full(4, INF), np.ones(4)
    assert roc(ranked(scores, np.array([True, False, True, False]), weights)) == 0.5
    assert roc(ranked(scores, np.zeros(4, bool), weights)) is None
    assert roc(ranked(scores, np.ones(4, bool), weights)) is None
    assert oracle_suppressed(ranked(scores, np.zeros(4, bool), weights), 1.0) is None


MATCHED = st.lists(
    st.tuples(st.sampled_from([0.0, 1.0, 2.0, INF]), st.booleans(), st.integers(1, 4)),
    min_size=1,
    max_size=12,
)


@given(MATCHED)
def test_rankings_equal_the_slow_way(rows: list[tuple[float, bool, int]]) -> None:
    scores, malicious, weights = (np.array(column) for column in zip(*rows, strict=True))
    ranking = ranked(scores, malicious, weights.astype(np.float64))
    bad = [s for s, m, _ in rows if m]
    good = [(s, w) for s, m, w in rows if not m]
    pairs = [w * (1.0 if b > s else 0.5 if b == s else 0.0) for b in bad for s, w in good]
    total = len(bad) * sum(w for _, w in good)
    assert roc(ranking) == (pytest.approx(sum(pairs) / total) if pairs else None)
    across, up = curve(ranking)
    assert (across[0], up[0]) == (0, 0)
    assert (across[-1], up[-1]) == (1.0 if good else 0.0, 1.0 if bad else 0.0)
    for recall in (1.0, 0.95, 0.5):
        best = max(
            (
                sum(w for s, w in good if s < threshold)
                for threshold in bad
                if sum(b >= threshold for b in bad) >= recall * len(bad)
            ),
            default=None,
        )
        assert oracle_suppressed(ranking, recall) == best


# Bounds


def test_exact_bounds_known_from_tables() -> None:
    assert upper_bound(0, 20) == pytest.approx(1 - 0.05 ** (1 / 20))
    assert upper_bound(1, 10) == pytest.approx(0.3942, abs=5e-5)
    assert upper_bound(5, 5) == upper_bound(0, 0) == 1


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n - 1), st.just(n))))
def test_at_the_bound_so_few_hits_have_a_chance_of_5_percent(counts: tuple[int, int]) -> None:
    hits, trials = counts
    p = upper_bound(hits, trials)
    chance = sum(comb(trials, k) * p**k * (1 - p) ** (trials - k) for k in range(hits + 1))
    assert chance == pytest.approx(0.05)


# Outcomes


def by_hand() -> list[Match]:
    """Threshold 98: of `curl` 3 of 4 benign (by weight 12 of 13) and 10 of 20 malicious."""
    return [
        *history(),
        Match(98, weight=10),  # a tie with the threshold: silent
        Match(99),
        *(Match(1) for _ in range(2)),
        *(Match(200, malicious=True, group="a") for _ in range(10)),
        *(Match(2, malicious=True, group="b") for _ in range(10)),
        Match(5, rule="wget"),
        Match(INF, rule="wget", malicious=True, group="b"),
        Match(NAN, rule="wget", weight=3),
    ]


def test_pooled_outcome_by_hand() -> None:
    overall = held(by_hand()).outcome.overall
    assert (overall.benign, overall.suppressed) == (17, 13)
    assert overall.benign_suppressed == pytest.approx(13 / 17)
    assert overall.realised == pytest.approx(4 / 17)
    assert overall.promised == pytest.approx(0.02)
    assert (overall.malicious, overall.alerted) == (21, 11)
    assert overall.malicious_recall == pytest.approx(11 / 21)
    assert (overall.groups, overall.groups_found) == (2, 2)
    assert (overall.pairs, overall.pairs_found) == (3, 2)
    assert overall.oracle[1.0] == pytest.approx(2 / 17)
    assert overall.malicious_suppressed_bound == upper_bound(10, 21)


def test_outcomes_by_rule_and_their_means() -> None:
    outcome = held(by_hand()).outcome
    curl, wget = outcome.rules
    assert (curl.rule, wget.rule) == ("curl", "wget")
    assert (curl.suppressed, curl.benign, curl.alerted, curl.malicious) == (12, 13, 10, 20)
    assert (curl.groups, curl.groups_found, wget.groups, wget.groups_found) == (2, 1, 1, 1)
    assert len(curl.groups_missed) == 1
    assert wget.groups_missed == ()
    assert curl.roc == pytest.approx((10 * 13 + 10 * 2) / (20 * 13))
    assert wget.malicious_recall is None
    assert wget.benign_suppressed == pytest.approx(1 / 4)
    assert wget.roc == pytest.approx((1 + 3 / 2) / 4)
    assert wget.promised is None  # calibration has no match of it
    macro = outcome.macro
    assert macro.benign_suppressed == pytest.approx((12 / 13 + 1 / 4) / 2)
    assert macro.malicious_recall == 0.5
    assert (macro.roc, macro.roc_rules) == (curl.roc, ("curl",))
    assert macro.oracle[1.0] == pytest.approx((2 + 1) / 17)


def test_recall_is_claimed_from_20_malicious_matches_on() -> None:
    rows = [*history(), *(Match(200, malicious=True) for _ in range(19)), Match(3)]
    assert held(rows).outcome.overall.malicious_recall is None
    assert held(rows).outcome.macro.roc is None
    assert held([*rows, Match(3, malicious=True)]).outcome.overall.malicious_recall == 0.95


def test_where_a_data_set_names_ambiguous_rules_the_mean_roc_is_theirs_alone() -> None:
    rows = by_hand()
    found = contest(dataset(rows, frozenset({"wget"})), [told("one", rows)], Order(0.02))
    assert found.entries[0].outcome.macro.roc_rules == ("wget",)


def test_a_malicious_match_counts_once_whatever_its_weight() -> None:
    rows = [*history(), Match(3, malicious=True, weight=50), Match(3)]
    overall = held(rows).outcome.overall
    assert (overall.malicious, overall.benign, overall.malicious_recall) == (1, 1, None)


def test_empty_sides_give_no_figures_and_no_error() -> None:
    only_history = held(history()).outcome.overall
    assert (only_history.benign_suppressed, only_history.realised, only_history.roc) == (None,) * 3
    no_history = held([Match(1), Match(2, malicious=True)]).outcome.overall
    assert (no_history.benign_suppressed, no_history.alerted, no_history.promised) == (0, 1, None)
    (nothing,) = result([]).entries
    assert nothing.outcome.rules == ()
    assert nothing.microseconds == 0


def test_a_method_without_any_score_is_one_that_alerts_on_all() -> None:
    entry = held([Match(INF, row.part, malicious=row.malicious) for row in by_hand()])
    overall = entry.outcome.overall
    assert (overall.benign_suppressed, overall.malicious_recall, overall.promised) == (0, 1, 1)
    assert overall.roc == 0.5
    assert entry.threshold == EVERYTHING


def test_the_harness_is_counted_apart_and_moves_no_threshold() -> None:
    rows = [*history(), *history(50, harness=True), Match(1, harness=True), Match(2), Match(200)]
    both, apart = held(rows), held(rows, harness=False)
    assert (
        both.threshold
        == apart.threshold
        == pooled_threshold(np.concatenate([UP_TO_99, UP_TO_99[:50]]), np.ones(149), 0.02)
    )
    assert both.without_harness == apart.outcome
    assert apart.without_harness is None
    assert (both.outcome.overall.benign, apart.outcome.overall.benign) == (3, 2)
    assert apart.outcome.overall.promised == promise(UP_TO_99, ONES, apart.threshold)


# The contest


def test_methods_never_see_a_label() -> None:
    rows = [*by_hand(), Match(1, harness=True)]
    method = told("one", rows)
    contest(dataset(rows), [method], Order(0.1, seed=7))
    ((seen, budget, seed),) = method.given
    assert (budget, seed) == (0.1, 7)
    assert seen.matches.schema == dataset(rows).matches.schema
    assert not seen.malicious.any()
    assert seen.matches["group"].null_count == len(rows)
    assert not any(seen.matches["harness"].to_pylist())
    hidden = ["malicious", "group", "harness"]
    assert seen.matches.drop_columns(hidden) == dataset(rows).matches.drop_columns(hidden)


def test_a_threshold_of_the_methods_own_wins() -> None:
    rows = by_hand()
    (entry,) = contest(dataset(rows), [told("own", rows, 1.5)], Order(0.02)).entries
    assert (entry.threshold, entry.own_threshold) == (1.5, True)
    assert entry.outcome.overall.promised == promise(UP_TO_99, ONES, 1.5)
    assert entry.outcome.overall.suppressed == 2


def test_a_method_that_fails_is_named_with_its_reason_and_the_others_go_on() -> None:
    rows = by_hand()
    short = Told("short", [1.0])
    methods = [Told("broken", [], error=RuntimeError("no memory")), short, told("one", rows)]
    said: list[tuple[float, float, str]] = []
    found = contest(dataset(rows), methods, Order(0.02), lambda *each: said.append(each))
    assert [entry.method for entry in found.entries] == ["one"]
    assert [(each.method, each.reason) for each in found.failures] == [
        ("broken", "RuntimeError: no memory"),
        ("short", f"ValueError: (1,) scores for {len(rows)} matches"),
    ]
    assert said == [(0, 3, "broken"), (1, 3, "short"), (2, 3, "one"), (3, 3, "done")]
    assert found.differences == ()


def test_matches_of_test_without_a_score_alert_and_are_counted() -> None:
    rows = [Match(NAN, TRAIN), *by_hand()]
    assert held(rows).unscored == 1


def test_ours_is_compared_with_every_other_method() -> None:
    rows = by_hand()
    methods = [told("alert all", rows, EVERYTHING), told("foreseen", rows), told("same", rows)]
    found = contest(dataset(rows), methods, Order(0.02))
    assert [(each.method, each.against) for each in found.differences] == [
        ("foreseen", "alert all"),
        ("foreseen", "same"),
    ]
    better, same = (each.figures[Figure.SUPPRESSED] for each in found.differences)
    assert better
    assert better.value == pytest.approx(13 / 17)
    assert same
    assert (same.value, same.low, same.high) == (0, 0, 0)


# The bootstrap


def scattered(seed: int, clusters: int = 6, count: int = 240) -> list[Match]:
    """Matches of two rules in some clusters, with ties, weights, infinite scores, and history."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(count):
        malicious = bool(rng.random() < 0.4)
        score = float(rng.integers(0, 6)) + malicious * float(rng.integers(0, 3))
        rows.append(
            Match(
                INF if rng.random() < 0.05 else score,
                rule=str(rng.choice(["curl", "wget"])),
                malicious=malicious,
                cluster=f"s{rng.integers(0, clusters)}",
                weight=float(rng.integers(1, 4)),
            )
        )
    return rows


def judged(rows: list[Match], threshold: float = 4.0) -> Judged:
    """All of some matches, judged by their own scores."""
    labels = labels_of(dataset(rows))
    return Judged.of(labels, np.array([row.score for row in rows]), threshold)


def drawn_rows(rows: list[Match], draws: Draws, draw: int) -> list[Match]:
    """The matches of one draw, each as often as its cluster was drawn."""
    labels = labels_of(dataset(rows))
    times = draws.counts[draw][draws.blocks[labels.clusters]].astype(int)
    return [row for row, count in zip(rows, times, strict=True) for _ in range(count)]


def test_replicates_are_the_figures_of_the_drawn_clusters() -> None:
    rows = scattered(1)
    draws = draws_of(labels_of(dataset(rows)).clusters, seed=3, times=12)
    figures = replicates(judged(rows), draws)
    for draw in range(13):
        again = judged(drawn_rows(rows, draws, draw))
        labels = again.labels
        benign = labels.weights * labels.benign
        assert figures[Figure.SUPPRESSED][draw] == pytest.approx(
            (benign * ~again.alerts).sum() / benign.sum()
        )
        assert figures[Figure.RECALL][draw] == pytest.approx(again.alerts[labels.malicious].mean())
        within = [
            roc(ranked(own.scores, own.labels.malicious, own.labels.weights))
            for own in (again.only(labels.rules == rule) for rule in range(2))
        ]
        known = [value for value in within if value is not None]
        assert figures[Figure.ROC][draw] == pytest.approx(sum(known) / len(known))


def test_the_first_replicate_is_what_the_outcome_says() -> None:
    rows = [*history(), *scattered(2)]
    entry = held(rows, budget=0.1)
    figures = replicates(entry.test, draws_of(entry.test.labels.clusters, seed=0, times=5))
    outcome = entry.outcome
    assert figures[Figure.SUPPRESSED][0] == pytest.approx(outcome.overall.benign_suppressed)
    assert figures[Figure.RECALL][0] == pytest.approx(outcome.overall.malicious_recall)
    assert figures[Figure.ROC][0] == pytest.approx(outcome.macro.roc)


def test_draws_repeat_with_their_seed_and_differ_with_another() -> None:
    clusters = np.arange(30)
    assert (draws_of(clusters, 1).counts == draws_of(clusters, 1).counts).all()
    assert (draws_of(clusters, 1).counts != draws_of(clusters, 2).counts).any()


def test_many_clusters_are_drawn_in_blocks_and_none_is_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bootstrap, "MOST_CLUSTERS", 4)
    rows = scattered(4, clusters=50)
    labels = labels_of(dataset(rows))
    draws = draws_of(labels.clusters, seed=0, times=3)
    assert draws.counts.shape == (4, 4)
    assert draws.sums(labels, labels.weights)[0] == pytest.approx(labels.weights.sum())


def test_an_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(5)
    covered = 0
    for _ in range(200):
        bad = rng.random(40) < 0.3  # a cluster alerts as a whole, or not at all
        rows = [Match(9.0 * b, cluster=f"s{n}") for n, b in enumerate(bad) for _ in range(5)]
        draws = draws_of(labels_of(dataset(rows)).clusters, seed=0, times=300)
        found = interval(replicates(judged(rows), draws)[Figure.SUPPRESSED])
        assert found
        covered += found.low <= 0.7 <= found.high
    assert 0.88 <= covered / 200 <= 0.99


def test_paired_differences_are_narrower_than_what_they_are_between() -> None:
    rows = scattered(6, clusters=40, count=900)
    draws = draws_of(labels_of(dataset(rows)).clusters, seed=0)
    lower, upper = replicates(judged(rows, 3.0), draws), replicates(judged(rows, 4.0), draws)
    single, paired = (
        interval(upper[Figure.SUPPRESSED]),
        difference(upper, lower)[Figure.SUPPRESSED],
    )
    assert single
    assert paired
    assert 0 < paired.low <= paired.value <= paired.high
    assert paired.high - paired.low < single.high - single.low


def test_the_interval_of_a_promise_lies_around_it_and_holds_when_both_sides_are_alike() -> None:
    rng = np.random.default_rng(8)
    rows = [
        Match(float(rng.random() < 0.1), part=part, cluster=f"{part}{n % 30}")
        for part in (CALIBRATE, "test")
        for n in range(600)
    ]
    every = labels_of(dataset(rows))
    scores = np.array([row.score for row in rows])
    calibration, test = (
        Judged.of(every.only(mask), scores, 0.5)
        for mask in (np.arange(1200) < 600, np.arange(1200) >= 600)
    )
    found = promise_interval(0.1, test, calibration, draws_of(every.clusters, seed=0))
    assert found
    assert found.low < 0.1 < found.high
    assert found.low <= test.alerts.mean() <= found.high
    assert found.high - found.low < 0.1


def test_data_that_give_no_figure_give_no_interval() -> None:
    rows = [Match(1), Match(2, malicious=True)]
    draws = draws_of(labels_of(dataset(rows)).clusters, seed=0, times=4)
    figures = replicates(judged(rows), draws)
    assert interval(figures[Figure.RECALL]) is None
    assert interval(figures[Figure.ROC]) is None
    assert promise_interval(0.1, judged(rows), judged([]), draws) is None
