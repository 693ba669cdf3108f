"""A server over a folder in which a model has judged matches, with a runner of jobs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import httpx
from sqlalchemy import Engine
from tests.api.conftest import serving
from tests.studies.judged import OWN, RULE, SIGMA, judged

from foreseen.api.app import Services, create_app
from foreseen.api.serving.traffic import Traffic
from foreseen.control.database import opened
from foreseen.control.scopes import Scope
from foreseen.control.tenants import ensure_tenant
from foreseen.control.tokens import create_token
from foreseen.core.ids import TenantId
from foreseen.lake.lake import Lake
from foreseen.runners.config.sections import Limits
from foreseen.runners.jobs.running import JobRunner
from foreseen.runners.life.retraining import Place
from foreseen.runners.server import wall_clock

OTHER = TenantId("other")
_UNBOUNDED = Limits(
    address_per_minute=0, token_per_minute=0, tenant_per_minute=0, login_per_minute=0
)


@dataclass
class ModelSite:
    """The server and what it stands on."""

    folder: Path
    engine: Engine
    lake: Lake
    client: httpx.Client
    local: Path | None = None
    stop: Event = field(default_factory=Event)

    def may(self, *scopes: Scope, tenant: TenantId = OWN) -> dict[str, str]:
        """Headers of a caller with scopes."""
        name = "-".join(["caller", *sorted(scopes)])
        made = create_token(self.engine, tenant, name=name, scopes=scopes, now=wall_clock())
        return {"Authorization": f"Bearer {made}"}

    def runner(self) -> JobRunner:
        """A runner as a server begins it."""
        place = Place(self.folder, OWN, self.folder / "rules", local=self.local)
        return JobRunner(self.engine, self.lake, place, wall_clock)

    def done(self, path: str, body: object) -> httpx.Response:
        """Ask for a job and let it be done; the job."""
        headers = self.may(Scope.READ, Scope.ENGINEER)
        asked = self.client.post(path, json=body, headers=headers)
        assert asked.status_code == 202, asked.text
        assert self.runner().look(self.stop)
        return self.client.get(asked.headers["location"], headers=headers)


@contextmanager
def model_site(folder: Path) -> Iterator[ModelSite]:
    """Serve a folder in which a model has judged."""
    _two_rules(folder / "rules")
    with judged(folder) as world, _served(folder, world.engine, world.lake) as made:
        yield made


@contextmanager
def bare_site(folder: Path) -> Iterator[ModelSite]:
    """Serve a folder in which nothing was judged: there are no models, and it is made sooner."""
    _two_rules(folder / "rules")
    lake = Lake.open(folder / "lake")
    with opened(folder / "control.db") as engine:
        ensure_tenant(engine, OWN, now=1)
        with _served(folder, engine, lake) as made:
            yield made


def _two_rules(folder: Path) -> None:
    folder.mkdir()
    for name, rule, marked in (("a", RULE, "true"), ("b", "always", "false")):
        text = SIGMA.format(name=rule, marked=marked)
        (folder / f"{name}.yml").write_text(text, encoding="utf-8")


@contextmanager
def _served(folder: Path, engine: Engine, lake: Lake) -> Iterator[ModelSite]:
    ensure_tenant(engine, OTHER, now=1)
    tenants = frozenset({OWN})
    services = Services(None, engine, wall_clock, frozenset(), tenants, lake=lake)
    with serving(create_app(services, Traffic(_UNBOUNDED))) as client:
        yield ModelSite(folder, engine, lake, client)
