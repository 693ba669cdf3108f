"""Readings that take long hold the lake whole: what they have listed stays until they end."""

import functools
import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Concatenate, ParamSpec, TypeVar

from foreseen.lake.keeping.snapshot import leased
from foreseen.lake.lake import Lake

log = logging.getLogger("foreseen.upkeep")

Given = ParamSpec("Given")
Result = TypeVar("Result")


def holds_lake(
    read: Callable[Concatenate[Lake, Given], Result],
) -> Callable[Concatenate[Lake, Given], Result]:
    """A function that reads a lake, its first argument, for long: nothing is removed meanwhile.

    That holds for an hour, and for a lake in a folder; in S3 the past that `Keeping` leaves has to
    do.
    """

    @functools.wraps(read)
    def holding(lake: Lake, /, *args: Given.args, **kwargs: Given.kwargs) -> Result:
        with _held(lake):
            return read(lake, *args, **kwargs)

    return holding


@contextmanager
def _held(lake: Lake) -> Iterator[None]:
    folder = lake.place.folder
    with ExitStack() as stack:
        if folder is not None:
            try:
                stack.enter_context(leased(folder))
            except OSError as error:  # a folder that only others may write to
                log.info("the lake is read without a lease: %s", error)
        yield
