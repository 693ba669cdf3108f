"""The stores of an installation opened together, and its worker in a thread of its own."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event, Thread

from foreseen.control.tenants import ensure_tenant
from foreseen.core.errors import TransientError
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.intake.entries import Entry, EntryKind, encode
from foreseen.intake.log import IntakeLog
from foreseen.intake.opening import open_appender, shown
from foreseen.intake.protocol import Appender
from foreseen.intake.segments import HEADER_BYTES
from foreseen.rules import RuleSet
from foreseen.runners.control_place import control_for, taken
from foreseen.runners.installation import Installation, Stores
from foreseen.runners.jobs.running import JobRunner
from foreseen.runners.lake_place import HowS3, no_s3, taken_lake
from foreseen.runners.life.memory import give_back
from foreseen.runners.life.quarantine import keep_sending
from foreseen.runners.life.retraining import Place, Retraining
from foreseen.runners.life.upkeep import Upkeep
from foreseen.runners.life.upkeep_process import BeginUpkeep
from foreseen.runners.ownership import alone, refuse_the_intake_of_others
from foreseen.runners.rules.compiled import user_folder
from foreseen.runners.rules.watch import LiveRules, RuleWatch
from foreseen.runners.settings.settings import keep
from foreseen.runners.shards.inputs import FromBroker, Input, OwnLog
from foreseen.runners.shards.log_extent import refuse_a_shorter_log
from foreseen.runners.worker import Alarm, Worker

log = logging.getLogger("foreseen.worker")

_RETRY_SECONDS = 1.0
TICK_SECONDS = 5.0
_TICKS = 2


def wall_clock() -> int:
    """Now, ms UTC."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where stores are that do not lie in the data folder.

    Attributes:
        intake: URL of a broker; None: a log in the folder.
        partitions: How many the broker has to have; None: as many as it has.
        lake: `s3://bucket/prefix`; None: where it was kept, at first a folder in the folder.
        s3: How S3 is reached.
        control: `postgresql://...`; None: where it was kept, at first a file in the folder.
    """

    intake: str | None = None
    partitions: int | None = None
    lake: str | None = None
    s3: HowS3 = no_s3
    control: str | None = None


_NOWHERE_ELSE = Addresses()


@contextmanager
def stores(data: Path, addresses: Addresses = _NOWHERE_ELSE) -> Iterator[Stores]:
    """Open intake, lake and control database, in a folder or elsewhere; close them at the end.

    Raises:
        ConfigurationError: Another process has the folder, an address is wrong, the lake lies
            elsewhere, or lake or broker belong to another installation.
        CorruptError: A store cannot be read.
        TransientError: A broker or S3 cannot be reached.
    """
    with (
        control_for(data, addresses.control) as control,
        _intake(data, addresses) as both,
        taken(data, control, addresses.control),
    ):
        ensure_tenant(control, DEFAULT_TENANT, now=wall_clock())
        lake = taken_lake(data, control, addresses.lake, addresses.s3, now=wall_clock())
        if addresses.intake is not None:
            refuse_the_intake_of_others(addresses.intake, control)
        found = Stores(*both, lake, control)
        refuse_a_shorter_log(
            found,
            DEFAULT_TENANT,
            shown(addresses.intake) if addresses.intake else str(data / "intake"),
        )
        yield found


@contextmanager
def _intake(data: Path, addresses: Addresses) -> Iterator[tuple[Appender, Input]]:
    url = addresses.intake
    if url is None:
        with IntakeLog.open(data / "intake") as intake:
            yield intake, OwnLog(intake)
        return
    with alone(data), closing(open_appender(url, addresses.partitions)) as broker:
        yield broker, FromBroker(url, broker.partitions)


@contextmanager
def working(  # noqa: PLR0913, PLR0917 (where its parts are, each by its own way)
    installation: Installation,
    rules: RuleSet | LiveRules,
    folders: tuple[Path | None, Path | None] = (None, None),
    data: Path | None = None,
    s3: HowS3 = no_s3,
    cluster: str | None = None,
) -> Iterator[Event]:
    """Run the worker until the block ends; the event is set when it failed for good.

    Args:
        installation: Stores and settings.
        rules: Rules to begin with; who hands in `LiveRules` sees the newer ones in it.
        folders: Where the rules came from, to be followed: instead of the shipped ones, and local.
        data: Folder of the stores: models are reviewed and trained there in the background; None:
            they stay as they are.
        s3: How S3 is reached, for the processes that train.
        cluster: Ray cluster whose nodes fit models for them; None: they do it themselves.

    Raises:
        CorruptError: A store's snapshot cannot be read.
        TransientError: A store cannot be read now.
    """
    live, alarm = rules if isinstance(rules, LiveRules) else LiveRules(rules), Alarm()
    stores, tenant, settings = installation.stores, installation.tenant, installation.settings

    def begun() -> Worker:
        installation.metrics.worker_begins()
        return Worker(installation, live, alarm)

    keep(stores.control, tenant, live.current, settings, now=wall_clock())
    stop, failed = Event(), Event()
    worker = begun()
    work: dict[str, Callable[[Event], None]] = {
        "worker": partial(_work, worker, begun, failed),
        "tick": partial(_tick, stores, alarm),
        "quarantine": partial(keep_sending, stores.control, stores.intake, tenant, wall_clock),
        "upkeep": _upkeep(installation, data, s3).run,
        "memory": give_back,
    }
    if any(folders):
        work["rules"] = RuleWatch(live, folders[0], user_folder(), folders[1]).run
    if data is not None:
        place = Place(data, tenant, *folders, s3, cluster)
        work["models"] = Retraining((stores, live), settings, place, wall_clock).run
        work["jobs"] = JobRunner(stores.control, stores.lake, place, wall_clock).run
    threads = [Thread(target=each, args=(stop,), name=name) for name, each in work.items()]
    for thread in threads:
        thread.start()
    try:
        yield failed
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _upkeep(installation: Installation, data: Path | None, s3: HowS3) -> Upkeep:
    """The lake's upkeep, by a process of its own where that can open the stores by their places."""
    stores, settings, begin = installation.stores, installation.settings, None
    if data is not None:
        folder = stores.lake.place.folder
        how = s3() if folder is None else None
        begin = BeginUpkeep(data, str(folder or stores.lake.place.uri), how, settings.retention)
    return Upkeep(stores, settings, wall_clock, installation.metrics, begin)


