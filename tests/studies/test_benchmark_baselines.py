"""Each baseline sees the oddity that it is made to see, and is blind to the others."""

import re
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from tests.studies.benchmark_days import (
    ODD_BEFORE,
    ODDITIES,
    ROUTINE,
    USUAL,
    Session,
    dataset,
    history,
)

from foreseen.studies.benchmark.baselines import (
    AlertAll,
    ExactAllowlist,
    FirstSeen,
    ParentChildFrequency,
    RuleWorkloadFrequency,
    absent,
    available,
)
from foreseen.studies.benchmark.dataset import CALIBRATE, EVENTS, TEST, TRAIN, Reals
from foreseen.studies.benchmark.isolation import WindowForest
from foreseen.studies.benchmark.method import Method
from foreseen.studies.benchmark.sequences import Trigram
from foreseen.studies.benchmark.vocabulary import (
    RARE,
    drawn_evenly,
    preceding,
    trained_events,
    vocabulary,
)

SIGHT: dict[str, tuple[Method, set[str]]] = {
    AlertAll.name: (AlertAll(), set()),
    ExactAllowlist.name: (ExactAllowlist(), {"command"}),
    FirstSeen.name: (FirstSeen(), {"workload"}),
    RuleWorkloadFrequency.name: (RuleWorkloadFrequency(), {"workload"}),
    ParentChildFrequency.name: (ParentChildFrequency(), {"parent", "workload"}),
    Trigram.name: (Trigram(), {"before"}),
    WindowForest.name: (WindowForest(), {"before"}),
}


def scores_of(method: Method, sessions: list[Session], *, flipped: bool = False) -> Reals:
    return method(dataset(sessions, flipped=flipped), budget=0.05, seed=3).scores


@pytest.mark.parametrize("name", SIGHT)
def test_a_method_ranks_the_odd_above_the_expected_exactly_where_it_can_see_it(name: str) -> None:
    method, sees = SIGHT[name]
    scores = scores_of(method, [*history(), USUAL, *ODDITIES.values()])
    usual, *odd = scores[-1 - len(ODDITIES) :]
    assert {kind for kind, score in zip(ODDITIES, odd, strict=True) if score > usual} == sees


@pytest.mark.parametrize("name", SIGHT)
def test_labels_change_no_score(name: str) -> None:
    method, _ = SIGHT[name]
    sessions = [*history(), USUAL, *ODDITIES.values()]
    np.testing.assert_array_equal(
        scores_of(method, sessions), scores_of(method, sessions, flipped=True)
    )


@pytest.mark.parametrize("name", SIGHT)
def test_the_same_seed_gives_the_same_scores(name: str) -> None:
    method, _ = SIGHT[name]
    sessions = [*history(), USUAL, *ODDITIES.values()]
    np.testing.assert_array_equal(scores_of(method, sessions), scores_of(method, sessions))


@pytest.mark.parametrize("name", SIGHT)
def test_every_match_that_is_judged_has_a_score(name: str) -> None:
    method, _ = SIGHT[name]
    data = dataset([*history(), USUAL, *ODDITIES.values()])
    judged = np.isin(data.column("part"), (CALIBRATE, TEST))
    assert not np.isnan(method(data, budget=0.05, seed=3).scores[judged]).any()


@pytest.mark.parametrize("name", SIGHT)
def test_what_happens_in_test_does_not_change_how_calibration_is_scored(name: str) -> None:
    method, _ = SIGHT[name]
    known = history()
    alone = scores_of(method, [*known, USUAL])
    crowded = scores_of(method, [*known, USUAL, *[ODD_BEFORE] * 50])
    np.testing.assert_array_equal(alone, crowded[: len(alone)])


@pytest.mark.parametrize("name", SIGHT)
def test_a_data_set_without_history_is_scored_all_the_same(name: str) -> None:
    method, _ = SIGHT[name]
    assert not np.isnan(scores_of(method, [USUAL, ODD_BEFORE])).any()


def test_lists_decide_by_themselves_and_frequencies_leave_it_to_the_budget() -> None:
    data = dataset([*history(), USUAL])
    own = {
        name for name, (method, _) in SIGHT.items() if method(data, budget=0.1, seed=0).threshold
    }
    assert own == {"alert all", "exact allowlist", "first seen"}


def test_alert_all_alerts_on_everything() -> None:
    answer = AlertAll()(dataset([*history(), USUAL]), budget=0.01, seed=0)
    assert answer.threshold is not None
    assert (answer.scores > answer.threshold).all()


def test_a_list_of_test_holds_what_calibration_showed() -> None:
    new = replace(USUAL, command="copy -r")
    listed = [*history(), replace(new, part=CALIBRATE), new]
    assert scores_of(ExactAllowlist(), listed)[-2:].tolist() == [1, 0]


