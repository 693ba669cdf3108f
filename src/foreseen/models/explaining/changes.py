"""What could have been otherwise in a match: another user, parent or window, or fewer events."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from foreseen.models.explaining.event_shares import EventShare
from foreseen.models.explaining.phrases import person, short
from foreseen.models.moments.acts import Act
from foreseen.models.moments.moment import Moment

EVENTS = ("window", "session", "siblings", "elsewhere")
"""Fields of a moment that hold events before it."""

_SECTIONS = {"before", "session", "siblings", "elsewhere"}
_MOST_WITHOUT = 12


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is otherwise.

    Attributes:
        part: What it concerns: `user`, `lineage`, `arguments` of the same program, another `act`,
            `workload`, `window` or `events`.
        words: How it would have been, to follow "it would have been expected".
        fields: Fields of the moment that have other values.
        without: Event that did not come before, wherever it stands.
    """

    part: str
    words: str
    fields: Mapping[str, object] = field(default_factory=dict)
    without: str | None = None

    def apply(self, moment: Moment) -> Moment:
        """The moment as it would have been."""
        changed = dict(self.fields)
        if self.without is not None:
            for name in EVENTS:
                changed[name] = tuple(e for e in getattr(moment, name) if e != self.without)
            changed["ages"] = _ages_without(moment, self.without)
        return replace(moment, **changed)  # type: ignore[arg-type]  # values of these very fields


def _ages_without(moment: Moment, token: str) -> tuple[int, ...]:
    if len(moment.ages) != len(moment.window):
        return moment.ages
    paired = zip(moment.window, moment.ages, strict=True)
    return tuple(age for event, age in paired if event != token)


def applied(moment: Moment, changes: Sequence[Change]) -> Moment:
    """The moment with all changes: what is left out stays out of an exchanged window, too."""
    for change in sorted(changes, key=lambda each: each.without is not None):
        moment = change.apply(moment)
    return moment


def towards(moment: Moment, expected: Sequence[Moment]) -> list[Change]:
    """Parts of its nearest expected matches in the place of its own, the nearest one's first."""
    found: dict[tuple[str, str], Change] = {}
    for other in expected:
        for change in _exchanged(moment, other):
            if change.apply(moment) != moment:
                found.setdefault((change.part, str(change.fields)), change)
    return list(found.values())


def _exchanged(moment: Moment, other: Moment) -> Iterator[Change]:
    yield Change("user", f"for {person(other.who)}", {"who": other.who})
    line = short(" < ".join(other.ancestry)) or "no known ancestor"
    lineage = {"parent": other.parent, "ancestry": other.ancestry}
    yield Change("lineage", f"started by '{short(other.parent)}' below {line}", lineage)
    part = "arguments" if other.act.kind == moment.act.kind else "act"
    yield Change(part, f"as '{short(other.act.exact)}'", {"act": other.act})
    yield Change("workload", f"on workload {other.workload}", {"workload": other.workload})
    events = {name: getattr(other, name) for name in (*EVENTS, "ages")}
    yield Change("window", f"after the events that came before match {other.uid}", events)


def without_events(moment: Moment, shares: Sequence[EventShare], *, against: bool) -> list[Change]:
    """Each of the weightiest events left out.

    Args:
        moment: The match.
        shares: What its tokens weigh, the weightiest first.
        against: Leave out what speaks against it, or was never seen; else what speaks for it.
    """
    present = [share for share in shares if share.section in _SECTIONS and share.times]
    weighty = [share.token for share in present if (share.bits > 0 if against else share.bits < 0)]
    unseen = [share.token for share in present if against and not share.seen.count]
    tokens = dict.fromkeys([*weighty[:_MOST_WITHOUT], *unseen[:_MOST_WITHOUT]])
    return [_left_out(moment, token) for token in tokens]


def _left_out(moment: Moment, token: str) -> Change:
    times = max(getattr(moment, name).count(token) for name in EVENTS)  # one event is in several
    events = "the event" if times == 1 else f"the {times} events"
    return Change("events", f"without {events} '{short(token)}' before it", without=token)


def strange(moment: Moment, unheard: str) -> list[Change]:
    """Parts that the model never saw in the place of its own, and a window without any event.

    Args:
        moment: The match.
        unheard: A word that no expected match holds.
    """
    act = moment.act
    verb = act.kind.split(" ", 1)[0]
    same_program = Act(f"{act.exact} {unheard}", f"{act.shape} {unheard}", act.kind)
    other_program = Act(f"{verb} {unheard}", f"{verb} {unheard}", f"{verb} {unheard}")
    lineage: dict[str, object] = {"parent": unheard, "ancestry": (unheard,)}
    odd = {name: tuple(unheard for _ in getattr(moment, name)) for name in EVENTS}
    changes = [
        Change("user", "for a user never seen", {"who": unheard}),
        Change("lineage", "started by a parent never seen", lineage),
        Change("arguments", "with arguments never seen", {"act": same_program}),
        Change("act", "by a program never seen", {"act": other_program}),
        Change("window", "with no event before it", dict.fromkeys((*EVENTS, "ages"), ())),
        Change("window", "after events none of which was ever seen", odd),
    ]
    return [change for change in changes if change.apply(moment) != moment]
