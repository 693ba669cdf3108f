"""The judge's state: by stream, the incidents that are open and the alerts that still grow."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

from foreseen.alerts.incidents import OpenIncidents
from foreseen.alerts.stories import FORGOTTEN_PEOPLE, Stories
from foreseen.alerts.thresholds import uncounted_of
from foreseen.core.alerts import Alert
from foreseen.models.moments.elsewhere import Whereabouts
from foreseen.pipeline.provisional import ProvisionalDecisions
from foreseen.rules.correlation.state import CorrelationState, lost_of

MOST_STREAMS = 4_096
MOST_ALERTS = 4_096
"""Alerts of a stream that can still grow; beyond them a like match opens a new one."""

EARLY = "too many were open: the oldest became final before late evidence could have come"
FORGOTTEN = (
    "too many people and streams: what was seen longest ago is not in the next ones' context"
)
CROWDED = "stream had too many that could grow: like matches of the oldest open new ones"

Like = tuple[str, str, str, str, bool]
"""What makes matches alike for one alert: rule, shape of the act, doer, parent (or the values and
names of the columns that the rule aggregates by), and whether they alert for what they are (or only
for want of a model)."""


@dataclass(frozen=True, slots=True)
class Growing:
    """An alert that takes like matches.

    Attributes:
        alert: As it stands.
        last: Latest time of its matches, no later than when we had them, ms UTC.
        span: How long after that it takes more, ms.
        shared: Whether like matches of other streams join it, too.
    """

    alert: Alert
    last: int
    span: int
    shared: bool


@dataclass(slots=True)
class OpenStream:
    """What later matches of one stream can still join.

    Attributes:
        now: Latest time of its matches, no later than when we had them, ms UTC. It never goes back,
            so that what is too old once stays too old and forgetting it changes nothing. A wrong
            clock touches its own stream.
        incidents: Open incidents by what ties them.
        alerts: Alerts that like matches join, the one longest without a match first.
        host: Whose it is.
    """

    now: int
    incidents: OpenIncidents = field(default_factory=OpenIncidents)
    alerts: dict[Like, Growing] = field(default_factory=dict)
    host: str = ""

    def forget(self) -> list[Like]:
        """Drop what is too old to be joined; which alerts these were."""
        self.incidents.forget(self.now)
        stale = [like for like, found in self.alerts.items() if not self.takes(found, self.now)]
        for like in stale:
            del self.alerts[like]
        return stale

    def takes(self, growing: Growing, time: int) -> bool:
        """Whether an alert is recent enough for a match at `time` (ms UTC)."""
        return max(self.now, time) - growing.last <= growing.span


@dataclass(slots=True)
class JudgeState:
    """All that the judge remembers.

    Attributes:
        streams: Open streams, least recently seen first; bounded by `MOST_STREAMS`.
        correlations: What correlation rules remember; bounded by themselves.
        thresholds: What rules with a threshold have counted; bounded in the same way.
        shared: Which stream holds an alert that matches of any stream join: the last that did.
        crowded: How many alerts were dropped before their time because a stream had too many.
        whereabouts: Where each person was seen, for the context of matches on other streams.
        provisional: Suppressed matches that late evidence may still turn into alerts.
        stories: Weak signs of people on different streams; they are weighed after the decisions.
    """

    streams: OrderedDict[str, OpenStream] = field(default_factory=OrderedDict)
    correlations: CorrelationState = field(default_factory=CorrelationState)
    thresholds: CorrelationState = field(default_factory=CorrelationState)
    shared: dict[Like, str] = field(default_factory=dict)
    crowded: int = 0
    whereabouts: Whereabouts = field(default_factory=Whereabouts)
    provisional: ProvisionalDecisions = field(default_factory=ProvisionalDecisions)
    stories: Stories = field(default_factory=Stories)

    def lost(self) -> dict[tuple[str, str], int]:
        """What could not be counted or was forgotten early, by what it concerns and the reason."""
        parts = (
            ("correlation", lost_of(self.correlations)),
            ("threshold of", uncounted_of(self.thresholds)),
        )
        found = {
            (f"{kind} {rule}", reason): count
            for kind, part in parts
            for (rule, reason), count in part.items()
        }
        own = {
            ("alerts", CROWDED): self.crowded,
            ("provisional decisions", EARLY): self.provisional.early,
            ("what people did elsewhere", FORGOTTEN): self.whereabouts.forgotten,
            ("stories", FORGOTTEN_PEOPLE): self.stories.forgotten,
        }
        return found | {name: count for name, count in own.items() if count}

    def at(self, stream: str, time: int, host: str) -> OpenStream:
        """The stream of a host, its clock at `time` (ms UTC) or later."""
        found = self.streams.get(stream)
        if found is None:
            self.streams[stream] = found = OpenStream(time)
            while len(self.streams) > MOST_STREAMS:
                _, gone = self.streams.popitem(last=False)
                self._unshare(gone.alerts)
        self.streams.move_to_end(stream)
        found.now, found.host = max(found.now, time), host
        return found

    def growing(self, like: Like, stream: str, time: int) -> Growing | None:
        """The alert that a match of a stream at `time` (ms UTC) joins, if there is one."""
        holder = self.streams[self.shared.get(like, stream)]
        found = holder.alerts.get(like)
        return found if found and holder.takes(found, time) else None

    def keep(self, like: Like, stream: str, growing: Growing) -> None:
        """Hold an alert where its last match was."""
        self.streams[self.shared.get(like, stream)].alerts.pop(like, None)
        alerts = self.streams[stream].alerts
        alerts[like] = growing
        if growing.shared:
            self.shared[like] = stream
        if len(alerts) > MOST_ALERTS:
            self.forget(stream)
        if len(alerts) > MOST_ALERTS:
            oldest = next(iter(alerts))
            del alerts[oldest]
            self._unshare([oldest])
            self.crowded += 1

    def forget(self, stream: str) -> None:
        """Drop of a stream what is too old to be joined."""
        self._unshare(self.streams[stream].forget())

    def _unshare(self, likes: Iterable[Like]) -> None:
        for like in likes:
            self.shared.pop(like, None)
