"""What agents of many hosts send, as entries of a topic; and one run of the pipeline over it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
from tests.recording import extract
from tests.shipped import shipped_rules

from foreseen.core.errors import TransientError
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.intake.entries import Entry, EntryKind
from foreseen.lake.cursors import judge_of
from foreseen.lake.lake import Lake
from foreseen.pipeline.predictions import predictions_table
from foreseen.runners.installation import Installation, Sharding, Stores
from foreseen.runners.judges.deciders import Here
from foreseen.runners.judging import judge_artefacts
from foreseen.runners.links.link import Elsewhere
from foreseen.runners.rules.watch import LiveRules
from foreseen.runners.server import Addresses, stores
from foreseen.runners.settings.settings import Settings
from foreseen.runners.shards.committing import place_of, shards_of
from foreseen.runners.shards.partition import TABLES
from foreseen.runners.worker import Worker
from foreseen.schema.arrow import texts

NODES = (b"web-1", b"ci-1", b"db-1", b"bastion-1")
NOW = 1_800_000_000_000
JUDGES = 2
"""Of a run whose shards work elsewhere."""

_BODY_LINES = 400


def entries(lines: int, copies: int) -> list[Entry]:
    """Bodies of four recorded hosts and of copies of them under other names, in turns."""
    recorded = extract(lines).splitlines(keepends=True)
    sent: list[Entry] = []
    for start, end in pairwise([*range(0, lines, _BODY_LINES), lines]):
        for node in NODES:
            own = [line for line in recorded[start:end] if line.startswith(b"node=" + node + b" ")]
            for copy in range(copies):
                name = node if copy == 0 else node + b"%d" % copy
                sent.append(_entry(name, b"".join(own).replace(b"node=" + node, b"node=" + name)))
    sources = dict.fromkeys(entry.source for entry in sent)
    ends = [Entry(DEFAULT_TENANT, s, "p", "auditd", NOW, b"", EntryKind.END) for s in sources]
    return [*sent, *ends]


def _entry(name: bytes, data: bytes) -> Entry:
    return Entry(DEFAULT_TENANT, f"{name.decode()}/auditd", "p", "auditd", NOW, data)


@dataclass(frozen=True)
class Ran:
    """One run over a topic.

    Attributes:
        data: Folder of what it gave.
        seconds: From the first stretch on until the lake had everything and all was judged.
        events: Events stored.
        losses: How often a shard or its node was lost meanwhile.
    """

    data: Path
    seconds: float
    events: int
    losses: int

    @property
    def rate(self) -> int:
        """Events a second."""
        return round(self.events / self.seconds)


def run(
    data: Path,
    url: str,
    elsewhere: Elsewhere | None,
    meanwhile: Callable[[int], None] = lambda _events: None,
) -> Ran:
    """Work a topic off into a folder, beginning again after each loss.

    Args:
        data: The folder.
        url: The topic.
        elsewhere: Where shards work; None: here.
        meanwhile: Called after each commit with the events that the lake has.
    """
    losses, begun, events = 0, None, 0
    with stores(data, Addresses(url)) as opened:
        while True:
            worker = _worker(opened, elsewhere)
            begun = begun or time.monotonic()
            try:
                while worker.drain() or not _is_through(opened):
                    events = opened.lake.dataset("events", DEFAULT_TENANT).count_rows()
                    meanwhile(events)
                worker.stop()
                break
            except TransientError:
                worker.abandon()
                losses += 1
        seconds = time.monotonic() - begun
        rows = opened.lake.dataset("events", DEFAULT_TENANT).count_rows()
    return Ran(data, seconds, rows, losses)


def _worker(opened: Stores, elsewhere: Elsewhere | None) -> Worker:
    judges = 0 if elsewhere is None else JUDGES
    sharding = Sharding(elsewhere=elsewhere, judges=judges, judges_elsewhere=elsewhere)
    installation = Installation(opened, DEFAULT_TENANT, Settings(), sharding)
    return Worker(installation, LiveRules(shipped_rules()))


def _is_through(opened: Stores) -> bool:
    count = opened.input.divided(1)
    for number in range(count):
        done = opened.lake.progress(place_of(DEFAULT_TENANT, number, count).name, TABLES).done
        first, end = opened.input.extent(number)
        if max(done or 0, first) < end:
            return False
    return True


def difference(found: Path, wanted: Path) -> Sequence[str]:
    """What two folders do not have in common; nothing when the runs are equal as they must be.

    Events, matches and quarantine are equal in every column, sorted by stream and number. Judges
    saw matches of different shards in the order of their own lake's commits: each match must be
    decided once, and as one judge decides who is given the same commits in the same order.
    """
    ours, theirs = Lake.open(found / "lake"), Lake.open(wanted / "lake")
    wrong = [name for name in TABLES[:3] if ours.read(name) != theirs.read(name)]
    decided = ours.read("predictions").sort_by("match_uid")
    if texts(decided, "match_uid") != sorted(texts(theirs.read("matches"), "match_uid")):
        wrong.append("predictions")
    if decided != judged_again(ours).sort_by("match_uid"):
        wrong.append("decisions of one judge over the same commits")
    return wrong


def judged_again(lake: Lake) -> pa.Table:
    """Predictions of one judge who is given the commits of a lake in their order."""
    judge, rows = Here(None), []
    given = judge_artefacts(DEFAULT_TENANT, shipped_rules(), Settings(), None)
    first, clock = lake.first_version("matches"), shards_of(DEFAULT_TENANT)
    for commit in lake.since("matches", first, tenant=DEFAULT_TENANT, clock=clock):
        if judge_of(DEFAULT_TENANT) in commit.producers:
            continue
        judge.ask(commit.rows, given, commit.time)
        out = judge.answered()
        if out is not None:
            rows.append(predictions_table(out.matches, out.decisions, out.revisions))
    return pa.Table.from_batches(rows)


def size(found: Path) -> dict[str, int]:
    """Rows by table."""
    lake = Lake.open(found / "lake")
    return {name: _rows(lake.read(name)) for name in ("events", "matches", "predictions")}


def _rows(table: pa.Table) -> int:
    return int(table.num_rows)
