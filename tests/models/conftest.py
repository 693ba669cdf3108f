"""How long an example of these tests takes is no promise."""

from hypothesis import settings

# Shared machines are slow at times: how long one example took says nothing of the code.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
