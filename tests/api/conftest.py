"""A real API: real intake folder, real databases, real tokens."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from sqlalchemy import Engine
from tests.api.providing import real

from foreseen.api.app import Services, create_app
from foreseen.control.database import open_database
from foreseen.control.scopes import Scope
from foreseen.control.tenants import ensure_tenant
from foreseen.control.tokens import create_token
from foreseen.core.ids import TenantId
from foreseen.intake.log import IntakeLog

TENANT, OTHER = TenantId("default"), TenantId("other")
NOW = 1_790_000_000_000


Serve = Callable[[FastAPI], AbstractContextManager[httpx.Client]]


@contextmanager
def serving(app: FastAPI) -> Iterator[httpx.Client]:
    """A client of the app on a real server on loopback."""
    config = uvicorn.Config(app, port=0, log_level="critical", ws="none", lifespan="on")
    server = uvicorn.Server(config)
    runner = threading.Thread(target=server.run)
    runner.start()
    while not server.started:
        time.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            yield client
    finally:
        server.should_exit = True
        runner.join()


@pytest.fixture(scope="session")
def serve() -> Serve:
    """Serves an app, see `serving`."""
    return serving


@dataclass(frozen=True)
class Api:
    """The app with what it stands on."""

    app: FastAPI
    client: httpx.Client
    intake: IntakeLog
    engine: Engine
    ingest: dict[str, str]
    read: dict[str, str]
    other_read: dict[str, str]


@pytest.fixture(autouse=True)
def on_both(kind: str) -> str:
    """The API says the same over SQLite and PostgreSQL."""
    return kind


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    """An API over empty stores, with tokens of two tenants as request headers."""
    engine = open_database(tmp_path / "control.db")

    def bearer(tenant: TenantId, scope: Scope) -> dict[str, str]:
        token = create_token(engine, tenant, name="token-1", scopes={scope}, now=NOW)
        return {"Authorization": f"Bearer {token}"}

    for tenant in (TENANT, OTHER):
        ensure_tenant(engine, tenant, now=NOW)
    with IntakeLog.open(tmp_path / "intake") as intake:
        formats = frozenset({"auditd", "syslog"})
        app = create_app(Services(intake, engine, lambda: NOW, formats, frozenset({TENANT, OTHER})))
        with serving(app) as client:
            yield Api(
                app,
                client,
                intake,
                engine,
                bearer(TENANT, Scope.INGEST),
                bearer(TENANT, Scope.READ),
                bearer(OTHER, Scope.READ),
            )
    engine.dispose()


@pytest.fixture(scope="session")
def provider() -> Iterator[str]:
    """The issuer of a provider of logins that is not ours."""
    with real() as issuer:
        yield issuer


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every day the API is asked over SQLite, and with all that is slow over PostgreSQL, too."""
    here = Path(__file__).parent
    for item in items:
        given = getattr(item, "callspec", None)
        if here in item.path.parents and given and given.params.get("kind") == "postgresql":
            item.add_marker(pytest.mark.slow)