def _tick(stores: Stores, alarm: Alarm, stop: Event) -> None:
    """Write the time into the log while something may wait for it.

    In a log of our own that is twice after what came last (the first tick may come too soon after
    it, the second one cannot), and once whenever what a correlation waits for is due. In a broker
    that others fill it is always.
    """
    end, owed, rung = -1, 0, None
    while not stop.wait(TICK_SECONDS):
        before, due, now = stores.input.end, alarm.due, wall_clock()
        fresh, alarm.begun = alarm.begun, False  # who begins anew may lack a tick of some shard
        owed = _TICKS if fresh or before is None or before != end else owed
        rings = due is not None and due != rung and due <= now
        if not owed and not rings:
            continue
        tick = Entry(DEFAULT_TENANT, "", "", "", now, kind=EntryKind.TICK)
        try:
            end = stores.intake.append([tick])
        except TransientError as error:
            log.warning("no tick of the clock in the log: %s", error)
            continue
        came_between = end - (before or 0) > HEADER_BYTES + len(encode(tick))
        owed = _TICKS if came_between else max(owed - 1, 0)
        rung = due if rings else rung


def _work(first: Worker, begun: Callable[[], Worker], failed: Event, stop: Event) -> None:
    """Retry what may heal (a full disk, a locked database); anything else ends the server.

    A worker that failed midway has gone on in memory and not in the stores: another one begins
    where these stand, as after a crash.
    """
    worker: Worker | None = first
    while not stop.is_set():
        try:
            worker = worker or begun()
            worker.run(stop)
            worker.stop()
        except TransientError as error:
            if worker:
                worker.abandon()
            worker = None
            log.warning("work waits %s s: %s", _RETRY_SECONDS, error)
            stop.wait(_RETRY_SECONDS)
        except Exception:
            log.exception("the worker failed; the server stops, what was acknowledged is kept")
            failed.set()
            if worker:
                worker.abandon()
            return
