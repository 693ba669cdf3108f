"""`make soak`: the server at half of its maximum, sampled all the time; does anything grow?

`soak.py [--minutes N] [--rate EVENTS] [--reports DIR]`. First the maximum is measured: as many
events as the server takes and decides. Then half of it, steadily. Every ten seconds: memory, file
handles and threads from /proc; acknowledgement; and the time from an acknowledgement until the
alert is there by the API. Exit code 1 when a verdict is not flat.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.crash.control import Nursery, Server, free_port
from tests.crash.report import REPORTS
from tests.crash.sampling import Load, Probe, Sample, sampled
from tests.crash.serve import Life
from tests.crash.soak_report import Soak, text

from foreseen.control.database import open_database
from foreseen.control.scopes import Scope
from foreseen.control.tenants import ensure_tenant
from foreseen.control.tokens import create_token
from foreseen.core.ids import DEFAULT_TENANT

_SAMPLE_SECONDS = 10.0
_MEASURE_SECONDS = 20.0
_CAUGHT_UP_SECONDS = 300.0
_NOW = 1_800_000_000_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, soak, report; gives the exit code."""
    parser = argparse.ArgumentParser(prog="soak", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--rate", type=float, help="events a second; else half of the maximum")
    parser.add_argument("--reports", type=Path, default=REPORTS, help="folder of the report")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="foreseen-soak-") as name, Nursery() as nursery:
        soak = _soak(Path(name), nursery, asked.minutes, asked.rate)
    asked.reports.mkdir(parents=True, exist_ok=True)
    path = asked.reports / f"soak-{datetime.now(UTC):%Y-%m-%d}.md"
    path.write_text(text(soak))
    sys.stdout.write(f"{path}\n")
    return 0 if soak.is_flat else 1


def _soak(work: Path, nursery: Nursery, minutes: float, rate: float | None) -> Soak:
    data = work / "data"
    ingest, read = _tokens(data)
    life = Life(str(data), free_port(), str(work / "log"), str(work / "trigger"), as_shipped=True)
    server = nursery.start(life)
    try:
        server.ready()
        load, probe = Load(life.port, ingest), Probe(life.port, ingest, read)
        most = None if rate else _maximum(load, probe)
        half = rate or (most or 0.0) / 2
        _say(f"{half:.0f} events a second for {minutes:g} minutes")
        load.keep(half)
        samples = _sampled(server, load, probe, minutes)
        load.end()
        return Soak(most, half, minutes, samples)
    finally:
        server.kill()


def _tokens(data: Path) -> tuple[str, str]:
    data.mkdir(parents=True)
    control = open_database(data / "control.db")
    ensure_tenant(control, DEFAULT_TENANT, now=_NOW)
    ingest, read = (
        create_token(control, DEFAULT_TENANT, name=f"soak-{scope}", scopes={scope}, now=_NOW)
        for scope in (Scope.INGEST, Scope.READ)
    )
    control.dispose()
    return ingest, read


def _maximum(load: Load, probe: Probe) -> float:
    """Events a second that are taken and decided: sent at will, until the last is decided."""
    started = time.monotonic()
    load.keep(None)
    time.sleep(_MEASURE_SECONDS)
    load.keep(0)
    sent = load.events
    probe.ask(_CAUGHT_UP_SECONDS)
    most = sent / (time.monotonic() - started)
    _say(f"{sent} events decided, {most:.0f} a second at most")
    return most


def _sampled(server: Server, load: Load, probe: Probe, minutes: float) -> list[Sample]:
    samples: list[Sample] = []
    started = time.monotonic()
    while (now := time.monotonic() - started) < minutes * 60:
        load.take()
        decided = probe.ask(_CAUGHT_UP_SECONDS)
        time.sleep(max(0.0, _SAMPLE_SECONDS - (time.monotonic() - started - now)))
        samples.append(sampled(server.pid, time.monotonic() - started, load.take(), decided))
        last = samples[-1]
        _say(
            f"{last.second:.0f} s: {last.megabytes:.0f} MB, {last.handles} handles, "
            f"{last.events} events, decided after {last.decided:.2f} s"
        )
    return samples


def _say(words: str) -> None:
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
