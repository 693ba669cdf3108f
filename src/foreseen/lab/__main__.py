"""Command line of the recorder, until `foreseen lab record` calls it."""

import argparse
import signal
import sys
from pathlib import Path

from foreseen.lab import host
from foreseen.lab.record import record


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def main() -> int:
    """Record the parts that were asked for."""
    parser = argparse.ArgumentParser(prog="python -m foreseen.lab", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--part", action="append", metavar="NAME=MINUTES", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--install", action="store_true", help="install missing Debian packages")
    options = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit("stopped; the host was cleaned up"))
    minutes = {name: float(value) for name, _, value in (p.partition("=") for p in options.part)}
    try:
        host.require(install=options.install)
        record(
            options.out,
            list(minutes),
            minutes=minutes,
            seed=options.seed,
            progress=_say,
        )
    except host.LabError as error:
        _say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
