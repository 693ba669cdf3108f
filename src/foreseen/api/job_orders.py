"""What may be asked of a job: what-if, training, ledger, promises and comparison; each is a 202."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from foreseen.api.idempotency import KEYED
from foreseen.api.jobs import JobView, accepted
from foreseen.api.problems import documented
from foreseen.api.scopes import Engineering, Reading
from foreseen.api.services import Serviced, Services
from foreseen.api.times import moment
from foreseen.control import job_orders, model_versions
from foreseen.control.grants import Grant
from foreseen.control.job_orders import JobKind
from foreseen.core.errors import MalformedInputError
from foreseen.studies.replays.transplant import PLACEMENTS

router = APIRouter(prefix="/api/v1")

_MOST_FILES = 200
_LONGEST_FILE = 100_000
_Time = Annotated[str | None, Field(max_length=50)]
_Rule = Annotated[str, Field(min_length=1, max_length=200)]
_Share = Annotated[float | None, Field(gt=0, lt=1)]
_Version = Annotated[int, Field(ge=1, lt=2**31)]


class File(BaseModel):
    """A file of rules or suppressions; messages name it."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=200)]
    text: Annotated[str, Field(min_length=1, max_length=_LONGEST_FILE)]


_Files = Annotated[list[File], Field(max_length=_MOST_FILES)]


class NewWhatIf(BaseModel):
    """An unsaved edit, and which part of history is told; what is left out stays as it is.

    Attributes:
        rules: All rule files, in place of those in use.
        changed: Rule files to lay over them: each takes the place of the rules with its ids.
        removed: Ids of rules to take away.
        suppressions: Files of suppressions by hand, laid over those in force by their ids.
        budget: Share of expected matches that may alert.
        least_history: Clean matches on a workload below which every match alerts.
        models: By rule, whether a model may suppress its matches.
        judged_from: Judge matches from then on; else from where the models' history ends.
        since: Tell alerts from then on.
        until: Leave out what came later.
        examples: Alerts to show of each kind.
    """

    model_config = ConfigDict(extra="forbid")

    rules: Annotated[list[File] | None, Field(max_length=_MOST_FILES)] = None
    changed: _Files = []
    removed: Annotated[list[_Rule], Field(max_length=1000)] = []
    suppressions: _Files = []
    budget: _Share = None
    least_history: Annotated[int | None, Field(ge=1, lt=2**31)] = None
    models: Annotated[dict[_Rule, bool], Field(max_length=1000)] = {}
    judged_from: _Time = None
    since: _Time = None
    until: _Time = None
    examples: Annotated[int, Field(ge=0, le=1000)] = 5


class NewTraining(BaseModel):
    """What to train.

    Attributes:
        until: All history before this time is accepted as clean; times without a zone are refused.
        reason: Why; kept with the version.
        budget: Share of expected matches that may alert; else as it was asked for last.
        alerts_a_day: The same in false alerts a day; one of both.
        seed: Makes training repeatable.
        suppress: What passes every gate suppresses at once; else it assists first.
    """

    model_config = ConfigDict(extra="forbid")

    until: Annotated[str, Field(max_length=50)]
    reason: Annotated[str, Field(min_length=1, max_length=2000)]
    budget: _Share = None
    alerts_a_day: Annotated[float | None, Field(gt=0, le=1e6)] = None
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    suppress: bool = False


class NewLedger(BaseModel):
    """Which matches are counted, and at how many places each recorded run is put."""

    model_config = ConfigDict(extra="forbid")

    since: _Time = None
    placements: Annotated[int, Field(ge=1, le=100)] = PLACEMENTS


class NewPromises(BaseModel):
    """How many of the last days are looked at; all without."""

    model_config = ConfigDict(extra="forbid")

    days: Annotated[int | None, Field(ge=1, le=36_500)] = None


class NewComparison(BaseModel):
    """Two versions of the models."""

    model_config = ConfigDict(extra="forbid")

    first: _Version
    second: _Version


_ACCEPTED = HTTPStatus.ACCEPTED


@router.post(
    "/what-if", status_code=_ACCEPTED, dependencies=[KEYED], responses=documented(409, 413)
)
def ask_what_if(
    request: Request, response: Response, services: Serviced, grant: Engineering, new: NewWhatIf
) -> JobView:
    """Ask which alerts an unsaved edit adds and removes."""
    asked = new.model_dump(exclude_none=True)
    for name in ("judged_from", "since", "until"):
        asked[name] = moment(asked.get(name))
    return accepted(request, response, (services, grant), JobKind.WHAT_IF, asked)


@router.post(
    "/models/train", status_code=_ACCEPTED, dependencies=[KEYED], responses=documented(409, 413)
)
def train_models(
    request: Request, response: Response, services: Serviced, grant: Engineering, new: NewTraining
) -> JobView:
    """Accept history as clean and train every marked rule's model on it."""
    if new.budget is not None and new.alerts_a_day is not None:
        raise MalformedInputError("budget and alerts_a_day both say how much may alert; give one")
    until = moment(new.until)
    if until is None or until > services.clock():
        raise MalformedInputError("until: nobody can accept history that is yet to come")
    asked = {**new.model_dump(exclude_none=True), "until": until}
    return accepted(request, response, (services, grant), JobKind.TRAIN, asked)


@router.post(
    "/models/ledger", status_code=_ACCEPTED, dependencies=[KEYED], responses=documented(409, 413)
)
def ask_ledger(
    request: Request, response: Response, services: Serviced, grant: Engineering, new: NewLedger
) -> JobView:
    """Ask what models silenced by rule, and their recall on sealed attacks with its bound."""
    asked: dict[str, object] = {"since": moment(new.since), "placements": new.placements}
    return accepted(request, response, (services, grant), JobKind.LEDGER, asked)


@router.post(
    "/models/promises", status_code=_ACCEPTED, dependencies=[KEYED], responses=documented(409, 413)
)
def ask_promises(
    request: Request, response: Response, services: Serviced, grant: Engineering, new: NewPromises
) -> JobView:
    """Ask what share of false alerts was promised, and what came of it."""
    asked: dict[str, object] = {"days": new.days}
    return accepted(request, response, (services, grant), JobKind.PROMISES, asked)


@router.post(
    "/models/compare", status_code=_ACCEPTED, dependencies=[KEYED], responses=documented(409, 413)
)
def compare_versions(
    request: Request, response: Response, services: Serviced, grant: Engineering, new: NewComparison
) -> JobView:
    """Ask what changes from one version to another: matches and attack replays."""
    for number in (new.first, new.second):
        model_versions.version(services.control, grant.tenant, number)
    return accepted(
        request, response, (services, grant), JobKind.COMPARE, new.model_dump(exclude_none=True)
    )


@router.get("/models/ledger", responses=documented())
def get_ledger(services: Serviced, grant: Reading) -> Response:
    """The ledger that was worked out last; `Content-Location` names its job."""
    return _last(services, grant, JobKind.LEDGER)


@router.get("/models/promises", responses=documented())
def get_promises(services: Serviced, grant: Reading) -> Response:
    """The promises that were worked out last; `Content-Location` names their job."""
    return _last(services, grant, JobKind.PROMISES)


def _last(services: Services, grant: Grant, kind: JobKind) -> Response:
    number, content = job_orders.last_done(services.control, grant.tenant, kind)
    where = f"{router.prefix}/jobs/{number}/result"
    return Response(content, media_type="application/json", headers={"Content-Location": where})
