"""Suppressed matches whose decision is provisional: late evidence of the same person may change it.

Sources are not equally fast: CloudTrail comes up to 15 minutes after the fact. A match that a model
expected is kept until a match of the same person comes that arrived more than an hour after it;
until then, whatever turns out to have happened before it elsewhere makes the judge ask again. No
clock of ours decides that, nor does one of another person's machine.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile

import orjson
import pyarrow as pa

from foreseen.models.moments.elsewhere import REACH, Context, Sighting, added, told
from foreseen.models.moments.moment import Moment, moments_of
from foreseen.schema.arrow import MATCH_SCHEMA, batch_of

LATENESS = 60 * 60 * 1000
"""How much later than a match its evidence may arrive, ms."""

MOST_ENTRIES = 2_048
MOST_BYTES = 4 << 20
"""Of the rows that are kept. Beyond either the oldest decision becomes final early."""

MOST_ASKED = 64
"""How often late evidence may change what is seen of one match; then it becomes final early."""

_UNUSED = {"window_seqs", "window_ages", "raw"}


@dataclass(slots=True)
class Provisional:
    """A suppressed match.

    Attributes:
        row: Its row, as JSON without what is null.
        sighting: Who, where and when.
        context: What was seen of the person elsewhere before it, with what came late.
        asked: How often late evidence has changed that.
        moment: The match as models see it, but for what is elsewhere; None: the row has it.
    """

    row: bytes
    sighting: Sighting
    context: Context
    asked: int = 0
    moment: Moment | None = field(default=None, repr=False, compare=False)

    def is_final(self, arrived: int) -> bool:
        """Whether evidence that arrives at a time (ms UTC) comes too late for it."""
        return self.sighting.arrived + LATENESS < arrived


@dataclass(slots=True)
class _Held:
    """Open decisions of one name on one stream, and the latest time of their matches, ms UTC."""

    latest: int
    uids: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class ProvisionalDecisions:
    """All of a tenant's, bounded, in the order in which they were made.

    Attributes:
        entries: By `match_uid`.
        size: Bytes of their rows.
        early: How many became final early because there were too many.
    """

    entries: OrderedDict[str, Provisional] = field(default_factory=OrderedDict)
    size: int = 0
    early: int = 0
    _of: dict[str, dict[str, _Held]] = field(default_factory=dict, repr=False, compare=False)

    def hold(self, uid: str, entry: Provisional) -> None:
        """Keep a decision open."""
        self.drop(uid)  # delivered twice under one name: the later one holds
        self.entries[uid] = entry
        self.size += len(entry.row)
        stream, time = entry.sighting.stream, entry.sighting.time
        for name in entry.sighting.names:
            held = self._of.setdefault(name, {}).setdefault(stream, _Held(time))
            held.latest = max(held.latest, time)
            held.uids[uid] = None
        while len(self.entries) > MOST_ENTRIES or self.size > MOST_BYTES:
            oldest, gone = next(iter(self.entries.items()))
            self.early += not gone.is_final(entry.sighting.arrived)
            self.drop(oldest)

    def drop(self, uid: str) -> None:
        """A decision is final; nothing happens when it was."""
        entry = self.entries.pop(uid, None)
        if entry is None:
            return
        self.size -= len(entry.row)
        stream = entry.sighting.stream
        for name in entry.sighting.names:
            del self._of[name][stream].uids[uid]
            if not self._of[name][stream].uids:
                del self._of[name][stream]
            if not self._of[name]:
                del self._of[name]

    def touched(self, evidence: Sighting) -> list[str]:
        """Names of the matches whose elsewhere a sighting alters; their contexts hold it then."""
        uids = {uid for name in evidence.names for uid in self._concerned(name, evidence)}
        altered = {uid for uid in uids & self.entries.keys() if self._alters(uid, evidence)}
        # In the order of decisions: that of streams is another one after a restart.
        return [uid for uid in self.entries if uid in altered] if altered else []

    def _concerned(self, name: str, evidence: Sighting) -> list[str]:
        """Decisions on matches of a name that still are open; those that are final go."""
        found: list[str] = []
        for stream, held in list(self._of.get(name, {}).items()):
            over = takewhile(lambda uid: self.entries[uid].is_final(evidence.arrived), held.uids)
            for uid in list(over):
                self.drop(uid)
            # Evidence that is in time, as nearly all is, concerns nothing that was before it.
            if stream != evidence.stream and evidence.time < held.latest:
                found += held.uids
        return found

    def _alters(self, uid: str, evidence: Sighting) -> bool:
        entry = self.entries[uid]
        is_before = entry.sighting.time - REACH <= evidence.time < entry.sighting.time
        if not is_before or entry.is_final(evidence.arrived):
            return False
        before, entry.context = set(told(entry.context)), added(entry.context, evidence)
        if set(told(entry.context)) == before:
            return False  # their order alone is no news: a flood would ask anew with each of it
        entry.asked += 1
        if entry.asked > MOST_ASKED:
            self.drop(uid)
            self.early += 1
        return uid in self.entries

    def later_on(self, stream: str, time: int) -> list[str]:
        """Names of the matches of a stream at or after a time (ms UTC)."""
        return [
            uid
            for uid, entry in self.entries.items()
            if entry.sighting.stream == stream and entry.sighting.time >= time
        ]

    def moments(self, uids: Sequence[str]) -> list[Moment]:
        """The matches as models see them, with what was elsewhere by now."""
        unread = [uid for uid in uids if self.entries[uid].moment is None]
        if unread:
            for uid, moment in zip(unread, _read(self.rows(unread)), strict=True):
                self.entries[uid].moment = moment
        found = [self.entries[uid] for uid in uids]
        return [replace(each.moment, elsewhere=told(each.context)) for each in found if each.moment]

    def rows(self, uids: Sequence[str]) -> pa.Table:
        """Rows of the matches table, without the columns that nothing needs any more."""
        rows = [orjson.loads(self.entries[uid].row) for uid in uids]
        return pa.Table.from_batches([batch_of(rows, MATCH_SCHEMA)], MATCH_SCHEMA)


def _read(rows: pa.Table) -> list[Moment]:
    return moments_of(rows, [()] * rows.num_rows)


def kept_row(row: Mapping[str, object]) -> bytes:
    """A row of the matches table as it is kept."""
    kept = {name: value for name, value in row.items() if value is not None}
    for name in _UNUSED & kept.keys():
        del kept[name]
    if isinstance(unmapped := kept.get("unmapped"), list):
        kept["unmapped"] = dict(unmapped)
    return orjson.dumps(kept)
