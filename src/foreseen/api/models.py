"""The models in use: what each one learned, how far it is trusted, and why."""

from typing import Annotated

from fastapi import APIRouter, Response
from fastapi import Path as InPath

from foreseen.api.etags import etag
from foreseen.api.model_views import (
    BudgetView,
    ModelRow,
    ModelsView,
    ModelView,
    gates_of,
    placed_view,
)
from foreseen.api.problems import documented
from foreseen.api.scopes import Reading
from foreseen.api.services import Serviced
from foreseen.api.times import iso
from foreseen.control import model_stages, model_versions
from foreseen.core.decisions import Stage
from foreseen.core.errors import NotFoundError
from foreseen.core.ids import RuleId, TenantId
from foreseen.runners.history import settings_kept
from foreseen.runners.settings.settings import Settings
from foreseen.studies.stored import Stored, stored_foresight

router = APIRouter(prefix="/api/v1/models")

Rule = Annotated[str, InPath(min_length=1, max_length=200)]
_MOST_PLACEMENTS = 200


@router.get("", responses=documented())
def list_models(services: Serviced, grant: Reading, response: Response) -> ModelsView:
    """The models in use; the ETag is that of the choice of their version."""
    stored = _stored(services, grant.tenant)
    placed = model_stages.placements(services.control, grant.tenant)
    response.headers["ETag"] = etag(stored.version)
    return ModelsView(
        version=stored.version,
        foresight=stored.hash,
        accepted_until=iso(int(str(stored.about["accepted_until"]))),
        fusion=str(stored.about["fusion"]),
        budget=_budget(services, grant.tenant, stored),
        skipped=dict(stored.about.get("skipped") or {}),
        models=[
            _row(stored, rule, placed[rule].reason if rule in placed else "")
            for rule in sorted(stored.foresight.models)
        ],
    )


@router.get("/{rule}", responses=documented())
def get_model(services: Serviced, grant: Reading, rule: Rule, response: Response) -> ModelView:
    """One rule's model in full; its ETag is needed to place it in another stage."""
    stored, name = _stored(services, grant.tenant), RuleId(rule)
    if name not in stored.foresight.models:
        raise NotFoundError(f"no model of rule '{rule}'")
    placed = model_stages.history(services.control, grant.tenant, name)
    version = model_versions.version(services.control, grant.tenant, stored.version)
    model = stored.foresight.models[name]
    response.headers["ETag"] = etag(placed[0].number if placed else 0)
    return ModelView(
        **_row(stored, name, placed[0].reason if placed else "").model_dump(),
        version=stored.version,
        placements=[placed_view(each) for each in placed[:_MOST_PLACEMENTS]],
        gates=gates_of(version).get(rule, []),
        tokens=len(model.features.names),
        context_model=model.context is not None,
        fusion=str(stored.about["fusion"]),
        accepted_until=iso(int(str(stored.about["accepted_until"]))),
        budget=_budget(services, grant.tenant, stored),
    )


def _stored(services: Serviced, tenant: TenantId) -> Stored:
    stored = stored_foresight(services.control, tenant)
    if stored is None:
        raise NotFoundError("no models yet; train them first")
    return stored


def _row(stored: Stored, rule: RuleId, why: str) -> ModelRow:
    return ModelRow(
        rule=rule,
        stage=stored.stages.get(rule, Stage.OBSERVE).value,
        why=why,
        hash=stored.foresight.hashes[rule],
        history=dict(stored.foresight.models[rule].history),
    )


def _budget(services: Serviced, tenant: TenantId, stored: Stored) -> BudgetView:
    settings = (settings_kept(services.control, tenant) or [Settings()])[0]
    return BudgetView(
        share=settings.policy.budget,
        alerts_a_day=settings.alerts_a_day,
        in_force=settings.policy_with(stored.about).budget,
        calibrated_by=len(stored.about["calibration"]["fused"]),
        least_history=settings.policy.least_history,
    )
