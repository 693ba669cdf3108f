"""Why an alert was raised, by the very model that answered: the same today and in a year."""

from dataclasses import asdict
from typing import Any

import orjson
from fastapi import APIRouter
from pydantic import BaseModel

from foreseen.api.alerts import AlertView, view
from foreseen.api.problems import documented
from foreseen.api.scopes import Reading
from foreseen.api.services import Serviced
from foreseen.api.times import iso
from foreseen.api.workplaces import office_for, one_at_a_time
from foreseen.control.alerts import listed_by_uid
from foreseen.core.decisions import Basis, Outcome
from foreseen.studies.explanation import Explanation, explain_match

router = APIRouter(prefix="/api/v1/alerts/{uid}/explanation")


class ExplanationView(BaseModel):
    """Why the match that opened an alert was told.

    Attributes:
        match: The match that opened the alert; `/alerts/{uid}/members` lists the others.
        time: When it was; RFC 3339.
        happened: What the event did, in one line.
        verdict: Outcome and basis in a sentence or two.
        budget: Probability above which it was expected; null when the settings are gone.
        probability: As stored with the decision; null when no model answered.
        surprise: The same in bits.
        model: Content hash of the model that answered.
        answer: That model's answer, made again and taken apart: `prediction` with the evidence
            of each member, `weights`, `shares` of the context's tokens, `nearest` expected
            matches, `turned`: the smallest change that would have turned it. Null where it
            cannot be made again; `notes` say why.
        same: Whether the answer made again is the stored one, to the last bit.
        gone: Nearest expected matches that are no longer in the lake.
    """

    alert: AlertView
    match: str
    rule: str
    workload: str
    time: str | None
    happened: str
    outcome: Outcome
    basis: Basis
    verdict: str
    budget: float | None
    probability: float | None
    surprise: float | None
    model: str | None
    answer: dict[str, Any] | None
    same: bool
    gone: tuple[str, ...]
    notes: tuple[str, ...]


@router.get("", responses=documented())
def get_explanation(services: Serviced, grant: Reading, uid: str) -> ExplanationView:
    """Why an alert was raised; what `foreseen alerts explain` tells."""
    alert = listed_by_uid(services.control, grant.tenant, uid)
    office = office_for(services, grant)
    with one_at_a_time():
        found = explain_match(office.lake, services.control, grant.tenant, uid)
    return _view(view(alert), found)


def _view(alert: AlertView, found: Explanation) -> ExplanationView:
    return ExplanationView(
        alert=alert,
        match=found.match,
        rule=found.rule,
        workload=found.workload,
        time=iso(found.time),
        happened=found.happened,
        outcome=found.outcome,
        basis=found.basis,
        verdict=found.verdict,
        budget=found.budget,
        probability=found.probability,
        surprise=found.surprise,
        model=found.model,
        answer=_plain(found),
        same=found.same,
        gone=found.gone,
        notes=found.notes,
    )


def _plain(found: Explanation) -> dict[str, Any] | None:
    """The answer as JSON has it, the same that the command prints; what is no number is null."""
    if found.answer is None:
        return None
    told = orjson.dumps(asdict(found.answer), option=orjson.OPT_NON_STR_KEYS)
    plain: dict[str, Any] = orjson.loads(told)
    return plain
