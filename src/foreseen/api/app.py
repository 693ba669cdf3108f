"""The HTTP API: ingest, alerts, words on them, health; every route states who may call it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from foreseen import __version__
from foreseen.api import alerts, dispositions, health, ingest, intake, metrics, problems
from foreseen.api.services import Services
from foreseen.control.intake_counts import IntakeCounts

__all__ = ["Services", "create_app"]


def create_app(services: Services) -> FastAPI:
    """Build the app over the stores that are handed in; it has no other state."""
    app = FastAPI(
        lifespan=_life,
        title="Foreseen",
        version=__version__,
        openapi_url=None,  # served by a route of ours, so that it states its scope like all
        docs_url=None,  # these pages would load scripts of others
        redoc_url=None,
        redirect_slashes=False,  # an unknown path is a 404, not a redirect
    )
    app.state.services = services
    app.state.intake_counts = IntakeCounts(services.control, services.clock)
    problems.install(app)
    for router in (
        health.router,
        ingest.router,
        intake.router,
        metrics.router,
        alerts.router,
        dispositions.router,
    ):
        app.include_router(router)
    described = app.openapi

    def with_problems() -> dict[str, Any]:
        schema = described()
        components = schema.setdefault("components", {}).setdefault("schemas", {})
        components["Problem"] = problems.Problem.model_json_schema()
        return schema

    app.openapi = with_problems  # type: ignore[method-assign] # FastAPI's documented way
    return app


@asynccontextmanager
async def _life(app: FastAPI) -> AsyncIterator[None]:
    """What was counted is written at the end."""
    yield
    await run_in_threadpool(app.state.intake_counts.close)
