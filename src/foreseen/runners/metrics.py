"""What a running pipeline counts of itself: recorded a commit at a time, not an event at a time."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock

import numpy as np

from foreseen.pipeline.judge import JudgeOut
from foreseen.runners.shards.partition import Worked
from foreseen.runners.shards.whole import Tally
from foreseen.schema.arrow import AnyChunks

EDGES = (
    *(0.005, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0),
    *(4.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0),
)
"""Upper ends of a histogram's buckets, seconds; close around the aim of 5 s."""

_EDGES = np.array(EDGES)
_SIZE = len(EDGES) + 1
_MILLI = 1_000.0


class Histogram:
    """How often a duration fell between two edges. One thread at a time."""

    def __init__(self) -> None:
        self.buckets = np.zeros(_SIZE, np.int64)
        """By bucket of `EDGES`; the last one has no upper end."""
        self.sum = 0.0
        """Seconds of all."""

    def add(self, seconds: float, times: int = 1) -> None:
        """Count one duration so many times."""
        self.buckets[int(np.searchsorted(_EDGES, seconds))] += times
        self.sum += seconds * times

    def add_since(self, received: AnyChunks, now: int) -> None:
        """Count the time from each of these moments until now, ms UTC; unknown ones are left out.

        A clock that was set back meanwhile counts as no time at all.
        """
        moments = received.drop_null().to_numpy()
        seconds = np.maximum(now - moments, 0) / _MILLI
        self.buckets += np.bincount(np.searchsorted(_EDGES, seconds), minlength=_SIZE)
        self.sum += float(seconds.sum())

    def quantile(self, share: float) -> float | None:
        """What this share of durations did not exceed, seconds, by a straight line in its bucket.

        None without any duration, and where it lies in the bucket that has no upper end.
        Source: Prometheus' histogram_quantile.
        """
        totals = np.cumsum(self.buckets)
        wanted = share * float(totals[-1])
        place = int(np.searchsorted(totals, wanted))
        if not totals[-1] or place >= len(EDGES):
            return None
        low, high = (EDGES[place - 1] if place else 0.0), EDGES[place]
        below = float(totals[place] - self.buckets[place])
        return low + (high - low) * (wanted - below) / float(self.buckets[place])

    def copy(self) -> "Histogram":
        """As it is now."""
        other = Histogram()
        other.buckets, other.sum = self.buckets.copy(), self.sum
        return other


@dataclass(slots=True)
class Counted:
    """All that is counted since the server began; a restart begins at zero, as scrapers expect.

    Attributes:
        tally: Lines, events, matches and quarantine that are committed.
        commits: Commits of what shards gave.
        commit_seconds: How long each took.
        stretches: Stretches in these commits.
        receipt_to_commit: From an event's receipt until it is in the lake.
        commit_to_decision: From a match's commit until its decision is in both stores.
        receipt_to_decision: Both together, by match.
        decisions: By (outcome, basis), as first decided.
        revisions: Decisions that late evidence made anew.
        alerts: Alerts written: new ones, and those that took members.
        snapshots: Bytes written, by whose state.
        workers: Workers begun: one more than the times that the pipeline began again.
        upkeeps: Rounds of the lake's upkeep, by how they ended.
    """

    tally: Tally = field(default_factory=Tally)
    commits: int = 0
    commit_seconds: Histogram = field(default_factory=Histogram)
    stretches: int = 0
    receipt_to_commit: Histogram = field(default_factory=Histogram)
    commit_to_decision: Histogram = field(default_factory=Histogram)
    receipt_to_decision: Histogram = field(default_factory=Histogram)
    decisions: Counter[tuple[str, str]] = field(default_factory=Counter)
    revisions: int = 0
    alerts: int = 0
    snapshots: Counter[str] = field(default_factory=Counter)
    workers: int = 0
    upkeeps: Counter[str] = field(default_factory=Counter)


