"""Audit records to events: what belongs together, when it is complete, in which order it leaves.

An event is complete with its EOE record, at once if its record stands alone, behind its PROCTITLE
record in logs that have no EOE, when its node's clock has gone on by `GRACE` since it began, when
none of its records came for `GRACE` by a tick of the receiver's clock, when more than
`MOST_PENDING` events are open, or at the end. Events leave in the order in which their
node began them, so that a stream is in the kernel's order whatever the records' interleaving.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass, field

from foreseen.parsers.auditd_records import Record
from foreseen.parsers.auditd_types import of_daemon, stands_alone

GRACE = 2_000
MOST_PENDING = 4_096
_MOST_NODES = 4_096
_REBOOT_FALL = 1_000
_LAST = frozenset(("EOE", "PROCTITLE"))


@dataclass(slots=True, eq=False)
class Event:
    """Records of one event so far.

    Attributes:
        began: Count of events that the state had begun before; names it among the pending.
        node: Machine.
        boot: Boot of the machine.
        stamp: What its records share.
        time: ms UTC.
        clock: Its node's clock when it began, ms UTC.
        records: In order of arrival.
        closed: No more records are awaited.
    """

    began: int
    node: str
    boot: str
    stamp: str
    time: int
    clock: int
    records: list[Record]
    closed: bool = False


@dataclass(slots=True)
class Node:
    """What is known of one machine's log.

    Attributes:
        clock: Latest time seen, ms UTC; it never goes back.
        boot: `0`, or the time of the first event after a reboot.
        serial: Highest serial number of this boot.
        has_eoe: Its log was seen to end events with EOE records.
        open: Events that await records, by stamp.
        queue: Events that have not left, oldest first.
        titled: Event whose last record was PROCTITLE.
    """

    clock: int = 0
    boot: str = "0"
    serial: int = 0
    has_eoe: bool = False
    open: dict[str, Event] = field(default_factory=dict)
    queue: deque[Event] = field(default_factory=deque)
    titled: Event | None = None


@dataclass(slots=True)
class AuditState:
    """All that the parser remembers between batches."""

    nodes: dict[str, Node] = field(default_factory=dict)
    pending: OrderedDict[int, Event] = field(default_factory=OrderedDict)
    begun: int = 0


def add(state: AuditState, record: Record) -> list[Event]:
    """Take a record; gives the events that it let go."""
    node = state.nodes.get(record.node) or _new_node(state, record.node)
    titled = node.titled
    if titled is not None and not (record.name == "EOE" and record.stamp == titled.stamp):
        node.titled = None
        if not node.has_eoe:
            _close(node, titled)
    event = node.open.get(record.stamp)
    if event is None or stands_alone(record.name):
        event = _begin(state, node, record)
    else:
        event.records.append(record)
        if titled is None and record.name not in _LAST:
            return []  # nothing can have become complete
    if record.name == "EOE":
        node.has_eoe = True
        node.titled = None
        _close(node, event)
    elif record.name == "PROCTITLE":
        node.titled = event
    left = _leave(state, node)
    if len(state.pending) > MOST_PENDING:
        left += _overflow(state)
    return left


def overdue(state: AuditState, now: int) -> list[Event]:
    """Events whose last record was received more than `GRACE` before `now`, in order."""
    for event in state.pending.values():
        received = event.records[-1].line.received
        if received is not None and now - received > GRACE:
            _close(state.nodes[event.node], event)
    left = [event for node in state.nodes.values() for event in _leave(state, node)]
    return sorted(left, key=lambda event: event.began)


def end(state: AuditState) -> list[Event]:
    """All pending events, oldest first; the nodes' clocks and boots stay."""
    left = list(state.pending.values())
    state.pending.clear()
    for node in state.nodes.values():
        node.open.clear()
        node.queue.clear()
        node.titled = None
    return left


def _new_node(state: AuditState, name: str) -> Node:
    if len(state.nodes) >= _MOST_NODES:
        for other in [n for n, node in state.nodes.items() if not node.queue]:
            del state.nodes[other]
    state.nodes[name] = node = Node()
    return node


def _begin(state: AuditState, node: Node, record: Record) -> Event:
    seconds, _, rest = record.stamp.partition(".")
    time = int(seconds) * 1000 + int(rest[:3])
    if not of_daemon(record.name):
        _watch_boot(node, record.name, time, int(rest[4:]))
    node.clock = max(node.clock, time)
    event = Event(state.begun, record.node, node.boot, record.stamp, time, node.clock, [record])
    state.begun += 1
    if stands_alone(record.name):
        event.closed = True
    else:
        node.open[record.stamp] = event
    node.queue.append(event)
    state.pending[event.began] = event
    return event


def _watch_boot(node: Node, name: str, time: int, serial: int) -> None:
    """Serial numbers begin anew with a boot: they fall sharply while time goes on."""
    if time < node.clock:
        return
    fall = node.serial - serial
    if fall > _REBOOT_FALL or (fall > 0 and name == "SYSTEM_BOOT"):
        node.boot = str(time)
        node.serial = serial
    elif fall < 0:
        node.serial = serial


def _close(node: Node, event: Event) -> None:
    if not event.closed:
        event.closed = True
        del node.open[event.stamp]


def _leave(state: AuditState, node: Node) -> list[Event]:
    left: list[Event] = []
    queue = node.queue
    while queue and (queue[0].closed or node.clock - queue[0].clock > GRACE):
        event = queue.popleft()
        _close(node, event)
        if node.titled is event:
            node.titled = None
        del state.pending[event.began]
        left.append(event)
    return left


def _overflow(state: AuditState) -> list[Event]:
    """Let the oldest event go as it is, and what waited behind it."""
    oldest = next(iter(state.pending.values()))
    node = state.nodes[oldest.node]
    _close(node, oldest)
    return _leave(state, node)
