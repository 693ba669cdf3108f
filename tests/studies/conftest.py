"""Rules are loaded once, and how long an example takes is no promise."""

from hypothesis import settings
from tests.shipped import shipped_files_are_read_once

__all__ = ["shipped_files_are_read_once"]

# Shared machines are slow at times: how long one example took says nothing of the code.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
