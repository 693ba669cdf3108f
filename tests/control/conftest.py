"""What tests of the control database share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from foreseen.control.database import opened
from foreseen.control.tenants import ensure_tenant
from foreseen.core.ids import TenantId


@pytest.fixture(autouse=True)
def on_both(kind: str) -> str:
    """Everything about the control database holds in SQLite and in PostgreSQL."""
    return kind


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A control database with two tenants."""
    with opened(tmp_path / "control.db") as engine:
        for tenant in ("default", "other"):
            ensure_tenant(engine, TenantId(tenant), now=1)
        yield engine
