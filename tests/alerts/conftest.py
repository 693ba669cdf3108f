"""Lets these tests import `tests.models` and `tests.recording`, however pytest is called."""

import sys
from pathlib import Path

from hypothesis import settings

ROOT = str(Path(__file__).parents[2])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

# Shared machines are slow at times: how long one example took says nothing of the code.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
