"""An API over a lake that the pipeline filled: recorded events, judged matches, another's rows."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Engine
from tests.api.conftest import NOW, OTHER, TENANT, serving
from tests.api.planting import CANARY, Planted
from tests.recording import extract, middle_time
from tests.shipped import shipped_rules

from foreseen.alerts.decide import Policy
from foreseen.api.app import Services, create_app
from foreseen.api.serving.traffic import Traffic
from foreseen.control.database import opened
from foreseen.control.scopes import Scope
from foreseen.control.tenants import ensure_tenant
from foreseen.control.tokens import create_token
from foreseen.core.ids import TenantId
from foreseen.intake.log import IntakeLog
from foreseen.lake.lake import Cursor, Lake
from foreseen.lake.rollups import rollup
from foreseen.runners.config.sections import Limits
from foreseen.runners.replay import ReplayOrder, replay
from foreseen.runners.settings.settings import Settings
from foreseen.schema.arrow import EVENT_SCHEMA, MATCH_SCHEMA, PREDICTION_SCHEMA, batch_of

UNBOUND = Limits(
    hunts_per_minute=0,
    token_per_minute=0,
    tenant_per_minute=0,
    address_per_minute=0,
    login_per_minute=0,
    ingest_bytes_per_minute=0,
)
"""The tests ask more in a minute than a person does."""

_LINES = 6_000
Row = dict[str, Any]


@dataclass(frozen=True)
class LakeSite:
    """A client with the headers of callers of two organisations."""

    client: httpx.Client
    services: Services
    lake: Lake
    engine: Engine
    read: dict[str, str]
    other: dict[str, str]

    def get(self, path: str, status: Any = 200, **params: object) -> Any:  # noqa: ANN401 (JSON)
        """What a reader gets."""
        told: dict[str, Any] = params
        answer = self.client.get(f"/api/v1{path}", params=told, headers=self.read)
        assert answer.status_code == status, answer.text
        return answer.json()

    def pages(self, path: str, name: str, **params: object) -> list[Row]:
        """All pages of a list."""
        rows: list[Row] = []
        cursor: dict[str, object] = {}
        while True:
            page = self.get(path, **params, **cursor)
            rows += page[name]
            if page["next"] is None:
                return rows
            cursor = {"cursor": page["next"]}


@contextmanager
def lake_site(folder: Path, lake: Lake, engine: Engine) -> Iterator[LakeSite]:
    """An API over these stores; another organisation has a row in each table of the lake."""
    plant(lake)
    for tenant in (TENANT, OTHER):
        ensure_tenant(engine, tenant, now=NOW)

    def bearer(tenant: Any) -> dict[str, str]:  # noqa: ANN401 (a tenant's id)
        token = create_token(
            engine, tenant, name="reader", scopes={Scope.READ, Scope.HUNT}, now=NOW
        )
        return {"Authorization": f"Bearer {token}"}

    with IntakeLog.open(folder / "intake") as intake:
        services = Services(
            intake, engine, lambda: NOW, frozenset(), frozenset({TENANT}), lake=lake
        )
        with serving(create_app(services, Traffic(UNBOUND))) as client:
            yield LakeSite(client, services, lake, engine, bearer(TENANT), bearer(OTHER))


@contextmanager
def recorded_site(folder: Path) -> Iterator[LakeSite]:
    """The first lines of a recording, whose earlier half taught."""
    data = extract(_LINES)
    (folder / "log").write_bytes(data)
    order = ReplayOrder(
        [str(folder / "log")],
        "auditd",
        shipped_rules(),
        folder / "data",
        NOW,
        train_until=middle_time(data),
        settings=Settings(Policy(budget=0.05, least_history=10)),
    )
    lake = replay(order).lake
    with opened(folder / "data" / "control.db") as engine, lake_site(folder, lake, engine) as made:
        yield made


@contextmanager
def made_site(folder: Path, *events: Row) -> Iterator[LakeSite]:
    """Events that a test made."""
    lake = Lake.open(folder / "lake")
    if events:
        commit(lake, "events", events, version=1)
    with opened(folder / "control.db") as engine, lake_site(folder, lake, engine) as made:
        yield made


def commit(lake: Lake, table: str, rows: Sequence[Row], *, version: int, by: str = "test") -> None:
    """Rows with what every row has."""
    schemas = {"events": EVENT_SCHEMA, "matches": MATCH_SCHEMA, "predictions": PREDICTION_SCHEMA}
    schema = schemas[table]
    whole = [
        {name: value for name, value in {**_always(n), **row}.items() if name in schema.names}
        for n, row in enumerate(rows)
    ]
    batch = batch_of(whole, schema)
    lake.commit({table: pa.Table.from_batches([batch])}, Cursor(f"{by}-{table}", version))


def _always(number: int) -> Row:
    return {
        "tenant": TENANT,
        "stream": "web-1/boot",
        "seq": number + 1,
        "workload": "web",
        "host": "web-1",
        "time": NOW + number,
        "ingested_time": NOW + number,
        "event_uid": f"event-{number:04}",
        "class_uid": 1007,
        "event_type": "execve",
        "labels": [],
    }


def plant(lake: Lake, tenant: TenantId = OTHER) -> list[Planted]:
    """A row of an organisation in each table, with texts that nobody else may see; their names."""
    texts = {name: f"{CANARY}-{name}" for name in ("stream", "workload", "host", "event_uid")}
    texts |= {name: f"{CANARY}-{name}" for name in ("user_name", "process_uid", "process_path")}
    row = {**texts, "tenant": tenant, "seq": 7_000_001, "rule_id": CANARY, "match_uid": CANARY}
    row |= {"outcome": "suppressed", "basis": "expected", "evidence": "[]", "artefacts": "{}"}
    for table in ("events", "matches", "predictions"):
        commit(lake, table, [row], version=1, by=f"other-{tenant}")
    counts = rollup(events=lake.read("events"), matches=lake.read("matches"))
    mine = counts.filter(pc.field("tenant") == tenant)
    lake.commit({"rollups": mine}, Cursor(f"other-{tenant}", 1))
    return [
        Planted("event", texts["stream"]),
        Planted("event", 7_000_001),
        Planted("matche", CANARY),  # as the walker cuts the plural of a path
        Planted("workload", texts["workload"]),
        Planted("people", texts["user_name"]),
    ]