class Metrics:
    """Records from the pipeline's threads, to be read by those of the API.

    It outlives workers: one that begins again goes on counting.
    """

    def __init__(self) -> None:
        self._counted = Counted()
        self._lock = Lock()
        self._committed = 0.0
        self._judge_seen: int | None = None

    @property
    def judge_seen(self) -> int | None:
        """The version of the matches up to which the judge has come; None: it has not begun."""
        return self._judge_seen

    def committed(self, works: Sequence[Worked], seconds: float) -> None:
        """What shards gave is in the lake, by a commit that took so long."""
        now = _now()
        with self._lock:
            counted = self._counted
            counted.commits += 1
            counted.stretches += len(works)
            counted.commit_seconds.add(seconds)
            for work in works:
                _add(counted.tally, work.tally)
                events = work.delivery.batches["events"]
                counted.receipt_to_commit.add_since(events["ingested_time"], now)
        self._committed = time.monotonic()

    def decided(self, out: JudgeOut, *, live: bool) -> None:
        """What the judge gave for a commit is in both stores.

        Args:
            out: What it gave.
            live: The commit was made by this worker, so that it is known when.
        """
        now, since = _now(), time.monotonic() - self._committed
        with self._lock:
            counted = self._counted
            counted.decisions.update((d.outcome.value, d.basis.value) for d in out.decisions)
            counted.revisions += len(out.revisions)
            counted.alerts += len(out.alerts)
            if live and self._committed:
                counted.commit_to_decision.add(since, out.matches.num_rows)
                counted.receipt_to_decision.add_since(out.matches["ingested_time"], now)

    def judge_at(self, version: int) -> None:
        """The judge has seen the matches up to this version of their table."""
        self._judge_seen = version

    def snapshot(self, whose: str, size: int) -> None:
        """A state was written."""
        with self._lock:
            self._counted.snapshots[whose] += size

    def worker_begins(self) -> None:
        """A worker begins: the first, or after what may heal another one."""
        with self._lock:
            self._counted.workers += 1

    def upkept(self, ended: str) -> None:
        """A round of upkeep is over: `done`, `later` or `failed`."""
        with self._lock:
            self._counted.upkeeps[ended] += 1

    def counted(self) -> Counted:
        """A copy as it is now."""
        with self._lock:
            own = self._counted
            tally = Tally()
            _add(tally, own.tally)
            return Counted(
                tally=tally,
                commits=own.commits,
                commit_seconds=own.commit_seconds.copy(),
                stretches=own.stretches,
                receipt_to_commit=own.receipt_to_commit.copy(),
                commit_to_decision=own.commit_to_decision.copy(),
                receipt_to_decision=own.receipt_to_decision.copy(),
                decisions=Counter(own.decisions),
                revisions=own.revisions,
                alerts=own.alerts,
                snapshots=Counter(own.snapshots),
                workers=own.workers,
                upkeeps=Counter(own.upkeeps),
            )


Labels = Mapping[str, str]
Sample = tuple[Labels, float]


@dataclass(frozen=True, slots=True)
class Family:
    """Samples of one name.

    Attributes:
        name: Without the prefix.
        kind: `counter` or `gauge`.
        help: What it is, in one line.
        samples: Labels and value.
    """

    name: str
    kind: str
    help: str
    samples: Sequence[Sample]


@dataclass(frozen=True, slots=True)
class HistogramFamily:
    """A histogram without labels.

    Attributes:
        name: Without the prefix.
        help: What it is, in one line.
        held: Its counts.
    """

    name: str
    help: str
    held: Histogram


Families = Sequence[Family | HistogramFamily]


def families(counted: Counted) -> Iterator[Family | HistogramFamily]:
    """What was counted, under the names that scrapers see."""
    yield from _counters(counted)
    for name, about, held in (
        ("commit_seconds", "Time of a commit", counted.commit_seconds),
        ("receipt_to_commit_seconds", "Receipt until commit, by event", counted.receipt_to_commit),
        ("commit_to_decision_seconds", "Commit to decision, by match", counted.commit_to_decision),
        ("receipt_to_decision_seconds", "Receipt to decision", counted.receipt_to_decision),
    ):
        yield HistogramFamily(name, about, held)


def _counters(counted: Counted) -> Iterator[Family]:
    tally = counted.tally
    for name, value, about in (
        ("lines_total", tally.lines, "Lines read from the intake and committed"),
        ("events_total", tally.events, "Events committed"),
        ("matches_total", tally.matches.total(), "Matches of rules committed"),
        ("streams_total", tally.streams, "Streams that began; of each a number is kept"),
        ("commits_total", counted.commits, "Commits of what shards gave"),
        ("stretches_total", counted.stretches, "Stretches of the intake in these commits"),
        ("alerts_written_total", counted.alerts, "Alerts made, or given new members"),
        ("revisions_total", counted.revisions, "Decisions made anew by late evidence"),
        ("retries_total", max(counted.workers - 1, 0), "Times the pipeline began again"),
    ):
        yield Family(name, "counter", about, [({}, value)])
    by = (
        ("quarantined_total", "reason", "Lines put into quarantine", tally.quarantined),
        ("snapshot_bytes_total", "state", "Bytes of states written", counted.snapshots),
        ("upkeep_total", "ended", "Rounds of the lake's upkeep", counted.upkeeps),
    )
    for name, label, about, counts in by:
        yield Family(name, "counter", about, [({label: k}, n) for k, n in sorted(counts.items())])
    decided = [
        ({"outcome": outcome, "basis": basis}, float(count))
        for (outcome, basis), count in sorted(counted.decisions.items())
    ]
    yield Family("decisions_total", "counter", "Decisions as first made", decided)


def _add(total: Tally, more: Tally) -> None:
    total.lines += more.lines
    total.events += more.events
    total.matches.update(more.matches)
    total.quarantined.update(more.quarantined)
    total.streams += more.streams


def _now() -> int:
    return time.time_ns() // 1_000_000
