"""What works elsewhere, and how messages travel to it and back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from foreseen.core.errors import CorruptError, ForeseenError, TransientError

HUNG_SECONDS = 300.0
"""After which what owes an answer counts as lost: an answer takes a second or so, the first one
some more, for it loads rules and state."""


class Served(Protocol):
    """The far side: it does what it is told."""

    def answer(self, message: object) -> object | None:
        """What becomes of a message; None: there is nothing to say."""
        ...


class Begin(Protocol):
    """What the far side needs to begin; it travels there."""

    @property
    def name(self) -> str:
        """Of what works there, for messages to people."""
        ...

    @property
    def is_light(self) -> bool:
        """Whether it takes no core: a cluster may place it beside others."""
        ...

    def opened(self) -> Served:
        """Begin there.

        Raises:
            CorruptError: A state cannot be read, or the other side is another version.
            ConfigurationError: What it reads from cannot be opened.
            TransientError: Not now.
        """
        ...


class Links(Protocol):
    """A link to each far side, by number. Answers come in the order of messages."""

    def __len__(self) -> int: ...

    @property
    def process_ids(self) -> Sequence[int]:
        """Processes on this machine."""
        ...

    def say(self, number: int, message: object) -> None:
        """A message; raises TransientError if who should hear it has died."""
        ...

    def heard(self, number: int) -> object:
        """The next answer, waited for; raises TransientError if it will not come."""
        ...

    def speaking(self, numbers: Sequence[int], seconds: float) -> Sequence[int]:
        """Which of these have answered, after a while at most."""
        ...

    def close(self) -> None:
        """End all at once."""
        ...


Elsewhere = Callable[[Sequence[Begin]], Links]
"""Begins something in processes of their own, here or on other machines."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The far side cannot go on.

    Attributes:
        message: What happened.
        heals: Whether another try may succeed.
    """

    message: str
    heals: bool

    @classmethod
    def of(cls, error: ForeseenError) -> "Failed":
        """The last word of what cannot go on."""
        return cls(str(error), heals=isinstance(error, TransientError))

    def error(self) -> ForeseenError:
        """What to raise on this side."""
        return TransientError(self.message) if self.heals else CorruptError(self.message)


def answer_of(links: Links, number: int) -> object:
    """The next answer; raises what the far side failed with.

    Raises:
        TransientError: It cannot go on now, or has died.
        CorruptError: It cannot go on at all.
    """
    heard = links.heard(number)
    if isinstance(heard, Failed):
        raise heard.error()
    return heard
