"""Training: only on what it is given, calibrated on what came later, held to its budget."""

import random
from collections.abc import Sequence
from dataclasses import replace
from math import sqrt

import numpy as np
import pytest
from tests.models.histories import MINUTE, RULES, act_of, moment, stationary

from foreseen.core.ids import RuleId
from foreseen.models import ensemble, training
from foreseen.models.ensemble import RuleModel
from foreseen.models.foresight import Foresight, fusion_bytes, model_bytes
from foreseen.models.moments.moment import Moment
from foreseen.models.training import train

BUDGET = 0.02
History = dict[RuleId, list[Moment]]


def trained_bytes(history: History) -> list[bytes]:
    foresight = train(history, budget=BUDGET, least_history=30, seed=1).foresight
    models = [model_bytes(model) for _, model in sorted(foresight.models.items())]
    return [*models, fusion_bytes(foresight.fusion)]


def alerted(foresight: Foresight, asked: History) -> list[bool]:
    return [
        not prediction.probability > BUDGET
        for rule, found in asked.items()
        for prediction in foresight.predict(rule, found, 0)
    ]


def test_training_depends_on_nothing_but_its_arguments() -> None:
    history = stationary(1, 60, RULES[:2])
    copy = {rule: list(found) for rule, found in history.items()}
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002 (the state that must not matter)
    first = trained_bytes(history)
    random.seed(2)
    np.random.seed(2)  # noqa: NPY002
    assert trained_bytes(history) == first
    assert history == copy


def test_members_are_fitted_on_the_earlier_part_and_calibrated_on_the_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fitted: list[Sequence[Moment]] = []
    original = ensemble.fit

    def spy(rule: str, moments: Sequence[Moment], others: Sequence[Moment], seed: int) -> RuleModel:
        fitted.append(moments)
        assert {one.rule for one in moments} == {rule}
        return original(rule, moments, others, seed)

    monkeypatch.setattr(training, "fit", spy)
    history = stationary(2, 100)
    fusion = train(history, budget=BUDGET, least_history=30, seed=0).foresight.fusion
    early = fitted[: len(history)]
    cut = max(one.time for part in early for one in part)
    assert {one.uid for part in early for one in part} == {
        one.uid for found in history.values() for one in found if one.time <= cut
    }
    later = sum(one.time > cut for found in history.values() for one in found)
    assert later >= 60
    for calibration in (*fusion.members, fusion.fused):
        assert 0 < len(calibration.scores) <= later


def test_rules_with_too_little_history_are_skipped_and_said_so() -> None:
    history = {**stationary(3, 200, RULES[:1]), **stationary(3, 29, RULES[1:2]), RULES[2]: []}
    trained = train(history, budget=BUDGET, least_history=30, seed=0)
    assert set(trained.foresight.models) == {RULES[0]}
    assert trained.skipped == {RULES[1]: 29, RULES[2]: 0}


def test_no_history_gives_no_model() -> None:
    assert not train({}, budget=BUDGET, least_history=30, seed=0).foresight.models


@pytest.mark.parametrize("kind", ["one time", "all late", "one early", "few in all"])
def test_a_rule_that_could_not_be_calibrated_is_never_plainly_expected(kind: str) -> None:
    history = stationary(4, 100, RULES[:2])
    rule = RULES[0]
    if kind == "one time":
        history = {r: [replace(one, time=5) for one in found] for r, found in history.items()}
    elif kind == "few in all":
        history = stationary(4, 31, RULES[:1])
    elif kind == "all late":
        history[rule] = [replace(one, time=one.time + 10**9) for one in history[rule]]
    else:
        first, *rest = history[rule]
        history[rule] = [first, *(replace(one, time=one.time + 10**9) for one in rest)]
    foresight = train(history, budget=BUDGET, least_history=30, seed=0).foresight
    strange = [moment(n, rule=rule, act=act_of(f"implant{n} -q"), who="33") for n in range(20)]
    if rule in foresight.models:
        predictions = foresight.predict(rule, strange, BUDGET)
        assert all(not one.probability > BUDGET for one in predictions)


@pytest.mark.long
def test_the_budget_is_kept_where_later_matches_are_drawn_from_the_same_habits() -> None:
    seeds, count, later = 6, 300, 250
    shares = []
    for seed in range(seeds):
        foresight = train(
            stationary(seed, count), budget=BUDGET, least_history=30, seed=0
        ).foresight
        asked = stationary(1_000 + seed, later, start=count)
        shares.append(np.mean(alerted(foresight, asked)))
    asked_in_all, calibrated = later * len(RULES), count * len(RULES) * 0.3
    deviation = sqrt(BUDGET * (1 - BUDGET) * (1 / asked_in_all + 1 / calibrated) / seeds)
    assert np.mean(shares) <= BUDGET + 3 * deviation, shares
    assert np.mean(shares) > 0, shares


def test_a_dirty_window_of_one_workload_leaves_the_novelty_of_others_alone() -> None:
    history = stationary(5, 200, RULES[:1])
    dirty = {
        rule: [
            replace(one, act=act_of("implant -q"), parent="nginx", window=("execve id",) * 9)
            if one.workload == "db" and one.time > 100 * MINUTE
            else one
            for one in found
        ]
        for rule, found in history.items()
    }
    asked = [one for one in stationary(6, 80)[RULES[0]] if one.workload == "web"]
    clean, stained = (
        train(each, budget=BUDGET, least_history=30, seed=0).foresight.models[RULES[0]]
        for each in (history, dirty)
    )
    assert asked
    assert clean.surprises(asked) == stained.surprises(asked)


def test_progress_names_every_rule_once() -> None:
    done: list[RuleId] = []
    train(stationary(7, 80), budget=BUDGET, least_history=30, seed=0, progress=done.append)
    assert sorted(done) == sorted(RULES)
