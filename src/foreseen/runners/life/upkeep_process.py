"""One round of upkeep in a process of its own: merging takes memory and time from a server."""

import os
from dataclasses import dataclass
from pathlib import Path

from foreseen.control.database import opened
from foreseen.control.places import FILE
from foreseen.lake.keeping.retention import Retention
from foreseen.lake.keeping.upkeep import Policy, Upkept, upkeep
from foreseen.lake.lake import Lake, S3Options
from foreseen.runners.life.upkeep_needs import needs_of

_PRIORITY = 5  # the pipeline comes first


@dataclass(frozen=True, slots=True)
class Round:
    """Bring the lake into order; `now` in ms UTC."""

    now: int


@dataclass(frozen=True, slots=True)
class BeginUpkeep:
    """What a process needs to keep a lake in order.

    Attributes:
        data: The data folder.
        lake: Folder or address of its lake.
        s3: How S3 is reached; None where the lake lies in a folder.
        retention: How long rows are kept.
    """

    data: Path
    lake: str
    s3: S3Options | None
    retention: Retention

    @property
    def name(self) -> str:
        """For messages."""
        return "upkeep"

    @property
    def is_light(self) -> bool:
        """It comes and goes."""
        return True

    def opened(self) -> "ServedUpkeep":
        """Open the lake where this is.

        Raises:
            CorruptError: It cannot be read.
            TransientError: Not now.
        """
        return ServedUpkeep(self)


class ServedUpkeep:
    """A lake to be kept in order."""

    def __init__(self, begin: BeginUpkeep) -> None:
        """Open the lake; raises as `BeginUpkeep.opened`."""
        os.nice(_PRIORITY)
        self._data, self._retention = begin.data, begin.retention
        self._lake = Lake.open(begin.lake, s3=begin.s3)

    def answer(self, message: object) -> Upkept:
        """What a round did.

        Raises:
            CorruptError: A file of the lake cannot be read.
            TransientError: The control database is locked.
        """
        if not isinstance(message, Round):
            raise TypeError(f"{message!r} is nothing that is said to upkeep")
        with opened(self._data / FILE) as control:
            policy = Policy(retention=self._retention, needs=needs_of(control))
            return upkeep(self._lake, policy, message.now)
