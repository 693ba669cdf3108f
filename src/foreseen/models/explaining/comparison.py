"""A match beside an expected one: who, from what parent, doing what, and event by event."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from foreseen.models.explaining.alignment import Step, aligned
from foreseen.models.moments.moment import Moment

_SECTIONS: Mapping[str, Callable[[Moment], Sequence[str]]] = {
    "before": lambda moment: moment.window,
    "session": lambda moment: moment.session,
    "siblings": lambda moment: moment.siblings,
    "elsewhere": lambda moment: moment.elsewhere,
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """A match beside one of its nearest expected matches.

    Attributes:
        uid: The expected match.
        time: When it was, ms UTC.
        alike: Share of act and context that both have, 0..1, rare tokens weighing more.
        parts: What it did, for whom, from what parent and on what workload.
        events: Events before them aligned, by section; a section that neither has is absent.
    """

    uid: str
    time: int
    alike: float
    parts: Mapping[str, tuple[Step, ...]]
    events: Mapping[str, tuple[Step, ...]]


def compared(here: Moment, there: Moment, distance: float) -> Comparison:
    """Compare a match with an expected one.

    Args:
        here: The match.
        there: The expected match.
        distance: As the neighbours member gave it, 0..1.
    """
    return Comparison(
        uid=there.uid,
        time=there.time,
        alike=1 - distance,
        parts={
            "act": aligned([here.act.exact], [there.act.exact]),
            "user": aligned([here.who], [there.who]),
            "parent": aligned([here.parent], [there.parent]),
            "ancestors": aligned(here.ancestry, there.ancestry),
            "workload": aligned([here.workload], [there.workload]),
        },
        events={
            name: aligned(events(here), events(there))
            for name, events in _SECTIONS.items()
            if events(here) or events(there)
        },
    )
