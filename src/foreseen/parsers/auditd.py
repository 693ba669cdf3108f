"""Linux audit logs (auditd, raw and ENRICHED; audisp over syslog): lines in, events out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import cast

from foreseen.core.errors import CorruptError
from foreseen.core.records import Line, Quarantined, Reason
from foreseen.parsers.auditd_join import AuditState, Event, Node, add, end, overdue
from foreseen.parsers.auditd_map import row_of
from foreseen.parsers.auditd_records import Record, is_record, read
from foreseen.parsers.protocol import Parsed


class AuditdParser:
    """The parser of audit logs; its state is an `AuditState`."""

    name = "auditd"

    def sniff(self, head: Sequence[bytes]) -> bool:
        """Whether any of the lines is an audit record: the first one may be cut off."""
        return any(is_record(line) for line in head)

    def stands_alone(self, line: bytes) -> bool:
        """Whether the line begins as a record and does not continue another one."""
        return is_record(line)

    def initial(self) -> AuditState:
        """State before the first line."""
        return AuditState()

    def parse(self, state: AuditState, lines: Sequence[Line]) -> Parsed:
        """Rows of the events that these lines complete; a line is in a row's raw or rejected."""
        parsed = Parsed()
        for line in lines:
            if not line.data or line.data.isspace():
                continue
            record = read(line)
            if isinstance(record, Record):
                left = add(state, record)
                if left:
                    _emit(left, parsed)
            else:
                for one in record[0]:
                    _emit(add(state, one), parsed)
                parsed.quarantined += record[1]
        return parsed

    def tick(self, state: AuditState, now: int) -> Parsed:
        """Rows of the events whose last record came more than a grace period before `now`."""
        parsed = Parsed()
        _emit(overdue(state, now), parsed)
        return parsed

    def finish(self, state: AuditState) -> Parsed:
        """Rows of the events that were still open."""
        parsed = Parsed()
        _emit(end(state), parsed)
        return parsed

    def dump(self, state: AuditState) -> Mapping[str, object]:
        """State as JSON-ready values: open events by their lines."""
        return {
            "begun": state.begun,
            "nodes": {
                name: {
                    "clock": node.clock,
                    "boot": node.boot,
                    "serial": node.serial,
                    "has_eoe": node.has_eoe,
                    "titled": None if node.titled is None else node.titled.began,
                }
                for name, node in state.nodes.items()
            },
            "pending": [_dumped(event) for event in state.pending.values()],
        }

    def load(self, dumped: Mapping[str, object]) -> AuditState:
        """State from `dump`.

        Raises:
            CorruptError: It is not what `dump` gives.
        """
        try:
            return _loaded(dumped)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise CorruptError(
                f"auditd parser: snapshot cannot be read ({error!r}); replay from an older one"
            ) from error


def _emit(events: Iterable[Event], parsed: Parsed) -> None:
    for event in events:
        row = row_of(event)
        if isinstance(row, str):
            detail = f"event {event.stamp}: {row}"
            parsed.quarantined += [
                Quarantined(record.line, Reason.INCOMPLETE_EVENT, detail)
                for record in event.records
            ]
        else:
            parsed.rows.append(row)


def _dumped(event: Event) -> dict[str, object]:
    return {
        "began": event.began,
        "node": event.node,
        "boot": event.boot,
        "stamp": event.stamp,
        "time": event.time,
        "clock": event.clock,
        "closed": event.closed,
        "lines": [
            {**asdict(record.line), "data": record.line.data.decode("latin-1")}
            for record in event.records
        ],
    }


def _loaded(dumped: Mapping[str, object]) -> AuditState:
    state = AuditState(begun=cast("int", dumped["begun"]))
    titles: dict[int, Node] = {}
    for name, fields in cast("dict[str, dict[str, object]]", dumped["nodes"]).items():
        titled = fields["titled"]
        node = Node(
            clock=cast("int", fields["clock"]),
            boot=cast("str", fields["boot"]),
            serial=cast("int", fields["serial"]),
            has_eoe=cast("bool", fields["has_eoe"]),
        )
        state.nodes[name] = node
        if isinstance(titled, int):
            titles[titled] = node
    for one in cast("list[dict[str, object]]", dumped["pending"]):
        event = _loaded_event(one)
        node = state.nodes[event.node]
        node.queue.append(event)
        state.pending[event.began] = event
        if not event.closed:
            node.open[event.stamp] = event
        if event.began in titles:
            titles[event.began].titled = event
    return state


def _loaded_event(one: dict[str, object]) -> Event:
    lines = cast("list[dict[str, object]]", one.pop("lines"))
    records = []
    for fields in lines:
        data = cast("str", fields["data"]).encode("latin-1")
        record = read(Line(**{**fields, "data": data}))  # type: ignore[arg-type]  # JSON; `load` turns what does not fit into CorruptError
        if not isinstance(record, Record):
            record = record[0][0]
        records.append(record)
    return Event(**one, records=records)  # type: ignore[arg-type]  # JSON; `load` turns what does not fit into CorruptError
