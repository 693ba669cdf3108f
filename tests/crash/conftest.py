"""Servers to kill: the process that they are forked from, and volumes where there can be some."""

from collections.abc import Iterator

import pytest
from tests.crash.control import Nursery
from tests.crash.volume import missing


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Forks servers."""
    with Nursery() as found:
        yield found


@pytest.fixture(scope="session")
def volumes() -> None:
    """Skips, loudly, where there can be no volume; in CI that is a failure."""
    lacking = missing()
    if lacking:
        pytest.skip(lacking)
