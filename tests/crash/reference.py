"""The run without faults: the same entries of the intake in a fresh installation, then compare."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.crash.broker import Broker, entries_of, give, started
from tests.crash.control import wait_until
from tests.crash.oracle import sent
from tests.crash.site import Site
from tests.crash.stores import TABLES, Holding, holding
from tests.crash.telemetry import body

from foreseen.intake.entries import EntryKind, Stored
from foreseen.intake.log import IntakeLog
from foreseen.intake.records import offset_of

_SETTLED_SECONDS = 120.0
_READ_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class Compared:
    """Where a disturbed installation and the calm one differ; all empty when they do not.

    Attributes:
        log: Acknowledged bodies that the intake has not at the acknowledged place.
        tables: Tables whose rows differ, with the counts of both.
        missing: Alerts that only the calm one has.
        more: Alerts that only the disturbed one has.
        other: Alerts and incidents that both have, with other content.
        alerts: How many alerts the calm one has.
    """

    log: list[str]
    tables: list[str]
    missing: list[str]
    more: list[str]
    other: list[str]
    alerts: int

    @property
    def equal(self) -> bool:
        """Whether nothing differs."""
        return not (self.log or self.tables or self.missing or self.more or self.other)


def compared(site: Site) -> Compared:
    """Compare a site whose servers have ended with a run without faults.

    The last server has to have run without ticks, so that its intake is worked off to the end.
    """
    disturbed = site.held()
    folder = site.work / "calm"
    with _copied(site, folder) as (entries, url):
        log = _log_faults(site, entries)
        server = site.begin(data=str(folder), ticks=False, intake=url)

        def done() -> bool:
            return _counts(holding(folder, whole=False)) == _counts(disturbed)

        wait_until(done, _SETTLED_SECONDS)
        server.stop()
    return _differences(log, holding(folder), disturbed)


@contextmanager
def _copied(site: Site, folder: Path) -> Iterator[tuple[Sequence[Stored], str]]:
    """All entries that there ever were, and the URL of the broker that has them for the calm run.

    Without a broker they lie in the folder, and the URL is empty.
    """
    if site.broker is None:
        _copy_log(site.data, folder / "intake")
        with IntakeLog.open(folder / "intake") as log:
            entries = log.read(log.first, _READ_BYTES)
        yield entries, ""
        return
    records = site.broker.records()
    calm: Broker = started(site.work / "calm-broker", site.work / "calm-archive")
    try:
        if give(calm, records) != [record.sequence for record in records]:
            raise ValueError("the copy of the broker has its records at other places")
        yield entries_of(records), calm.url
    finally:
        calm.server.kill()


def _copy_log(data: Path, folder: Path) -> None:
    """All segments that there ever were."""
    folder.mkdir(parents=True)
    for path in (*(data / "archive").glob("*.log"), *(data / "intake").glob("*.log")):
        shutil.copyfile(path, folder / path.name)


def _log_faults(site: Site, entries: Sequence[Stored]) -> list[str]:
    """Each acknowledged body has to stand in the intake where the server said, once."""
    bodies = [each for each in entries if each.entry.kind is EntryKind.DATA]
    by_end: dict[int, Stored] = {each.end: each for each in bodies}
    begin = 0 if site.broker is None else offset_of(1)
    is_whole = bool(entries) and entries[0].offset == begin
    faults = [] if is_whole else [f"the intake does not begin at {begin}"]
    for (lane, number), offset in sent(site.ledgers).acked.items():
        given, found = body(lane, number), by_end.get(offset)
        if found is None or found.entry.data != given.data or found.entry.source != given.source:
            faults.append(f"{given.source}, body {number}, at {offset}")
    texts = [each.entry.data for each in bodies]
    if len(set(texts)) != len(texts):
        faults.append(f"{len(texts) - len(set(texts))} bodies stand there twice")
    return faults


def _counts(held: Holding) -> tuple[int, ...]:
    return (*(held.tables[name].num_rows for name in TABLES), held.members().total())


def _differences(log: list[str], calm: Holding, disturbed: Holding) -> Compared:
    tables = [
        f"{name}: {calm.tables[name].num_rows} rows without faults, {rows.num_rows} with them"
        for name, rows in disturbed.tables.items()
        if not calm.tables[name].select(rows.column_names).equals(rows)
    ]
    other = [
        uid
        for ours, theirs in (
            (calm.alerts, disturbed.alerts),
            (calm.incidents, disturbed.incidents),
        )
        for uid in ours.keys() & theirs.keys()
        if ours[uid] != theirs[uid]
    ]
    return Compared(
        log=log,
        tables=tables,
        missing=sorted(calm.alerts.keys() - disturbed.alerts.keys()),
        more=sorted(disturbed.alerts.keys() - calm.alerts.keys()),
        other=sorted(other),
        alerts=len(calm.alerts),
    )
