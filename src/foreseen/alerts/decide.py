"""Decide a match: suppressed only when a model expected it or a person asked for it (law 4)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from foreseen.core.decisions import Basis, Outcome, Prediction, Stage


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
        counted: Whether its rule's author wants it counted by correlations and not told alone.
        suppression: Suppression by hand that hides it.
        stage: How far the rule's model is trusted.
    """

    foresee: bool
    has_model: bool
    failed: bool
    history: int
    prediction: Prediction | None
    complete: bool
    incident: str | None
    counted: bool = False
    suppression: str | None = None
    stage: Stage = Stage.SUPPRESS


@dataclass(frozen=True, slots=True)
class Policy:
    """Bounds of silence.

    Attributes:
        budget: Share of expected matches that may alert; a prediction is held to it.
        least_history: Clean matches below which everything alerts.
        groups: Group by workload: whose history answers for a workload that is new.
    """

    budget: float
    least_history: int
    groups: Mapping[str, str] = field(default_factory=dict)


def decide(question: Question, policy: Policy) -> tuple[Outcome, Basis]:
    """Outcome and its basis: suppressed only where nothing objects.

    A match that is only counted is not told alone, and one that a person wants hidden is not told,
    unless it belongs to an open incident: stories come before silence (law 7).
    """
    if question.suppression is not None and question.incident is None:
        return Outcome.SUPPRESSED, Basis.SUPPRESSED_BY_HAND
    if question.counted:
        alone = question.incident is None
        return (
            (Outcome.SUPPRESSED, Basis.COUNTED) if alone else (Outcome.ALERTED, Basis.OPEN_INCIDENT)
        )
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
    yield from _UNTRUSTED.get(question.stage, ())


_UNTRUSTED = {Stage.OBSERVE: (Basis.OBSERVED,), Stage.ASSIST: (Basis.ASSISTED,)}
