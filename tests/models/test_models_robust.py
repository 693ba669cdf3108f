"""Whatever is wrong with a model or its question, the match alerts, with a reason."""

import math
import random
import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import orjson
import pytest
from tests.models.histories import RULES, act_of, stationary

from foreseen.alerts.decide import Policy, Question, decide
from foreseen.core.decisions import Basis, Outcome
from foreseen.core.errors import CorruptError
from foreseen.core.ids import ContentHash, content_hash
from foreseen.models.foresight import Foresight, fusion_bytes, load, model_bytes
from foreseen.models.moments.moment import Moment
from foreseen.models.training import train

RULE, BUDGET, LEAST = RULES[0], 0.02, 30
HISTORY = stationary(3, 120, RULES[:2])
USUAL = HISTORY[RULE]


@pytest.fixture(scope="module")
def foresight() -> Foresight:
    return train(HISTORY, budget=BUDGET, least_history=LEAST, seed=7).foresight


def word(foresight: Foresight, one: Moment) -> tuple[Outcome, Basis]:
    """What is decided on a match, as the judge asks."""
    prediction, failed = None, False
    if RULE in foresight.models:
        try:
            (prediction,) = foresight.predict(RULE, [one], BUDGET)
        except Exception:  # noqa: BLE001 (as the judge: whatever a model does)
            failed = True
    question = Question(
        foresee=True,
        has_model=RULE in foresight.models,
        failed=failed,
        history=foresight.history(RULE, one.workload) if foresight.resolves(BUDGET) else 0,
        prediction=prediction,
        complete=True,
        incident=None,
    )
    return decide(question, Policy(BUDGET, LEAST))


def test_what_is_usual_is_suppressed_so_that_these_tests_can_fail(foresight: Foresight) -> None:
    words = [word(foresight, one) for one in USUAL]
    assert words.count((Outcome.SUPPRESSED, Basis.EXPECTED)) > len(USUAL) * 0.8


@pytest.mark.parametrize("column", range(11))
def test_a_score_that_is_no_number_alerts(foresight: Foresight, column: int) -> None:
    raw = foresight.scores(RULE, USUAL)
    raw[:, column] = np.nan
    shares = foresight.probabilities(RULE, USUAL, raw)
    weight = foresight.fusion.weights.each[column]
    usual = foresight.probabilities(RULE, USUAL, foresight.scores(RULE, USUAL))
    assert np.isfinite(shares).all()
    # never more expected than with the number; a member without weight has no say
    assert (shares <= usual).all() if weight else np.array_equal(shares, usual)
    raw[:] = np.nan
    assert (foresight.probabilities(RULE, USUAL, raw) <= BUDGET).all()


def broken(foresight: Foresight, part: str, value: object) -> Foresight:
    """The models with one part of one of them exchanged, under a hash that fits."""
    whole = orjson.loads(model_bytes(foresight.models[RULE]))
    whole["neighbours"][part] = value
    content = orjson.dumps(whole)
    return load({content_hash(content): content}, fusion_bytes(foresight.fusion))


def test_weights_that_are_no_numbers_are_corrupt_or_alert(foresight: Foresight) -> None:
    width = len(foresight.models[RULE].features.names)
    for value in (None, "NaN", -1e308):
        try:
            loaded = broken(foresight, "weights", [value] * width)
            words = [word(loaded, one) for one in USUAL]
        except CorruptError:
            continue
        assert all(outcome is Outcome.ALERTED for outcome, _ in words), value


def test_a_flood_of_unknown_tokens_alerts_in_bounded_time(foresight: Foresight) -> None:
    flood = tuple(f"execve unheard-{number}" for number in range(5_000))
    for parts in (
        {"window": flood},
        {"window": flood, "ages": tuple(range(5_000, 0, -1))},
        {"session": flood, "siblings": flood, "window": flood},
        {"ancestry": flood, "act": act_of("implant -q"), "window": flood},
    ):
        drowned = replace(USUAL[0], **parts)
        before = time.process_time()
        outcome, basis = word(foresight, drowned)
        assert time.process_time() - before < 2
        assert (outcome, basis) == (Outcome.ALERTED, Basis.UNEXPECTED), list(parts)
        (prediction,) = foresight.predict(RULE, [drowned], BUDGET)
        assert max(len(evidence.sentence) for evidence in prediction.evidence) < 1_000
        assert all(math.isfinite(evidence.surprise) for evidence in prediction.evidence)


