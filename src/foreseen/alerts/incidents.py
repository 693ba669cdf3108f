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
        own: Its process, where it ties what comes below it.
        session: Its login session; empty for a service's.
        lineage: Its process and its ancestors' processes.
    """

    own: tuple[str, ...]
    session: str
    lineage: tuple[str, ...]


def ties_of(match: Mapping[str, object]) -> Ties:
    """Ties of a row of the matches table.

    What lasts as long as a service must not tie, else one odd connection of a web server would
    make a story of all that it ever does. So a session ties only when it began with a login, and a
    process only when the match is its start, or soon after.
    """
    process = [str(match["process_uid"])] if match.get("process_uid") else []
    lineage = [str(uid) for uid in _list(match.get("lineage"))]
    paths = [str(path) for path in _list(match.get("lineage_paths")) if path]
    uid = match.get("session_uid")
    is_login = uid and any(basename(path) in _LOGIN_PROGRAMS for path in paths)
    own = process if _starts(match) or _is_young(match, lineage) else []
    return Ties(
        own=tuple(own),
        session=f"{match.get('stream')}/session/{uid}" if is_login else "",
        lineage=(*process, *lineage),
    )


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


Held = dict[str, tuple[str, int]]
"""By name: the incident that it belongs to, and the time of the last member, ms."""


@dataclass(slots=True)
class OpenIncidents:
    """Processes and login sessions that belong to open incidents.

    A process ties what it starts from the first alert on. A login session ties all that is done in
    it only from the second sign on that does not come from the first (or when a rule alerts by
    itself): one odd command of an administrator is an alert, two are a story about the session.

    Attributes:
        by_name: What ties.
        suspects: Sessions with one sign so far.
    """

    by_name: Held = field(default_factory=dict)
    suspects: Held = field(default_factory=dict)

    def find(self, ties: Ties, time: int) -> str | None:
        """The open incident that a match at `time` (ms) belongs to, if any."""
        return _recent(self.by_name, (*ties.lineage, ties.session), time)

    def suspected(self, ties: Ties, time: int) -> str | None:
        """The incident that the first sign in the same login session opened, if any."""
        return _recent(self.suspects, (ties.session,), time)

    def join(self, incident: str, ties: Ties, time: int, *, signs: int) -> None:
        """Tie the names of a member to its incident.

        Args:
            incident: The incident.
            ties: The member's.
            time: When, ms.
            signs: What it says of its session: 0 nothing new (it was tied), 1 a sign, 2 enough.
        """
        for name in ties.own:
            _hold(self.by_name, name, incident, time)
        if not ties.session:
            return
        known = self.find(Ties((), ties.session, ()), time)
        before = self.suspected(ties, time) is not None
        if known or signs + before >= _ENOUGH:
            _hold(self.by_name, ties.session, incident, time)
        elif signs:
            _hold(self.suspects, ties.session, incident, time)

    def forget(self, now: int) -> None:
        """Drop names whose incident has been quiet for too long."""
        for held in (self.by_name, self.suspects):
            for name in [name for name, (_, time) in held.items() if now - time > OPEN_FOR]:
                del held[name]


_ENOUGH = 2


def _recent(held: Held, names: Sequence[str], time: int) -> str | None:
    for name in names:
        found = held.get(name)
        if found and time - found[1] <= OPEN_FOR:
            return found[0]
    return None


def _hold(held: Held, name: str, incident: str, time: int) -> None:
    known = held.get(name)
    last = max(time, known[1]) if known and known[0] == incident else time
    held[name] = (incident, last)  # a late member does not close it sooner
