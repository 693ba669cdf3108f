"""The control database's kind in tests: SQLite, PostgreSQL, or one test on both."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.postgres import databases
from tests.postgres.databases import SERVER, TEMPLATE, drop_below
from tests.postgres.server import NONE, Server, programs, running

from foreseen.control import database
from foreseen.control.database import open_database

SQLITE, POSTGRESQL = "sqlite", "postgresql"
ALL_ON = os.environ.get("FORESEEN_TEST_CONTROL", SQLITE)
"""What the whole run is on; tests that are on both anyway are on this one alone if it is not
SQLite."""
BOTH = [SQLITE, POSTGRESQL] if ALL_ON == SQLITE else [ALL_ON]
_OWN_SITE = str(Path(__file__).parent)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL of this test process."""
    if programs() is None:
        pytest.skip(NONE)
    with running() as server:
        address = server.make(TEMPLATE)
        open_database(address).dispose()
        databases.install(database)
        yield server


@pytest.fixture(scope="session", autouse=True)
def all_on_one_kind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Run everything on PostgreSQL where FORESEEN_TEST_CONTROL says so."""
    if ALL_ON == SQLITE:
        yield
        return
    assert ALL_ON == POSTGRESQL, f"FORESEEN_TEST_CONTROL={ALL_ON}: sqlite or postgresql"
    with _named(request.getfixturevalue("postgres")):
        yield


@pytest.fixture(autouse=True)
def databases_go(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test's databases go with it; those of a module stay until the server goes."""
    folder: Path | None = None
    if "tmp_path" in request.fixturenames and ALL_ON == POSTGRESQL:
        folder = request.getfixturevalue("tmp_path")
    yield
    if folder is not None:
        drop_below(folder)


@contextmanager
def on_postgresql(server: Server) -> Iterator[None]:
    """Folders that are opened in the block, here or by processes begun here, get databases."""
    with _named(server):
        yield


@contextmanager
def _named(server: Server) -> Iterator[None]:
    paths = [_OWN_SITE, *filter(None, [os.environ.get("PYTHONPATH")])]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SERVER, server.address(TEMPLATE))
        patch.setenv("PYTHONPATH", os.pathsep.join(paths))
        yield


@pytest.fixture(params=BOTH)
def kind(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The test runs once on each kind of control database."""
    if request.param == SQLITE or ALL_ON == POSTGRESQL:
        yield request.param
        return
    with on_postgresql(request.getfixturevalue("postgres")):
        yield request.param
        drop_below(tmp_path)
