"""The committed recordings, read once for all tests."""

from pathlib import Path

import pytest

from foreseen.lab.datasheet import Figures, count
from foreseen.lab.labels import NAME, Label, read_labels

RECORDINGS = Path(__file__).parents[2] / "lab" / "recordings"
FIRST, SECOND = "linux-2026-11", "linux-2026-11-b"


@pytest.fixture(scope="session", params=[FIRST, SECOND])
def recording(request: pytest.FixtureRequest) -> Path:
    """The folder of each recording."""
    return RECORDINGS / str(request.param)


@pytest.fixture(scope="session")
def labels(recording: Path) -> list[Label]:
    """Its labels."""
    return read_labels(recording / NAME)


@pytest.fixture(scope="session")
def figures(recording: Path) -> Figures:
    """What is really in it, counted again."""
    return count(recording)


@pytest.fixture(scope="session")
def second() -> Path:
    """The folder of the second recording: it has templates, imitations and matched pairs."""
    return RECORDINGS / SECOND


@pytest.fixture(scope="session")
def second_labels(second: Path) -> list[Label]:
    """Labels of the second recording."""
    return read_labels(second / NAME)