def test_an_empty_history_alerts_and_says_which_way_it_is_empty(foresight: Foresight) -> None:
    nothing = train({}, budget=BUDGET, least_history=LEAST, seed=0).foresight
    assert word(nothing, USUAL[0]) == (Outcome.ALERTED, Basis.NO_MODEL)
    few = train({RULE: USUAL[:3]}, budget=BUDGET, least_history=LEAST, seed=0).foresight
    assert word(few, USUAL[0]) == (Outcome.ALERTED, Basis.NO_MODEL)
    one_workload = {
        rule: [replace(one, workload="web") for one in found] for rule, found in HISTORY.items()
    }
    alone = train(one_workload, budget=BUDGET, least_history=LEAST, seed=0).foresight
    cold = replace(USUAL[0], workload="unheard-of")
    assert word(alone, cold) == (Outcome.ALERTED, Basis.COLD_START)
    emptied = orjson.loads(model_bytes(foresight.models[RULE])) | {"history": {}}
    content = orjson.dumps(emptied)
    loaded = load({content_hash(content): content}, fusion_bytes(foresight.fusion))
    assert word(loaded, USUAL[0]) == (Outcome.ALERTED, Basis.COLD_START)


def places(size: int, count: int) -> Sequence[int]:
    """Places all over a file: its ends, and others drawn once and for all."""
    chance = random.Random(11)  # noqa: S311 (sampling, not secrecy)
    return sorted({0, 1, size - 2, size - 1, *chance.sample(range(size), count)})


def test_one_flipped_bit_anywhere_makes_a_model_corrupt(foresight: Foresight) -> None:
    name, content, fusion = stored(foresight)
    for place in places(len(content), 150):
        bit = 1 << (place % 8)
        flipped = content[:place] + bytes([content[place] ^ bit]) + content[place + 1 :]
        with pytest.raises(CorruptError, match="train again"):
            load({name: flipped}, fusion)


def test_a_model_cut_off_anywhere_is_corrupt_even_under_its_own_name(
    foresight: Foresight,
) -> None:
    name, content, fusion = stored(foresight)
    for place in places(len(content), 40):
        with pytest.raises(CorruptError, match="train again"):
            load({name: content[:place]}, fusion)
        with pytest.raises(CorruptError, match="train again"):
            load({content_hash(content[:place]): content[:place]}, fusion)


def test_what_all_models_share_is_corrupt_when_cut_off(foresight: Foresight) -> None:
    name, content, fusion = stored(foresight)
    for place in places(len(fusion), 40):
        with pytest.raises(CorruptError, match="train again"):
            load({name: content}, fusion[:place])


@pytest.mark.parametrize("part", ["levels", "surroundings", "pace", "tenure"])
@pytest.mark.parametrize("value", [None, [], "x", 5, {"web": None}, {"web": {"a": "x"}}])
def test_a_shared_part_that_does_not_fit_never_says_expected(
    foresight: Foresight, part: str, value: object
) -> None:
    name, content, fusion = stored(foresight)
    whole = orjson.loads(fusion)
    whole["common"][part] = value
    try:
        loaded = load({name: content}, orjson.dumps(whole))
    except CorruptError:
        return
    sound = sum(word(foresight, one)[0] is Outcome.ALERTED for one in USUAL[:40])
    assert sum(word(loaded, one)[0] is Outcome.ALERTED for one in USUAL[:40]) >= sound


def stored(foresight: Foresight) -> tuple[ContentHash, bytes, bytes]:
    content = model_bytes(foresight.models[RULE])
    return foresight.hashes[RULE], content, fusion_bytes(foresight.fusion)
