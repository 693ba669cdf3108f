"""Decisions: suppressed in one single way, alerted in every other (law 4)."""

import math
from itertools import product

import pytest

from foreseen.alerts.decide import Policy, Question, decide
from foreseen.core.decisions import Basis, Outcome, Prediction, Stage
from foreseen.core.ids import ContentHash

POLICY = Policy(budget=0.02, least_history=30)
PROBABILITIES = (None, math.nan, -math.inf, -1.0, 0.0, 1e-9, 0.02, 0.0200001, 0.5, 1.0)
HISTORIES = (0, 29, 30, 31, 10_000)
TABLE = list(
    product(
        (False, True), (False, True), (False, True), HISTORIES, PROBABILITIES, (False, True),
        (None, "incident"),
    )
)  # fmt: skip


def answer(probability: float | None) -> Prediction | None:
    return None if probability is None else Prediction(probability, 0.0, (), ContentHash("hash"))


@pytest.mark.parametrize("foresee", [False, True])
def test_suppressed_only_when_nothing_objects(foresee: bool) -> None:  # noqa: FBT001
    suppressed = 0
    for marked, has_model, failed, history, probability, complete, incident in TABLE:
        if marked is not foresee:
            continue
        question = Question(
            marked, has_model, failed, history, answer(probability), complete, incident
        )
        outcome, basis = decide(question, POLICY)
        silent = (
            marked
            and has_model
            and not failed
            and history >= 30
            and probability is not None
            and probability > 0.02
            and complete
            and incident is None
        )
        assert (outcome is Outcome.SUPPRESSED) == silent, question
        assert (basis is Basis.EXPECTED) == silent, question
        suppressed += silent
    assert suppressed == (9 if foresee else 0)


@pytest.mark.parametrize(
    ("changed", "basis"),
    [
        ({"foresee": False}, Basis.NOT_FORESEEN),
        ({"has_model": False, "prediction": None}, Basis.NO_MODEL),
        ({"failed": True, "prediction": None}, Basis.BROKEN_MODEL),
        ({"prediction": None}, Basis.BROKEN_MODEL),
        ({"history": 29}, Basis.COLD_START),
        ({"complete": False}, Basis.INCOMPLETE_WINDOW),
        ({"incident": "uid"}, Basis.OPEN_INCIDENT),
        ({"prediction": answer(0.02)}, Basis.UNEXPECTED),
        ({"prediction": answer(math.nan)}, Basis.UNEXPECTED),
        ({"stage": Stage.OBSERVE}, Basis.OBSERVED),
        ({"stage": Stage.ASSIST}, Basis.ASSISTED),
        ({"stage": Stage.OBSERVE, "prediction": answer(0.02)}, Basis.UNEXPECTED),
        ({}, Basis.EXPECTED),
    ],
)
def test_the_basis_names_the_objection(changed: dict[str, object], basis: Basis) -> None:
    clear: dict[str, object] = {
        "foresee": True,
        "has_model": True,
        "failed": False,
        "history": 30,
        "prediction": answer(0.5),
        "complete": True,
        "incident": None,
    }
    question = Question(**{**clear, **changed})  # type: ignore[arg-type]
    assert decide(question, POLICY)[1] is basis


@pytest.mark.parametrize("stage", [Stage.OBSERVE, Stage.ASSIST])
def test_a_model_that_only_observes_or_assists_suppresses_nothing(stage: Stage) -> None:
    for marked, has_model, failed, history, probability, complete, incident in TABLE:
        question = Question(
            marked, has_model, failed, history, answer(probability), complete, incident, stage=stage
        )
        assert decide(question, POLICY)[0] is Outcome.ALERTED, question
