"""Who started whom: a cache of processes that gives rows their process, parent and ancestors.

What no event said stays null. A process keeps its identity through exec; it gets a new one when its
pid shows up with another parent, after its exit, or after a clone that gave the pid anew. Orphans
are the exception: the kernel hands them to init or to an ancestor, and they stay who they were if
their login session still says so.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field
from typing import Any, cast

from foreseen.core.errors import CorruptError
from foreseen.parsers.protocol import Row

MOST_PROCESSES = 50_000
MOST_HOSTS = 4_096
DEPTH = 12
_PROCESS, _SUCCESS = 1007, 1
_STARTS = frozenset(("execve", "execveat"))
_FORKS = frozenset(("fork", "vfork", "clone", "clone3"))
_END = "exit_group"  # a plain `exit` ends one thread
_TRACED = "auditd"
_INIT = 1


@dataclass(slots=True)
class Process:
    """One process as far as events told of it.

    Attributes:
        uid: Identity that survives reuse of the pid: host/boot:pid:start.
        pid: Process id.
        ppid: Parent's pid when first seen.
        start: Time of first sight, ms UTC.
        path: Image that runs now.
        cmd_line: Command line of that image.
        user: Login user of its last event.
        session: Login session of its last event.
        exited: When it ended, ms UTC.
        parent_uid: Identity of the process that started it.
        parent_path: Image of the parent at that time.
        parent_cmd_line: Command line of the parent at that time.
        lineage: Identities of the ancestors, parent first.
        lineage_paths: Their images, parent first.
    """

    uid: str
    pid: int
    ppid: int | None
    start: int
    path: str | None = None
    cmd_line: str | None = None
    user: str | None = None
    session: str | None = None
    exited: int | None = None
    parent_uid: str | None = None
    parent_path: str | None = None
    parent_cmd_line: str | None = None
    lineage: tuple[str, ...] = ()
    lineage_paths: tuple[str | None, ...] = ()


@dataclass(slots=True)
class Host:
    """Processes of one boot of one machine, least recently seen first.

    Attributes:
        seen: Processes that had events, by pid.
        born: Children that a clone named and that had no event yet, by pid. They wait apart: seen
            from a container, the pid that clone returns is not the pid that the host knows.
    """

    seen: OrderedDict[int, Process] = field(default_factory=OrderedDict)
    born: OrderedDict[int, Process] = field(default_factory=OrderedDict)


@dataclass(slots=True)
class ProcessCache:
    """Hosts by (name, boot), least recently seen first; both levels are bounded."""

    hosts: OrderedDict[tuple[str, str], Host] = field(default_factory=OrderedDict)


def fill(cache: ProcessCache, rows: Sequence[Row]) -> None:
    """Give each row, in place and in order, its process, parent, ancestors and command line.

    Only rows of the kernel's audit: other recorders say themselves what they know of a process, and
    rules look at what they said.
    """
    for row in rows:
        columns = row.columns
        if not isinstance(columns, dict) or columns.get("product", _TRACED) != _TRACED:
            continue
        pid = columns.get("process_pid")
        if not isinstance(pid, int):
            continue
        host = _host(cache, row)
        process = _process(host, row, pid)
        _learn(host, process, row)
        _write(process, columns)
        if columns.get("class_uid") == _PROCESS:
            _after(host, process, row)


def _host(cache: ProcessCache, row: Row) -> Host:
    key = (row.host, row.boot)
    host = cache.hosts.get(key)
    if host is None:
        cache.hosts[key] = host = Host()
        if len(cache.hosts) > MOST_HOSTS:
            cache.hosts.popitem(last=False)
    else:
        cache.hosts.move_to_end(key)
    return host


def _process(host: Host, row: Row, pid: int) -> Process:
    """The process that the row's pid means now; begun if it was not known."""
    process = host.seen.get(pid)
    child = host.born.get(pid)
    if child is not None and _takes_over(host, child, process, row):
        process = child
        del host.born[pid]
    elif process is None or not _is_same(host, process, row):
        ppid = cast("int | None", row.columns.get("parent_pid"))
        process = _begun(row, pid, ppid, process)
    host.seen[pid] = process
    host.seen.move_to_end(pid)
    if len(host.seen) > MOST_PROCESSES:
        host.seen.popitem(last=False)
    return process


def _takes_over(host: Host, child: Process, process: Process | None, row: Row) -> bool:
    """Whether the row is the first one of a child that a clone named."""
    if process is not None:
        if child.start <= process.start:
            return False
        if row.columns.get("parent_pid") != child.ppid and _is_same(host, process, row):
            return False
    return _is_same(host, child, row)


def _is_same(host: Host, process: Process, row: Row) -> bool:
    """Whether the row speaks of this process and not of a later one with the same pid."""
    if process.exited is not None and row.time > process.exited:
        return False
    columns = row.columns
    ppid, path = columns.get("parent_pid"), columns.get("process_path")
    if ppid is None or process.ppid is None:
        return path is None or process.path is None or _image(path) == _image(process.path)
    return ppid == process.ppid or _is_orphan(host, process, cast("int", ppid), columns)


def _image(path: object) -> str:
    return str(path).removesuffix(" (deleted)")


