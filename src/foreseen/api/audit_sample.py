"""The audit sample: matches that models silenced, drawn at random, and what people say of them."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi import Path as InPath
from pydantic import BaseModel, ConfigDict, Field

from foreseen.api.problems import documented
from foreseen.api.scopes import Triaging
from foreseen.api.services import Serviced
from foreseen.api.times import iso
from foreseen.control import audit_sample
from foreseen.control.audit_sample import Answer, Finding
from foreseen.core.errors import DeniedError, NotFoundError
from foreseen.core.ids import RuleId
from foreseen.lake.lake import Lake
from foreseen.studies.auditing import PER_DAY, Sampled, suppressed_match, to_answer

router = APIRouter(prefix="/api/v1/models/audit-sample")

Uid = Annotated[str, InPath(min_length=1, max_length=200)]


class SampledView(BaseModel):
    """A match that a model silenced.

    Attributes:
        who: Accounts that it is about; none of them may speak on it.
        what: What it did: command line, else file, destination or call.
        parent: Its parent's command line.
        probability: Share of expected matches that are as odd.
    """

    match: str
    rule: str
    time: str | None
    host: str
    workload: str
    who: list[str]
    what: str
    parent: str
    probability: float | None


class SampleView(BaseModel):
    """Drawn matches that nobody has spoken on; `total` counts those that are not shown, too."""

    matches: list[SampledView]
    total: int


class NewAnswer(BaseModel):
    """Whether the match should have been told, and why."""

    model_config = ConfigDict(extra="forbid")

    finding: Finding
    text: Annotated[str, Field(max_length=10_000)] = ""


class AnswerView(NewAnswer):
    """An answer as it was kept."""

    number: int
    match: str
    rule: str
    actor: str


@router.get("", responses=documented())
def draw_sample(
    services: Serviced,
    grant: Triaging,
    rule: Annotated[str | None, Query(max_length=200)] = None,
    per_day: Annotated[int, Query(ge=1, le=1000)] = PER_DAY,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> SampleView:
    """Drawn matches that wait for an answer: would you have wanted to see them?

    What is answered leaves the sample, so the next draw goes on where this one ended.
    """
    answered = audit_sample.answers(services.control, grant.tenant)
    found = to_answer(
        _lake(services),
        grant.tenant,
        answered.keys(),
        per_day=per_day,
        rule=RuleId(rule) if rule else None,
    )
    return SampleView(matches=[_view(each) for each in found[:limit]], total=len(found))


@router.post("/{match}", responses=documented())
def answer_sample(
    request: Request, services: Serviced, grant: Triaging, match: Uid, new: NewAnswer
) -> AnswerView:
    """Say whether a match that a model silenced should have been told; the last word stands."""
    try:
        found = suppressed_match(_lake(services), grant.tenant, match)
    except NotFoundError as error:
        raise NotFoundError(f"no match {match} that a model suppressed") from error
    if {grant.name, grant.user} & set(found.who):
        raise DeniedError(f"match {match} is about {grant.name}: somebody else must speak on it")
    said = Answer(match, found.rule, grant.name, new.finding, new.text, services.clock())
    number = audit_sample.answer(services.control, grant.tenant, said, grant.actor(request))
    return AnswerView(
        number=number,
        match=match,
        rule=found.rule,
        actor=grant.name,
        finding=new.finding,
        text=new.text,
    )


def _lake(services: Serviced) -> Lake:
    if services.lake is None:
        raise NotFoundError("this process has no lake, so nothing was silenced here")
    return services.lake


def _view(each: Sampled) -> SampledView:
    return SampledView(
        match=each.match,
        rule=each.rule,
        time=iso(each.time),
        host=each.host,
        workload=each.workload,
        who=list(each.who),
        what=each.what,
        parent=each.parent,
        probability=each.probability,
    )
