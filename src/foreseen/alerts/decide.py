"""Decide a match: suppressed only when a model with enough clean history expected it (law 4)."""

from collections.abc import Iterator
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
        budget: Share of expected matches that may alert; a prediction is held to it.
        least_history: Clean matches on the workload below which everything alerts.
    """

    budget: float
    least_history: int


def decide(question: Question, policy: Policy) -> tuple[Outcome, Basis]:
    """Outcome and its basis: suppressed only where nothing objects."""
    for basis in _objections(question, policy):
        return Outcome.ALERTED, basis
    return Outcome.SUPPRESSED, Basis.EXPECTED


def _objections(question: Question, policy: Policy) -> Iterator[Basis]:
    """Reasons to alert, the weightiest first."""
    if not question.foresee:
        yield Basis.NOT_FORESEEN
    if question.incident is not None:
        yield Basis.OPEN_INCIDENT
    if question.failed:
        yield Basis.BROKEN_MODEL
    if not question.has_model:
        yield Basis.NO_MODEL
    if not question.complete:
        yield Basis.INCOMPLETE_WINDOW
    if question.history < policy.least_history:
        yield Basis.COLD_START
    if question.prediction is None:
        yield Basis.BROKEN_MODEL
    elif not question.prediction.probability > policy.budget:  # so a NaN alerts, too
        yield Basis.UNEXPECTED
