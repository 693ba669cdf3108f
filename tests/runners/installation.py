"""An installation on disk for tests of the live pipeline: filled, drained and looked at."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
from tests.shipped import shipped_rules

from foreseen.alerts.decide import Policy
from foreseen.control.alerts import Page, alerts, incidents
from foreseen.control.database import open_database
from foreseen.control.database import opened as database
from foreseen.control.tenants import ensure_tenant
from foreseen.core.alerts import Alert, Incident
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.intake.log import Entry, EntryKind, IntakeLog
from foreseen.lake.lake import Lake
from foreseen.runners.installation import Installation, Stores
from foreseen.runners.rules.watch import LiveRules
from foreseen.runners.settings.settings import Settings
from foreseen.runners.shards.inputs import OwnLog
from foreseen.runners.worker import Worker

RULES = shipped_rules()
POLICY = Policy(budget=0.05, least_history=10)
SETTINGS = Settings(POLICY)
NOW = 1_800_000_000_000


@dataclass(frozen=True)
class Held:
    """Everything that an installation holds, in its own order."""

    events: pa.Table
    matches: pa.Table
    quarantine: pa.Table
    predictions: pa.Table
    alerts: Sequence[Alert]
    incidents: Sequence[Incident]


@dataclass(frozen=True, slots=True)
class LogStores(Stores):
    """Stores over a log of our own, which tests look into."""

    log: IntakeLog


@contextmanager
def opened(data: Path, failpoint: Callable[[str], None] = lambda _: None) -> Iterator[LogStores]:
    """The stores of an installation; the lake calls the failpoint where a crash matters."""
    with database(data / "control.db") as control:
        ensure_tenant(control, DEFAULT_TENANT, now=NOW)
        with IntakeLog.open(data / "intake") as intake:
            lake = Lake.open(data / "lake", failpoint=failpoint)
            yield LogStores(intake, OwnLog(intake), lake, control, intake)


def body(data: bytes, kind: EntryKind = EntryKind.DATA, source: str = "agent") -> Entry:
    """What an agent posted at once."""
    return Entry(DEFAULT_TENANT, source, "/api/v1/ingest/auditd", "auditd", NOW, data, kind)


def fill(data: Path, bodies: Sequence[bytes]) -> None:
    """Put bodies into the intake log, and say that their source has ended."""
    with opened(data) as stores:
        for each in bodies:
            stores.intake.append([body(each)])
        stores.intake.append([body(b"", EntryKind.END)])


def worker_of(stores: Stores) -> Worker:
    """A worker that goes on where the last one stopped."""
    return Worker(Installation(stores, DEFAULT_TENANT, SETTINGS), LiveRules(RULES))


def drain(data: Path) -> None:
    """Work until nothing waits."""
    with opened(data) as stores:
        worker = worker_of(stores)
        while worker.drain():
            pass


def held(data: Path) -> Held:
    """What the stores hold now, checked by the lake itself."""
    lake = Lake.open(data / "lake")
    lake.verify()
    control = open_database(data / "control.db")
    found = Held(
        lake.read("events"),
        lake.read("matches"),
        lake.read("quarantine"),
        lake.read("predictions"),
        alerts(control, DEFAULT_TENANT, page=Page(limit=100_000, members=True)),
        incidents(control, DEFAULT_TENANT),
    )
    control.dispose()
    return found


def bodies_of(log: bytes, cuts: Sequence[int]) -> list[bytes]:
    """The log in bodies of whole lines, cut behind these lines."""
    lines = log.splitlines(keepends=True)
    ends = [0, *sorted(cuts), len(lines)]
    return [b"".join(lines[start:end]) for start, end in pairwise(ends)]
