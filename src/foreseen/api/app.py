"""The HTTP API: ingest, alerts, words on them, health; every route states who may call it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp

from foreseen import __version__
from foreseen.api import (
    alert_spread,
    alerts,
    audit_sample,
    bulk,
    dispositions,
    exports,
    figures,
    health,
    hunts,
    idempotency,
    incidents,
    ingest,
    intake,
    job_orders,
    jobs,
    metrics,
    model_changes,
    model_feedback,
    model_versions,
    models,
    pipeline_figures,
    problems,
    rule_checks,
    rule_courses,
    rule_drafts,
    rule_edits,
    rule_figures,
    rules,
    saved_searches,
    stream,
    suppression_changes,
    suppressions,
)
from foreseen.api.console.pages import Console
from foreseen.api.identity import audit_log, auth, me, oidc, sessions, tokens, users
from foreseen.api.identity.authentication import Authenticating
from foreseen.api.identity.browsers import SecurityHeaders
from foreseen.api.identity.provider import Providers
from foreseen.api.lake import routers as lake_routers
from foreseen.api.lake.desk import Desk
from foreseen.api.services import Services
from foreseen.api.serving.traffic import Gate, Traffic
from foreseen.control.identity.passwords import Hashing
from foreseen.control.intake_counts import IntakeCounts
from foreseen.runners.config.sections import ROLES

__all__ = ["Services", "create_app"]

_ROUTERS = (
    intake.router,
    bulk.router,  # before /alerts/{uid}, which would take its path for a uid
    exports.router,
    alert_spread.router,
    alerts.router,
    dispositions.router,
    figures.router,
    pipeline_figures.router,
    incidents.router,
    stream.router,
    auth.router,
    oidc.router,
    me.router,
    users.router,
    tokens.router,
    sessions.router,
    audit_log.router,
    hunts.router,
    saved_searches.router,
    *lake_routers.ROUTERS,
    rules.router,
    rule_courses.router,
    rule_drafts.router,
    rule_figures.router,
    suppressions.router,
    suppression_changes.router,
    suppression_changes.checks,
    rule_checks.router,
    rule_edits.router,
    jobs.router,
    job_orders.router,
    model_versions.router,
    audit_sample.router,
    models.router,  # last: a rule may be called as anything
    model_changes.router,
    model_feedback.router,
)


class _App(FastAPI):
    """Every answer has the headers that browsers obey, those to errors of ours, too."""

    def build_middleware_stack(self) -> ASGIApp:
        """What answers, all of it inside of what adds the headers."""
        address = self.state.services.identity.public_url or ""
        once = idempotency.Once(super().build_middleware_stack(), self.state.services)
        shown = Console(once) if "api" in self.state.roles else once
        gate = Gate(shown, self.state.traffic)
        return SecurityHeaders(gate, secure=address.startswith("https:"))


def create_app(
    services: Services, traffic: Traffic | None = None, roles: tuple[str, ...] = ROLES
) -> FastAPI:
    """Build the app over the stores that are handed in; it has no other state.

    Args:
        services: The stores.
        traffic: Rates and figures; None: those of a server without a configuration.
        roles: What this process does; routes of other roles are not there.
    """
    app = _App(
        telemetry={"tracing": False, "metrics": False, "logs": False},  # ours tell no query
        lifespan=_life,
        title="Foreseen",
        version=__version__,
        openapi_url=None,  # served by a route of ours, so that it states its scope like all
        docs_url=None,  # these pages would load scripts of others
        redoc_url=None,
        redirect_slashes=False,  # an unknown path is a 404, not a redirect
    )
    app.state.services, app.state.roles = services, roles
    app.state.intake_counts = IntakeCounts(services.control, services.clock)
    app.state.authenticating = Authenticating(Hashing(), Providers())
    app.state.traffic = traffic or Traffic()
    app.state.lake_desk = Desk()
    problems.install(app)
    idempotency.install(app)
    _include(app, roles)
    described = app.openapi

    def with_problems() -> dict[str, Any]:
        schema = described()
        components = schema.setdefault("components", {}).setdefault("schemas", {})
        components["Problem"] = problems.Problem.model_json_schema()
        return schema

    app.openapi = with_problems  # type: ignore[method-assign] # FastAPI's documented way
    return app


def _include(app: FastAPI, roles: tuple[str, ...]) -> None:
    """The routes of some roles; every process has health and metrics."""
    for router in (health.router, metrics.router):
        app.include_router(router)
    if "intake" in roles:
        app.include_router(ingest.router)
    if "api" in roles:
        for router in _ROUTERS:
            app.include_router(router)


@asynccontextmanager
async def _life(app: FastAPI) -> AsyncIterator[None]:
    """What was counted is written at the end."""
    yield
    await run_in_threadpool(app.state.intake_counts.close)
    app.state.authenticating.hashing.close()
    app.state.lake_desk.close()