def _is_orphan(host: Host, process: Process, ppid: int, columns: Mapping[str, object]) -> bool:
    """Whether its parent has gone: init or an ancestor took it in, the login is the same one."""
    if process.session is None or columns.get("session_uid") != process.session:
        return False
    if columns.get("user_uid") != process.user:
        return False
    if ppid == _INIT:
        return True
    adopter = host.seen.get(ppid)
    return adopter is not None and adopter.uid in process.lineage


def _begun(row: Row, pid: int, ppid: int | None, former: Process | None) -> Process:
    """A new process; its start is later than that of the pid's former owner, so names differ."""
    start = row.time if former is None else max(row.time, former.start + 1)
    return Process(f"{row.host}/{row.boot}:{pid}:{start}", pid, ppid, start)


def _learn(host: Host, process: Process, row: Row) -> None:
    """Take from the row what it says of its process."""
    columns = row.columns
    path = cast("str | None", columns.get("process_path"))
    command = cast("str | None", columns.get("process_cmd_line"))
    ppid = cast("int | None", columns.get("parent_pid"))
    process.session = cast("str | None", columns.get("session_uid"))
    process.user = cast("str | None", columns.get("user_uid"))
    if process.ppid is None:
        process.ppid = ppid
    if process.parent_uid is None and ppid is not None and ppid == process.ppid:
        _adopt(process, _parent(host, process, ppid), row.time)
    if columns.get("event_type") in _STARTS and columns.get("status_id") == _SUCCESS:
        process.path, process.cmd_line = path, command
        return
    if path is not None and (process.path is None or _image(path) != _image(process.path)):
        process.path, process.cmd_line = path, None  # an exec that was not recorded
    if process.cmd_line is None and ppid is not None:
        process.cmd_line = command


def _parent(host: Host, process: Process, ppid: int) -> Process | None:
    """Who has the parent's pid, unless that was another one long ago.

    Ends are not always recorded, and pids come again. A login session goes from parent to child and
    begins below a process that has none; so who was last seen in another session is not the parent.
    """
    known = host.seen.get(ppid) or host.born.get(ppid)
    is_kin = known is not None and known.session in {None, process.session}
    return known if is_kin else None


def _adopt(process: Process, parent: Process | None, time: int) -> None:
    if parent is None or parent is process or process.uid in parent.lineage:
        return
    if parent.exited is not None and time > parent.exited:
        return
    process.parent_uid = parent.uid
    process.parent_path = parent.path
    process.parent_cmd_line = parent.cmd_line
    process.lineage = (parent.uid, *parent.lineage[: DEPTH - 1])
    process.lineage_paths = (parent.path, *parent.lineage_paths[: DEPTH - 1])


def _write(process: Process, columns: dict[str, object]) -> None:
    columns["process_uid"] = process.uid
    if columns.get("process_cmd_line") is None:
        columns["process_cmd_line"] = process.cmd_line
    columns["parent_uid"] = process.parent_uid
    columns["parent_path"] = process.parent_path
    columns["parent_cmd_line"] = process.parent_cmd_line
    columns["lineage"] = list(process.lineage)
    columns["lineage_paths"] = list(process.lineage_paths)


def _after(host: Host, process: Process, row: Row) -> None:
    """What the row changes for the rows that follow: an end, a child."""
    call = row.columns.get("event_type")
    if call == _END:
        process.exited = row.time
    elif call in _FORKS and row.columns.get("status_id") == _SUCCESS:
        child = row.columns.get("exit_code")
        if isinstance(child, int) and child > 0:
            _bear(host, process, row, child)


def _bear(host: Host, parent: Process, row: Row, pid: int) -> None:
    """Remember a child; its own first events may be logged before the clone has returned."""
    seen = host.seen.get(pid)
    if seen is not None and seen.ppid == parent.pid and seen.start >= row.time:
        return
    child = _begun(row, pid, parent.pid, seen)
    child.path, child.cmd_line = parent.path, parent.cmd_line
    child.user, child.session = parent.user, parent.session
    _adopt(child, parent, row.time)
    host.born[pid] = child
    host.born.move_to_end(pid)
    if len(host.born) > MOST_PROCESSES:
        host.born.popitem(last=False)


def dump(cache: ProcessCache) -> dict[str, object]:
    """The cache as JSON-ready values."""
    return {
        "hosts": [
            [*key, [astuple(one) for one in host.seen.values()],
             [astuple(one) for one in host.born.values()]]
            for key, host in cache.hosts.items()
        ]
    }  # fmt: skip


def load(dumped: Mapping[str, object]) -> ProcessCache:
    """The cache from `dump`.

    Raises:
        CorruptError: It is not what `dump` gives.
    """
    cache = ProcessCache()
    try:
        for name, boot, seen, born in cast("list[list[object]]", dumped["hosts"]):
            host = Host(_by_pid(seen), _by_pid(born))
            cache.hosts[(str(name), str(boot))] = host
    except (KeyError, TypeError, ValueError) as error:
        raise CorruptError(
            f"process cache: snapshot cannot be read ({error!r}); replay from an older one"
        ) from error
    return cache


def _by_pid(processes: object) -> OrderedDict[int, Process]:
    loaded: OrderedDict[int, Process] = OrderedDict()
    for *values, lineage, paths in cast("list[list[Any]]", processes):
        process = Process(*values)
        process.lineage = tuple(lineage)
        process.lineage_paths = tuple(paths)
        loaded[process.pid] = process
    return loaded
