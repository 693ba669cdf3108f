"""What a parser is: lines of one wire format in, rows of our columns out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from foreseen.core.records import Line, Quarantined
from foreseen.schema.shaped import Shaped

State = TypeVar("State")
Columns = dict[str, object] | Shaped


@dataclass(slots=True)
class Row:
    """One event, not yet placed in a stream.

    Attributes:
        source: Source of its first line.
        offset: Offset of its first line; (source, offset) is its identity.
        host: Machine that reported it; of a control plane the account or cluster.
        boot: Distinguishes boots of that host, so that process ids do not mix; of a control plane
            the principal. `host/boot` is the stream.
        time: When it happened, ms UTC.
        received: When we had it, ms UTC; None in a replay.
        columns: Values of `schema.columns.PARSED` by name; absent means null. `unmapped` is a
            dict from the source's field names to a text, a list of texts, or None for a null.
            `Shaped` where the recorder says itself all there is to know of a process: a shaped row
            cannot be added to.
        workload: Role that the stream plays, when the record itself says so; else empty.
    """

    source: str
    offset: int
    host: str
    boot: str
    time: int
    received: int | None
    columns: Columns
    workload: str = ""


@dataclass(slots=True)
class Parsed:
    """What a batch of lines gave."""

    rows: list[Row] = field(default_factory=list)
    quarantined: list[Quarantined] = field(default_factory=list)


class Parser(Protocol[State]):
    """One wire format. Pure: all that it remembers between batches is its state."""

    name: str

    def sniff(self, head: Sequence[bytes]) -> bool:
        """Whether the first lines of a source look like this format."""
        ...

    def stands_alone(self, line: bytes) -> bool:
        """Whether a line begins as a record and does not continue the one before it."""
        ...

    def initial(self) -> State:
        """State before the first line."""
        ...

    def parse(self, state: State, lines: Sequence[Line]) -> Parsed:
        """Rows of the events that these lines complete, in order of completion.

        `state` is advanced in place and belongs to the caller. The result for a sequence of lines
        does not depend on how it is cut into calls.
        """
        ...

    def tick(self, state: State, now: int) -> Parsed:
        """What has waited so long that nothing more of it is to be expected.

        A record of the log says that it is `now` (ms UTC, by the clock that lines were received
        by); without it the newest event of a source would wait for the source's next line.
        """
        ...

    def finish(self, state: State) -> Parsed:
        """What is still pending when the source has ended (an explicit record of the log)."""
        ...

    def dump(self, state: State) -> Mapping[str, object]:
        """State as JSON-ready values, for the snapshot."""
        ...

    def load(self, dumped: Mapping[str, object]) -> State:
        """State from `dump`."""
        ...
