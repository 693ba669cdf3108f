"""Open incidents: which later matches belong to an alert's story by lineage or login session."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from posixpath import basename

OPEN_FOR = 60 * 60 * 1000
"""An incident without a new member for this long takes no more, ms of event time."""

YOUNG = 60 * 1000
"""How long a process counts as having just started, ms of event time."""

_PROCESS_ACTIVITY, _LAUNCH = 1007, 1
_LOGIN_PROGRAMS = frozenset(
    {"sshd", "sshd-session", "login", "su", "sudo", "cron", "crond", "atd", "doas", "pkexec"}
)


@dataclass(frozen=True, slots=True)
class Ties:
    """What a match can be tied by.

    Attributes:
        own: Names that an incident takes with this match: its process, its login session.
        all: Names by which it can join an incident: these, and its ancestors' processes.
    """

    own: tuple[str, ...]
    all: tuple[str, ...]


def ties_of(match: Mapping[str, object]) -> Ties:
    """Ties of a row of the matches table.

    What lasts as long as a service must not tie, else one odd connection of a web server would
    make a story of all that it ever does. So a session ties only when it began with a login, and a
    process only when the match is its start, or soon after.
    """
    process = [str(match["process_uid"])] if match.get("process_uid") else []
    lineage = [str(uid) for uid in _list(match.get("lineage"))]
    paths = [str(path) for path in _list(match.get("lineage_paths")) if path]
    logins: list[str] = []
    session = match.get("session_uid")
    if session and any(basename(path) in _LOGIN_PROGRAMS for path in paths):
        logins.append(f"{match.get('stream')}/session/{session}")
    own = process if _starts(match) or _is_young(match, lineage) else []
    return Ties((*own, *logins), (*process, *logins, *lineage))


def _starts(match: Mapping[str, object]) -> bool:
    return match.get("class_uid") == _PROCESS_ACTIVITY and match.get("activity_id") == _LAUNCH


def _is_young(match: Mapping[str, object], lineage: Sequence[str]) -> bool:
    """Whether its process was seen to start a moment ago; without a parent nobody saw it start."""
    start = str(match.get("process_uid") or "").rpartition(":")[2]
    if not lineage or not start.isdecimal():
        return False
    return int(str(match.get("time") or 0)) - int(start) <= YOUNG


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
