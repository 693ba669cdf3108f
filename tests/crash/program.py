"""`make crash`: kills, power cuts and restarts around the real server, with a dated report.

`crash.py [--kills N] [--cuts N] [--restarts N] [--shard-kills N] [--seed N] [--shards N]
[--reports DIR]`. Restarts of the broker and kills of a shard come in turns with as many kills of
the server. Power cuts need root and loop devices; without them the rest is done, and the report
says so. Exit code 1 when anything was lost, doubled or missing.
"""

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from tests.crash.campaign import Order, run
from tests.crash.control import Nursery
from tests.crash.report import REPORTS, write
from tests.crash.volume import missing

_KILLS, _CUTS, _RESTARTS, _SHARD_KILLS = 20, 10, 5, 5


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a campaign; gives the exit code."""
    parser = argparse.ArgumentParser(prog="crash", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=_KILLS)
    parser.add_argument("--cuts", type=int, default=_CUTS)
    parser.add_argument("--restarts", type=int, default=_RESTARTS, help="of a broker")
    parser.add_argument("--shard-kills", type=int, default=_SHARD_KILLS)
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the dice")
    parser.add_argument("--shards", type=int, default=1, help="processes that divide the hosts")
    parser.add_argument("--reports", type=Path, default=REPORTS, help="folder of the report")
    asked = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _ended)
    lacking = missing()
    if lacking:
        sys.stderr.write(f"no power cuts: {lacking}\n")
    cuts = 0 if lacking else asked.cuts
    with Nursery() as nursery:
        order = Order(
            asked.kills, cuts, asked.seed, asked.shards, asked.restarts, asked.shard_kills
        )
        result = run(order, nursery, _tell)
    path = write(result, asked.reports)
    sys.stdout.write(f"{path}\n")
    for failure in result.failures:
        sys.stderr.write(f"{failure}\n")
    return 0 if result.is_good else 1


def _tell(text: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {text}\n")
    sys.stderr.flush()


def _ended(_signal: int, _frame: FrameType | None) -> None:
    """End in order, so that nothing stays mounted."""
    raise SystemExit(1)


if __name__ == "__main__":
    sys.exit(main())
