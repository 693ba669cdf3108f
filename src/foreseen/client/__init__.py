"""A thin client of the API, for programs: `from foreseen.client import Client`."""

from foreseen.client.client import Client
from foreseen.client.errors import (
    BusyError,
    InvalidError,
    MissingError,
    OutdatedError,
    ProblemError,
    RefusedError,
    TakenError,
    UnreachableError,
)
from foreseen.client.events import Event

__all__ = [
    "BusyError",
    "Client",
    "Event",
    "InvalidError",
    "MissingError",
    "OutdatedError",
    "ProblemError",
    "RefusedError",
    "TakenError",
    "UnreachableError",
]