def test_where_no_command_is_known_the_allowlist_holds_tokens() -> None:
    silent = [replace(session, command=None) for session in history()]
    other = replace(USUAL, command=None, tokens=("login", "list", "check", "shred", "sync"))
    scores = scores_of(ExactAllowlist(), [*silent, replace(USUAL, command=None), other])
    assert scores[-2:].tolist() == [0, 1]


def test_where_no_parent_is_known_the_event_before_stands_for_it() -> None:
    orphans = [replace(session, parent=None) for session in history()]
    usual, odd = replace(USUAL, parent=None), replace(ODD_BEFORE, parent=None)
    scores = scores_of(ParentChildFrequency(), [*orphans, usual, odd])
    assert scores[-1] > scores[-2]


def test_a_thinned_match_counts_for_all_that_it_stands_for() -> None:
    rare, thinned = (Session(TRAIN, workload, weight=w) for workload, w in (("a", 1), ("b", 40)))
    judged = [replace(USUAL, workload=workload) for workload in ("a", "b")]
    scores = scores_of(RuleWorkloadFrequency(), [rare, thinned, *judged])
    assert scores[-2] > scores[-1]


def test_pairs_never_seen_rank_by_how_common_they_are_elsewhere() -> None:
    common = [Session(TRAIN)] * 20
    rare = [Session(TRAIN, rule="rare")]
    judged = [replace(USUAL, workload="new"), replace(USUAL, workload="new", rule="rare")]
    scores = scores_of(RuleWorkloadFrequency(), [*common, *rare, *judged])
    assert scores[-1] > scores[-2] > -np.log(1)


def test_trigram_probabilities_of_all_tokens_after_a_history_sum_to_one() -> None:
    words = [*ROUTINE, "never seen"]
    judged = [replace(USUAL, tokens=("login", "list", "check", word, "sync")) for word in words]
    routine = [session for session in history() if session.tokens == ROUTINE]
    scores = scores_of(Trigram(), [*routine, *judged])
    assert np.exp(-scores[-len(words) :]).sum() == pytest.approx(1)


def test_events_are_learnt_in_sessions_of_train_and_before_them_alone() -> None:
    idle = Session(TRAIN, tokens=("look", "look"))
    data = dataset([idle, Session(TRAIN), Session(CALIBRATE), Session(TRAIN), idle, USUAL, idle])
    assert trained_events(data).tolist() == [*[True] * 7, *[False] * 5, *[True] * 5, *[False] * 9]


def test_events_without_sessions_are_learnt_up_to_the_last_match_of_train() -> None:
    data = dataset([Session(TRAIN), Session(TRAIN), Session(CALIBRATE), Session(TEST)])
    nameless = data.events.set_column(2, EVENTS.field("session"), pa.nulls(20, pa.string()))
    assert trained_events(replace(data, events=nameless)).tolist() == [True] * 9 + [False] * 11


def test_a_forest_has_no_opinion_of_a_rule_without_history() -> None:
    scores = scores_of(WindowForest(), [*history(), replace(USUAL, rule="new"), USUAL])
    assert scores[-2] == np.inf
    assert scores[-1] < np.inf


def test_windows_end_at_the_session() -> None:
    data = dataset([Session(TRAIN), USUAL])
    assert preceding(data, np.array([0, 5, 8]), 2).tolist() == [[-1, -1], [-1, -1], [6, 7]]


def test_a_vocabulary_keeps_the_most_frequent_tokens_and_counts_the_rest() -> None:
    twice = replace(USUAL, part=TRAIN, tokens=("copy", "copy", "list", "sync", "sync"))
    new = replace(USUAL, tokens=("login", "list", "check", "odd", "copy"))
    data = dataset([twice, replace(twice, tokens=("copy", "sync", "check", "copy", "odd")), new])
    words = vocabulary(data, trained_events(data), 2)
    assert words.rare == 3  # list, check and odd
    assert words.size == 4
    assert (words.number == RARE).nonzero()[0].tolist() == [2, 7, 9, 10, 11, 12, 13]
    assert words.seen.tolist() == [True] * 10 + [False, True, True, True, True]


def test_samples_are_as_even_over_groups_as_these_allow() -> None:
    groups = np.repeat([0, 1, 2], [2, 50, 1000])
    drawn = drawn_evenly(groups, 42, np.random.default_rng(0))
    assert np.bincount(groups[drawn]).tolist() == [2, 20, 20]
    assert drawn_evenly(groups, 5000, np.random.default_rng(0)).tolist() == list(range(1052))


def test_what_is_not_installed_is_absent_with_the_way_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module = "foreseen.studies.benchmark.baselines.find_spec"
    monkeypatch.setattr(module, lambda name: None if name == "torch" else name)
    assert set(absent()) == {"DeepLog", "DeepCASE", "GRU"}
    assert re.search(r"torch.*foreseen\[deep\]", absent()["DeepLog"])
    names = [method.name for method in available()]
    assert "trigram" in names
    assert not set(names) & set(absent())
