"""Open incidents: which later matches belong to an alert's story by lineage or login session."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from posixpath import basename

OPEN_FOR = 60 * 60 * 1000
"""An incident without a new member for this long takes no more, ms of event time."""

_LOGIN_PROGRAMS = frozenset(
    {"sshd", "sshd-session", "login", "su", "sudo", "cron", "crond", "atd", "doas", "pkexec"}
)


@dataclass(frozen=True, slots=True)
class Ties:
    """What a match can be tied by.

    Attributes:
        own: Names that an incident opened by this match takes: its process, its login session.
        all: `own` and its ancestors' processes: names by which it can join an incident.
    """

    own: tuple[str, ...]
    all: tuple[str, ...]


def ties_of(match: Mapping[str, object]) -> Ties:
    """Ties of a row of the matches table.

    A session ties only when it began with a login: a service's session lasts as long as the
    service, and would tie everything that it does.
    """
    process = match.get("process_uid")
    own = [str(process)] if process else []
    lineage = [str(uid) for uid in _list(match.get("lineage"))]
    paths = [str(path) for path in _list(match.get("lineage_paths")) if path]
    session = match.get("session_uid")
    if session and any(basename(path) in _LOGIN_PROGRAMS for path in paths):
        own.append(f"{match.get('stream')}/session/{session}")
    return Ties(tuple(own), (*own, *lineage))


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()


@dataclass(slots=True)
class OpenIncidents:
    """Names that tie, and the incident and time of the last member that each belongs to."""

    by_name: dict[str, tuple[str, int]] = field(default_factory=dict)

    def find(self, ties: Ties, time: int) -> str | None:
        """The open incident that a match at `time` (ms) belongs to, if any."""
        for name in ties.all:
            found = self.by_name.get(name)
            if found and time - found[1] <= OPEN_FOR:
                return found[0]
        return None

    def join(self, incident: str, ties: Ties, time: int) -> None:
        """Tie the names of a member to its incident."""
        for name in ties.own:
            known = self.by_name.get(name)
            last = max(time, known[1]) if known and known[0] == incident else time
            self.by_name[name] = (incident, last)  # a late member does not close it sooner

    def forget(self, now: int) -> None:
        """Drop names whose incident has been quiet for too long."""
        stale = [name for name, (_, time) in self.by_name.items() if now - time > OPEN_FOR]
        for name in stale:
            del self.by_name[name]
