"""The judge's state: by stream, the incidents that are open and the alerts that still grow."""

from collections import OrderedDict
from dataclasses import dataclass, field

from foreseen.alerts.incidents import OPEN_FOR, OpenIncidents
from foreseen.core.alerts import Alert
from foreseen.rules.correlation_state import CorrelationState

MOST_STREAMS = 4_096

Like = tuple[str, str, str, str, bool]
"""What makes matches of a stream alike for one alert: rule, shape of the act, doer, parent, and
whether they alert for what they are (or only for want of a model)."""


@dataclass(slots=True)
class OpenStream:
    """What later matches of one stream can still join.

    Attributes:
        now: Latest time of its matches, ms UTC. It never goes back, so that what is too old once
            stays too old and forgetting it changes nothing. A wrong clock touches its own stream.
        incidents: Open incidents by what ties them.
        alerts: Alerts that like matches join.
    """

    now: int
    incidents: OpenIncidents = field(default_factory=OpenIncidents)
    alerts: dict[Like, Alert] = field(default_factory=dict)

    def forget(self) -> None:
        """Drop what is too old to be joined."""
        self.incidents.forget(self.now)
        stale = [like for like, alert in self.alerts.items() if not self.takes(alert)]
        for like in stale:
            del self.alerts[like]

    def takes(self, alert: Alert) -> bool:
        """Whether an alert is recent enough to be joined."""
        return self.now - alert.last_time <= OPEN_FOR


@dataclass(slots=True)
class JudgeState:
    """All that the judge remembers.

    Attributes:
        streams: Open streams, least recently seen first; bounded by `MOST_STREAMS`.
        correlations: What correlation rules remember; bounded by themselves.
    """

    streams: OrderedDict[str, OpenStream] = field(default_factory=OrderedDict)
    correlations: CorrelationState = field(default_factory=CorrelationState)

    def at(self, stream: str, time: int) -> OpenStream:
        """The stream, its clock at `time` (ms UTC) or later."""
        found = self.streams.get(stream)
        if found is None:
            self.streams[stream] = found = OpenStream(time)
            if len(self.streams) > MOST_STREAMS:
                self.streams.popitem(last=False)
        self.streams.move_to_end(stream)
        found.now = max(found.now, time)
        return found
