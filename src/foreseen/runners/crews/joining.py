"""Join a Ray cluster for the length of a block; Ray is an extra, imported only then."""

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from foreseen.core.crew import ALONE, Crew
from foreseen.core.errors import ConfigurationError, TransientError

AUTO = "auto"
_KNOCK_SECONDS = 5.0
"""Ray itself tries for minutes where nobody listens."""


@contextmanager
def joined(address: str) -> Iterator[None]:
    """Be a driver of a cluster.

    Args:
        address: HOST:PORT of its head, or `auto`: the one that runs on this machine.

    Raises:
        ConfigurationError: The extra is not installed, or the address is none.
        TransientError: There is no cluster at the address, or it does not take our token.
    """
    try:
        import ray  # noqa: PLC0415 (an extra)
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"a cluster needs a package that is not installed ({error.name}): "
            f"pip install 'foreseen[cluster]'"
        ) from error
    _knock(address)
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.WARNING)
    except (ConnectionError, RuntimeError) as error:
        raise TransientError(
            f"{address}: no Ray cluster answers ({error}); start one with `ray start --head`, and "
            f"give both sides the same RAY_AUTH_TOKEN"
        ) from error
    try:
        yield
    finally:
        ray.shutdown()


@contextmanager
def crew_of(address: str | None) -> Iterator[Crew]:
    """Tasks on a cluster, or this process alone where no address is given.

    Raises:
        ConfigurationError: As `joined`.
        TransientError: As `joined`, or no node has a core.
    """
    if address is None:
        yield ALONE
        return
    with joined(address):
        from foreseen.runners.crews.ray_crew import RayCrew  # noqa: PLC0415 (an extra)

        yield RayCrew()


def _knock(address: str) -> None:
    """Whether anybody listens there."""
    if address == AUTO:
        return
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 1 << 16:
        raise ConfigurationError(f"--cluster {address}: write HOST:PORT of its head, or {AUTO}")
    try:
        socket.create_connection((host.strip("[]"), int(port)), _KNOCK_SECONDS).close()
    except OSError as error:
        raise TransientError(
            f"{address}: no Ray cluster answers ({error}); start one with `ray start --head`"
        ) from error
