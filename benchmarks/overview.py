"""How long the overview and the workloads take at 40 million events and a million alerts.

`overview.py [--events N] [--alerts N] [--control URL]`: a lake of the rollups alone, as
`lake_questions.py` makes them, and the alerts of `alerts.py` in SQLite, or in the empty database
at a URL. Asked over HTTP in this process, 30 times each; reported with the machine's name, against
an aim of 200 ms.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from sqlalchemy import Engine
from starlette.testclient import TestClient

from alerts import NOW, stored
from foreseen.api.app import Services, create_app
from foreseen.api.serving.traffic import Traffic
from foreseen.control.database import opened
from foreseen.control.scopes import Scope
from foreseen.control.tenants import ensure_tenant
from foreseen.control.tokens import create_token
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.lake.lake import Lake
from foreseen.runners.config.sections import Limits
from lake_questions import make_rollups
from measure import machine

ROUNDS = 30
AIM_MS = 200.0
_WEEK = "from=2026-11-15T00:00:00Z&until=2026-11-22T00:00:00Z"
QUESTIONS = ("overview", f"overview?{_WEEK}", "workloads", f"workloads?{_WEEK}")


def main() -> int:
    """Make, ask, tell."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--events", type=int, default=40_000_000)
    options.add_argument("--alerts", type=int, default=1_000_000)
    options.add_argument("--control", help="postgresql://...; else SQLite")
    asked = options.parse_args()
    say(machine())
    with tempfile.TemporaryDirectory(prefix="foreseen-overview-") as folder:
        rows = make_rollups(Path(folder) / "lake", asked.events, asked.alerts)
        say(f"{asked.events:,} events in {rows:,} rows of rollups, {asked.alerts:,} alerts")
        with opened(asked.control or Path(folder) / "control.db") as engine:
            ensure_tenant(engine, DEFAULT_TENANT, now=NOW)
            stored(engine, asked.alerts)
            ask_all(engine, Lake.open(Path(folder) / "lake"))
    return 0


def ask_all(engine: Engine, lake: Lake) -> None:
    """Ask each question many times."""
    token = create_token(engine, DEFAULT_TENANT, name="bench", scopes={Scope.READ}, now=NOW)
    services = Services(None, engine, lambda: NOW, frozenset(), frozenset(), lake=lake)
    unbound = Limits(address_per_minute=0, token_per_minute=0, tenant_per_minute=0)
    headers = {"Authorization": f"Bearer {token}"}
    with TestClient(create_app(services, Traffic(unbound))) as client:
        for question in QUESTIONS:
            taken = []
            for _ in range(ROUNDS + 1):
                begun = time.perf_counter()
                answer = client.get(f"/api/v1/{question}", headers=headers)
                taken.append((time.perf_counter() - begun) * 1_000)
                answer.raise_for_status()
            p50, p99 = np.quantile(taken[1:], (0.5, 0.99))
            verdict = "within the aim" if p99 < AIM_MS else f"over the aim of {AIM_MS:g}"
            say(f"{question:>62}: p50 {p50:6.1f} ms, p99 {p99:6.1f} ms  {verdict}")


def say(text: str) -> None:
    """A line of the report."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
