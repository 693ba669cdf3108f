"""Command line of the recorder, until `foreseen lab record` calls it."""

import argparse
import signal
import sys
from pathlib import Path

from foreseen.lab import host
from foreseen.lab.record import record


def main() -> int:
    """Record the parts that were asked for."""
    parser = argparse.ArgumentParser(prog="python -m foreseen.lab", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--part", action="append", metavar="NAME=MINUTES", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--install", action="store_true", help="install missing Debian packages")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped; the host was cleaned up"))
    signal.signal(signal.SIGINT, lambda *_: sys.exit("stopped; the host was cleaned up"))
    minutes = {name: float(value) for name, _, value in (p.partition("=") for p in options.part)}
    try:
        host.require(install=options.install)
        record(
            options.out,
            list(minutes),
            minutes=minutes,
            seed=options.seed,
            progress=lambda line: print(line, file=sys.stderr, flush=True),
        )
    except host.LabError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


sys.exit(main())
