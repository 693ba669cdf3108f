"""An attack chain: its matches in order, and what of their surroundings it has made itself."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from foreseen.models.moments.moment import Moment
from foreseen.studies.replays.naming import Names


class Use(StrEnum):
    """What a replay is for; a chain has one use for ever."""

    GATE = "gate"
    SEALED = "sealed"
    IMITATION = "imitation"


@dataclass(frozen=True, slots=True)
class Own:
    """What of a match's surroundings the chain itself has made; the rest is of the place.

    Attributes:
        ancestors: How many of its nearest ancestors belong to the chain; 0: its parent does not.
        window: Places of the chain's own tokens in the window, ascending.
        session: The same for its login session.
        siblings: The same for its parent's other children.
        opened: Whether the login that opened its session is the chain's, and so the failed ones
            before it.
    """

    ancestors: int = 0
    window: tuple[int, ...] = ()
    session: tuple[int, ...] = ()
    siblings: tuple[int, ...] = ()
    opened: bool = False


@dataclass(frozen=True, slots=True)
class Spot:
    """Where one match of a transplanted chain is put.

    Attributes:
        workload: The tenant's.
        beside: The benign match whose surroundings it takes.
        names: What the place calls its own.
    """

    workload: str
    beside: Moment
    names: Names


@dataclass(frozen=True, slots=True)
class Replay:
    """One run of an attack chain.

    Attributes:
        chain: The chain; several runs of it are one attack, told several times.
        technique: ATT&CK technique that the chain is there for.
        use: What it may be used for.
        run: The run.
        moments: Its matches, in order of time; their `elsewhere` is the chain's own.
        own: What of each moment's surroundings the chain has made, one a moment; empty: nothing.
        spots: Where each moment is put, one a moment; empty where it was recorded.
    """

    chain: str
    technique: str
    use: Use
    run: str
    moments: tuple[Moment, ...]
    own: tuple[Own, ...] = ()
    spots: tuple[Spot, ...] = ()

    def only(self, kept: Callable[[Moment], bool]) -> "Replay":
        """The replay with some of its moments."""
        places = [place for place, moment in enumerate(self.moments) if kept(moment)]
        return replace(
            self,
            moments=tuple(self.moments[place] for place in places),
            own=tuple(self.own[place] for place in places) if self.own else (),
            spots=tuple(self.spots[place] for place in places) if self.spots else (),
        )
