"""The committed recordings, read once for all tests."""

from pathlib import Path

import pytest

from foreseen.lab.datasheet import Figures, count
from foreseen.lab.labels import NAME, Label, read_labels

RECORDINGS = Path(__file__).parents[2] / "lab" / "recordings"
THIRD = "linux-2026-11-c"
FOURTH = "linux-2026-11-d"
FIRST, SECOND, SLOW_THIRD = (  # they do not change: CI reads them, the everyday suite need not
    pytest.param(name, marks=pytest.mark.slow)
    for name in ("linux-2026-11", "linux-2026-11-b", THIRD)
)


@pytest.fixture(scope="session", params=[FIRST, SECOND, SLOW_THIRD, FOURTH])
def recording(request: pytest.FixtureRequest) -> Path:
    """The folder of each recording."""
    return RECORDINGS / str(request.param)


@pytest.fixture(scope="session")
def labels(recording: Path) -> list[Label]:
    """Its labels."""
    return read_labels(recording / NAME)


@pytest.fixture(scope="session", params=[FIRST, SECOND, SLOW_THIRD])
def long(request: pytest.FixtureRequest) -> Path:
    """The folder of each recording that is long enough for every chain to run several times."""
    return RECORDINGS / str(request.param)


@pytest.fixture(scope="session")
def figures(recording: Path) -> Figures:
    """What is really in it, counted again."""
    return count(recording)


@pytest.fixture(scope="session", params=[SECOND, THIRD])
def paired(request: pytest.FixtureRequest) -> Path:
    """The folder of each recording with templates, imitations and enough matched pairs."""
    return RECORDINGS / str(request.param)


@pytest.fixture(scope="session")
def paired_labels(paired: Path) -> list[Label]:
    """Its labels."""
    return read_labels(paired / NAME)
