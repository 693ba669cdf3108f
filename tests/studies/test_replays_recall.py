"""Recall on attack replays: a chain is caught when every run of it would be told of."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from tests.models.histories import RULES
from tests.studies.attacks import BUDGET, LEAST, attack, benign, models

from foreseen.alerts.decide import Policy
from foreseen.core.decisions import Prediction, Stage
from foreseen.core.ids import RuleId
from foreseen.models.calibration import Calibration
from foreseen.models.foresight import Foresight
from foreseen.models.moments.moment import Moment
from foreseen.studies.replays.chain import Replay
from foreseen.studies.replays.recall import Recall, Terms, recall_of, recall_on
from foreseen.studies.replays.transplant import transplants

CHAINS = 7


def here() -> tuple[Replay, ...]:
    """Several chains of two runs each, put among the benign matches."""
    recorded = [attack(f"chain-{number}", run) for number in range(CHAINS) for run in "12"]
    return transplants(recorded, benign(), 2).replays


def measured(foresight: Foresight, replays: tuple[Replay, ...], **more: object) -> Recall:
    found = recall_of(foresight, replays, budget=BUDGET, least_history=10, **more)  # type: ignore[arg-type]  # as the test says
    return found[None]


def test_who_alerts_on_all_catches_all_and_the_bound_is_that_of_no_loss() -> None:
    found = measured(models(alert=True), here())
    assert (found.chains, found.caught, found.lost) == (CHAINS, CHAINS, ())
    assert found.upper == pytest.approx(1 - 0.05 ** (1 / CHAINS))
    assert (found.share, found.placements, found.silent) == (1.0, CHAINS * 4, 0)


def test_who_suppresses_all_catches_nothing_and_nothing_is_bounded() -> None:
    found = measured(models(alert=False), here())
    assert (found.caught, found.upper, found.share) == (0, 1.0, 0.0)
    assert len(found.lost) == CHAINS
    assert found.silent == found.placements


def test_one_silent_run_loses_the_chain() -> None:
    replays = here()
    # The runs of one chain lose the match that no model is asked of.
    foresight = models(alert=False, rules=RULES[:1])
    quiet = replays[0].only(lambda moment: moment.rule == RULES[0])
    found = measured(foresight, (quiet, *replays[1:]))
    assert found.lost == (quiet.chain,)
    assert (found.silent, found.caught) == (1, CHAINS - 1)


def test_a_rule_without_a_model_alerts() -> None:
    assert measured(models(alert=False, rules=RULES[2:]), here()).caught == CHAINS


def test_each_rule_is_measured_on_the_chains_that_it_matches() -> None:
    one, other = attack("one"), attack("other")
    other = other.only(lambda moment: moment.rule == RULES[1])
    replays = transplants([one, other], benign(), 1).replays
    found = recall_of(models(alert=True), replays, budget=BUDGET, least_history=LEAST)
    assert {rule: each.chains for rule, each in found.items()} == {
        None: 2,
        RULES[0]: 1,
        RULES[1]: 2,
    }


@pytest.mark.parametrize("stage", [Stage.OBSERVE, Stage.ASSIST])
def test_a_model_that_is_not_trusted_hides_nothing(stage: Stage) -> None:
    stages = dict.fromkeys(RULES, stage)
    assert measured(models(alert=False), here(), stages=stages).caught == CHAINS


def test_too_little_history_and_a_coarse_calibration_alert() -> None:
    foresight, replays = models(alert=False), here()
    terms = Terms(Policy(BUDGET, 10_000))
    assert recall_on(foresight, replays, terms)[None].caught == CHAINS
    coarse = replace(foresight.fusion, fused=Calibration.of([1.0] * 5))
    assert measured(replace(foresight, fusion=coarse), replays).caught == CHAINS


def test_what_people_hide_and_what_is_only_counted_is_not_told() -> None:
    foresight, replays = models(alert=True), here()
    uids = frozenset(moment.uid for replay in replays for moment in replay.moments)
    policy = Policy(BUDGET, 10)
    assert recall_on(foresight, replays, Terms(policy, hidden=uids))[None].caught == 0
    assert recall_on(foresight, replays, Terms(policy, silent=frozenset(RULES)))[None].caught == 0


def test_a_rule_that_is_not_marked_for_its_model_alerts() -> None:
    terms = Terms(Policy(BUDGET, 10), unmarked=frozenset(RULES))
    assert recall_on(models(alert=False), here(), terms)[None].caught == CHAINS


def test_without_models_everything_alerts() -> None:
    assert recall_on(None, here(), Terms(Policy(BUDGET, 10)))[None].caught == CHAINS


class Failing(Foresight):
    """Models that fail on what comes from one chain, as corrupt ones may."""

    __slots__ = ()

    def predict(self, rule: RuleId, moments: Sequence[Moment], doubt: float) -> list[Prediction]:
        """Fails when asked of the first chain."""
        if any("chain-0" in moment.uid for moment in moments):
            raise ValueError("a corrupt tree")
        return Foresight.predict(self, rule, moments, doubt)


def test_a_model_that_fails_on_a_match_alerts_on_it_and_on_no_other() -> None:
    whole = models(alert=False)
    found = measured(Failing(whole.models, whole.fusion, whole.hashes), here())
    assert found.caught == 1
    assert "chain-0" not in found.lost


class Endless(Foresight):
    """Models whose probabilities are no numbers."""

    __slots__ = ()

    def predict(self, rule: RuleId, moments: Sequence[Moment], doubt: float) -> list[Prediction]:
        """Predictions as ever, but for the probability."""
        found = Foresight.predict(self, rule, moments, doubt)
        wrong = [float("nan"), float("inf")]
        return [replace(each, probability=wrong[n % 2]) for n, each in enumerate(found)]


def test_a_probability_that_is_no_finite_number_alerts() -> None:
    whole = models(alert=False)
    assert measured(Endless(whole.models, whole.fusion, whole.hashes), here()).caught == CHAINS


def test_without_replays_nothing_is_shown() -> None:
    found = measured(models(alert=True), ())
    assert (found.chains, found.share, found.upper) == (0, 0.0, 1.0)
