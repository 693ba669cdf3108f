"""One process, two Ray nodes, and two nodes of which one is lost, over the same topic of Kafka.

`make cluster-test`: the three lakes must hold the same.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from tests.cluster.traffic import difference, entries, run, size
from tests.cluster.two_nodes import Nodes, two_nodes
from tests.intake.brokers import KafkaServer

from foreseen.cli.cluster import connected
from foreseen.intake.opening import open_appender

PARTITIONS = 4
_CORES = 2  # a node; both share this machine's


def main(arguments: list[str]) -> int:
    """Run, report, and give the exit code: 1 where a run differs."""
    asked = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        found = measured(Path(folder), asked.lines, asked.copies)
    if asked.json:
        sys.stdout.write(json.dumps(found) + "\n")
    else:
        _tell(found)
    return 0 if not found["differences"] else 1


def measured(folder: Path, lines: int, copies: int) -> dict[str, object]:
    """Figures of the three runs, and what differs between them."""
    broker = KafkaServer.start()
    try:
        url = f"kafka://{broker.servers}/{broker.topic(PARTITIONS)}"
        _fill(url, lines, copies)
        alone = run(folder / "alone", url, None)
        with two_nodes(_CORES) as nodes, connected(nodes.address) as elsewhere:
            both = run(folder / "both", url, elsewhere)
            lossy = run(folder / "lossy", url, elsewhere, _Loss(nodes, alone.events // 3))
    finally:
        broker.kill()
    runs = {"one process": alone, "two nodes": both, "one node lost": lossy}
    return {
        "cores": os.cpu_count(),
        "rows": size(alone.data),
        "events_per_second": {name: each.rate for name, each in runs.items()},
        "losses": {name: each.losses for name, each in runs.items()},
        "differences": {
            name: found
            for name, each in runs.items()
            if (found := difference(each.data, alone.data))
        },
    }


class _Loss:
    """Loses a node once, when so many events are stored."""

    def __init__(self, nodes: Nodes, after: int) -> None:
        self._nodes, self._after, self.happened = nodes, after, False

    def __call__(self, events: int) -> None:
        if not self.happened and events >= self._after:
            self.happened = True
            self._nodes.lose_one()


def _fill(url: str, lines: int, copies: int) -> None:
    appender = open_appender(url, PARTITIONS)
    try:
        for entry in entries(lines, copies):
            appender.append([entry])
    finally:
        appender.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make cluster-test ARGS=", description=__doc__)
    parser.add_argument("--lines", type=int, default=20_000, help="recorded lines to send")
    parser.add_argument("--copies", type=int, default=3, help="hosts for each recorded one")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def _tell(found: dict[str, object]) -> None:
    for name, value in found.items():
        sys.stdout.write(f"{name:>18}  {json.dumps(value)}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
