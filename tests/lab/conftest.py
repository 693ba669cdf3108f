"""The committed recording, read once for all tests."""

from pathlib import Path

import pytest

from foreseen.lab.datasheet import Figures, count
from foreseen.lab.labels import NAME, Label, read_labels

RECORDING = Path(__file__).parents[2] / "lab" / "recordings" / "linux-2026-11"


@pytest.fixture(scope="session")
def recording() -> Path:
    """The folder of the recording."""
    return RECORDING


@pytest.fixture(scope="session")
def labels(recording: Path) -> list[Label]:
    """Its labels."""
    return read_labels(recording / NAME)


@pytest.fixture(scope="session")
def figures(recording: Path) -> Figures:
    """What is really in it, counted again."""
    return count(recording)
