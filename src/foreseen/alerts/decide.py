"""Decide a match: suppressed only when a model with enough clean history expected it (law 4)."""

from dataclasses import dataclass

from foreseen.core.decisions import Basis, Outcome, Prediction


@dataclass(frozen=True, slots=True)
class Question:
    """All that the decision on one match depends on.

    Attributes:
        foresee: Whether the rule is marked for a model.
        has_model: Whether a model of the rule exists.
        failed: Whether the model failed on this match.
        history: Expected matches of this rule on this workload that the model knows.
        prediction: The model's answer, if there is one.
        complete: Whether the window has no known telemetry loss.
        incident: Open incident that the match is tied to.
    """

    foresee: bool
    has_model: bool
    failed: bool
    history: int
    prediction: Prediction | None
    complete: bool
    incident: str | None


@dataclass(frozen=True, slots=True)
class Policy:
    """Bounds of silence.

    Attributes:
        budget: Share of expected matches that may alert: what a prediction's probability is held to.
        least_history: Clean matches on the workload below which everything alerts.
    """

    budget: float
    least_history: int


def decide(question: Question, policy: Policy) -> tuple[Outcome, Basis]:
    """Outcome and its basis. Every way but one leads to an alert."""
    if not question.foresee:
        return Outcome.ALERTED, Basis.NOT_FORESEEN
    if question.incident is not None:
        return Outcome.ALERTED, Basis.OPEN_INCIDENT
    if question.failed:
        return Outcome.ALERTED, Basis.BROKEN_MODEL
    if not question.has_model:
        return Outcome.ALERTED, Basis.NO_MODEL
    if not question.complete:
        return Outcome.ALERTED, Basis.INCOMPLETE_WINDOW
    if question.history < policy.least_history:
        return Outcome.ALERTED, Basis.COLD_START
    if question.prediction is None:
        return Outcome.ALERTED, Basis.BROKEN_MODEL
    # Written so that a probability that is not a number alerts.
    if question.prediction.probability > policy.budget:
        return Outcome.SUPPRESSED, Basis.EXPECTED
    return Outcome.ALERTED, Basis.UNEXPECTED
