"""Two Ray nodes beside one process, timed where the simulation needs it; prints one JSON object.

The runs are those of `make cluster-test` (tests/cluster): the same topic, the same hosts. Here the
times of commits and of the judge are taken too, when the first commit comes, and how long after a
loss the next one does. What one process needs for each part is what the simulation is given; what
two nodes reach is what it is held to.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from capacity_stages import small_commits
from foreseen.cli.cluster import connected
from foreseen.intake.opening import open_appender
from foreseen.runners.judging import Judge
from foreseen.runners.shards.committing import Committer
from foreseen.runners.shards.partition import Worked
from lake_apart import say
from recorded import ROOT

LINES, COPIES, PARTITIONS, CORES = 20_000, 3, 4, 2


@dataclass
class Watched:
    """What a run did, by its own process's clock.

    Attributes:
        begun: When it began.
        commits: When each commit began, how many events it had, and its seconds.
        judged: Seconds of the judge.
        lost: When a node was lost.
    """

    begun: float = 0.0
    commits: list[tuple[float, int, float]] = field(default_factory=list)
    judged: float = 0.0
    lost: float | None = None

    def after_loss(self) -> float:
        """Seconds from the loss until a commit of what was worked after it begins.

        What shards had handed over before the loss is committed at once and does not count.
        """
        if self.lost is None:
            raise ValueError("no node was lost: the run ended before")
        later = [at for at, _, _ in self.commits if at > self.lost]
        gaps = [after - before for before, after in zip([self.lost, *later], later, strict=False)]
        return sum(gaps[: gaps.index(max(gaps)) + 1])


def main() -> int:
    """Measure and print."""
    sys.path.insert(0, str(ROOT))
    os.chdir(ROOT)
    with TemporaryDirectory() as folder:
        found = _measured(Path(folder))
    sys.stdout.write(json.dumps(found) + "\n")
    return 0


def _measured(folder: Path) -> dict[str, Any]:
    from tests.cluster.traffic import Ran, entries, run  # noqa: PLC0415
    from tests.cluster.two_nodes import two_nodes  # noqa: PLC0415
    from tests.intake.brokers import KafkaServer  # noqa: PLC0415

    broker = KafkaServer.start()
    load = os.getloadavg()[0]
    found: dict[str, Any] = {"lines": LINES, "copies": COPIES, "shards": PARTITIONS}
    try:
        url = f"kafka://{broker.servers}/{broker.topic(PARTITIONS)}"
        appender = open_appender(url, PARTITIONS)
        for entry in entries(LINES, COPIES):
            appender.append([entry])
        appender.close()
        say("one process")
        alone, watch = _run(lambda: run(folder / "alone", url, None))
        found |= {"alone": _told(alone, watch), "events": alone.events}
        with two_nodes(CORES) as nodes, connected(nodes.address) as elsewhere:
            say("two nodes")
            both, watch = _run(lambda: run(folder / "both", url, elsewhere))
            found["both"] = _told(both, watch)
            say("one node lost")
            lost = Watched()

            def lose(events: int) -> None:
                if lost.lost is None and events >= alone.events // 3:
                    nodes.lose_one()
                    lost.lost = time.monotonic()

            lossy: Ran
            lossy, watch = _run(lambda: run(folder / "lossy", url, elsewhere, lose))
            watch.lost = lost.lost
            found["lossy"] = _told(lossy, watch) | {"losses": lossy.losses}
            found["recovery_seconds"] = watch.after_loss()
    finally:
        broker.kill()
    say("small commits")
    floor = small_commits(folder / "small", 20)["p50"]
    return found | {
        "commit_floor": floor,
        "cores": os.cpu_count(),
        "load": [load, os.getloadavg()[0]],
    }


def _run(work: Callable[[], Any]) -> tuple[Any, Watched]:
    watch = Watched(time.monotonic())
    with _watched(watch):
        return work(), watch


@contextmanager
def _watched(watch: Watched) -> Iterator[None]:
    """Time commits and the judge while the block runs."""
    commit, drain = Committer.commit, Judge.drain

    def committed(self: Committer, works: Sequence[Worked]) -> None:
        begun = time.monotonic()
        commit(self, works)
        events = sum(work.tally.events for work in works)
        watch.commits.append((begun, events, time.monotonic() - begun))

    def drained(self: Judge, since: int | None = None, patience: float | None = None) -> int:
        begun = time.monotonic()
        try:
            return drain(self, since, patience)
        finally:
            watch.judged += time.monotonic() - begun

    Committer.commit, Judge.drain = committed, drained  # type: ignore[method-assign]
    try:
        yield
    finally:
        Committer.commit, Judge.drain = commit, drain  # type: ignore[method-assign]


def _told(ran: Any, watch: Watched) -> dict[str, float]:  # noqa: ANN401 (a class of the tests)
    first = next(each for each in watch.commits if each[1])
    return {
        "events_a_second": ran.rate,
        "seconds": ran.seconds,
        "commits": len(watch.commits),
        "commit_seconds": sum(seconds for _, _, seconds in watch.commits),
        "judge_seconds": watch.judged,
        "first_commit": first[0] - watch.begun,
        "first_commit_events": first[1],
        "greatest_commit_events": max(events for _, events, _ in watch.commits),
    }


if __name__ == "__main__":
    sys.exit(main())
