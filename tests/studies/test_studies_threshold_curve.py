"""What other thresholds would cost and catch: of what was judged, and of attack replays."""

from collections.abc import Iterator

import numpy as np
import pytest
from tests.models.histories import RULES, moment, stationary
from tests.studies.judged import OWN, POLICY, Judged, judged, rules
from tests.studies.judged import train as train_anew

from foreseen.models.foresight import Foresight
from foreseen.models.ledger import upper_bound
from foreseen.models.moments.moment import Moment
from foreseen.models.training import train
from foreseen.studies.attack_words import attack_words
from foreseen.studies.clustered import clustered_interval, clustered_intervals
from foreseen.studies.promises import promises
from foreseen.studies.replays.chain import Replay, Use
from foreseen.studies.threshold_curve import POINTS, Curve, curve_of


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judged]:
    with judged(tmp_path_factory.mktemp("curve")) as made:
        yield made


@pytest.fixture(scope="module")
def curve(world: Judged) -> Curve:
    return curve_of(world.lake, world.engine, OWN, world.stored, (rules(), POLICY, 0))


@pytest.fixture(scope="module")
def foresight() -> Foresight:
    return train(stationary(3, 100), budget=0.05, least_history=30, seed=0).foresight


def test_at_the_share_in_force_it_says_what_the_promise_says(world: Judged, curve: Curve) -> None:
    (now,) = [point for point in curve.points if point.share == curve.in_force]
    told = promises(world.lake, world.engine, OWN, of=world.stored.hash).tenant
    assert told is not None
    assert (curve.own, curve.matches) == (True, told.matches)
    assert (now.alerted, now.low, now.high) == (told.alerted, told.low, told.high)


def test_a_larger_share_alerts_on_no_fewer_matches_and_misses_no_more_attacks(curve: Curve) -> None:
    assert len(curve.points) == POINTS + 1
    for before, after in zip(curve.points, curve.points[1:], strict=False):
        assert before.share < after.share
        assert before.alerted <= after.alerted
        assert before.caught <= after.caught
        assert before.by_models <= after.by_models <= after.caught
        assert before.missed >= after.missed
    assert curve.points[0].alerted > 0
    assert curve.points[-1].caught > 0


def test_rules_add_up_to_the_whole(curve: Curve) -> None:
    assert sum(rule.matches for rule in curve.rules) == curve.matches
    for place, point in enumerate(curve.points):
        assert sum(rule.alerted[place] for rule in curve.rules) == point.alerted
        for rule in curve.rules:
            lost = rule.chains - rule.caught[place]
            assert rule.missed[place] == upper_bound(lost, rule.chains)
            assert rule.low[place] <= rule.alerted[place] / rule.matches <= rule.high[place]
    assert max(rule.chains for rule in curve.rules) <= curve.chains


def test_what_only_older_models_judged_is_told_as_theirs(world: Judged) -> None:
    later = train_anew(world.lake, world.engine, seed=1)
    found = curve_of(world.lake, world.engine, OWN, later, (rules(), POLICY, 0))
    assert not found.own
    assert found.matches > 0


def replay(chain: str, run: str, *moments: Moment) -> Replay:
    return Replay(chain, "T1105", Use.GATE, run, moments)


def test_a_chain_is_told_of_when_its_last_run_is_and_a_run_when_its_first_match_is(
    foresight: Foresight,
) -> None:
    history = stationary(3, 100)[RULES[0]]
    usual, odd = history[0], moment(900, parent="nginx", ancestry=("nginx",), window=("x", "y"))
    said = {
        each.uid: answer.probability
        for each, answer in zip(
            (usual, odd), foresight.predict(RULES[0], [usual, odd], doubt=0.0), strict=True
        )
    }
    assert said[odd.uid] < said[usual.uid]
    runs = [replay("a", "1", usual, odd), replay("a", "2", usual), replay("b", "1", usual, odd)]
    found = attack_words(foresight, runs, 30)
    assert found.all == found.by_models == (said[usual.uid], said[odd.uid])
    assert found.by_rule == {RULES[0]: found.all}


def test_a_rule_is_measured_by_its_own_matches_alone(foresight: Foresight) -> None:
    histories = stationary(3, 100)
    first, second = histories[RULES[0]][0], histories[RULES[1]][1]
    found = attack_words(foresight, [replay("a", "1", first, second)], 30)
    assert set(found.by_rule) == {RULES[0], RULES[1]}
    assert found.all == (min(word for (word,) in found.by_rule.values()),)


def test_what_no_model_is_asked_for_alerts_at_any_share_and_not_by_a_models_word(
    foresight: Foresight,
) -> None:
    unknown = moment(1, rule="no_such_rule")
    found = attack_words(foresight, [replay("a", "1", unknown)], 30)
    assert (found.all, found.by_models, found.by_rule) == ((0.0,), (1.0,), {})


def test_intervals_of_many_questions_are_those_of_each_alone() -> None:
    chance = np.random.default_rng(5)
    clusters = chance.integers(0, 40, 800)
    alerted = chance.random((800, 5)) < np.array([0.0, 0.002, 0.05, 0.4, 1.0])
    found = clustered_intervals(clusters, alerted, 0)
    assert found == [clustered_interval(clusters, column, 0) for column in alerted.T]
    assert all(
        low <= column.mean() <= high for (low, high), column in zip(found, alerted.T, strict=True)
    )
