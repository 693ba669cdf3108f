"""What was decided of a match, as answers have it."""

from collections.abc import Mapping
from typing import Any

import orjson
from pydantic import BaseModel

from foreseen.core.decisions import Basis, Outcome

_EXPLANATION = "/api/v1/matches/{}/explanation"


class EvidenceView(BaseModel):
    """One member's share of a model's answer, in bits and in a sentence."""

    member: str
    surprise: float | None
    sentence: str


class DecisionView(BaseModel):
    """The word on a match that holds.

    Attributes:
        outcome: `suppressed` or `alerted`.
        basis: Why.
        probability: Share of expected matches at least as surprising; null without a model's word.
        surprise: The same in bits.
        model: Content hash of the model that answered.
        incident: Incident that the match belongs to.
        suppression: Suppression by hand that hid it.
        revised: Why this word replaced an earlier one; empty for the first.
        explanation: Where its explanation is.
        evidence: The members' shares, most surprising first; of one match alone, not in lists.
        artefacts: Name to content hash of all that it depended on; as `evidence`.
        elsewhere: What the same person did on other streams; as `evidence`.
    """

    outcome: Outcome
    basis: Basis
    probability: float | None
    surprise: float | None
    model: str | None
    incident: str | None
    suppression: str | None
    revised: str
    explanation: str
    evidence: list[EvidenceView] | None = None
    artefacts: dict[str, str] | None = None
    elsewhere: list[str] | None = None


def decision_view(row: Mapping[str, Any], *, whole: bool) -> DecisionView:
    """A row of the predictions table; `whole` with all that it rests on."""
    told = DecisionView(
        outcome=Outcome(row["outcome"]),
        basis=Basis(row["basis"]),
        probability=row["probability"],
        surprise=row["surprise"],
        model=row["model"],
        incident=row["incident"],
        suppression=row["suppression"],
        revised=row["revised"] or "",
        explanation=_EXPLANATION.format(row["match_uid"]),
    )
    if whole:
        told.evidence = [EvidenceView(**each) for each in orjson.loads(row["evidence"] or "[]")]
        told.artefacts = orjson.loads(row["artefacts"] or "{}")
        told.elsewhere = list(row["elsewhere"] or ())
    return told
