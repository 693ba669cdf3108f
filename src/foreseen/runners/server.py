"""The stores of an installation opened together, and its worker in a thread of its own."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from foreseen.control.database import opened
from foreseen.control.tenants import ensure_tenant
from foreseen.core.errors import TransientError
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.intake.entries import Entry, EntryKind, encode
from foreseen.intake.log import IntakeLog
from foreseen.intake.segments import HEADER_BYTES
from foreseen.lake.lake import Lake
from foreseen.rules import RuleSet
from foreseen.runners.compiled import user_folder
from foreseen.runners.retraining import Place, Retraining
from foreseen.runners.rule_watch import LiveRules, RuleWatch
from foreseen.runners.settings import Settings, keep
from foreseen.runners.worker import Alarm, Stores, Worker

log = logging.getLogger("foreseen.worker")

_RETRY_SECONDS = 5.0
TICK_SECONDS = 5.0
_TICKS = 2


def wall_clock() -> int:
    """Now, ms UTC."""
    return time.time_ns() // 1_000_000


@contextmanager
def stores(data: Path) -> Iterator[Stores]:
    """Open intake, lake and control database under a folder; close them at the end.

    Raises:
        ConfigurationError: Another process has the intake log open.
        CorruptError: A store cannot be read.
    """
    with opened(data / "control.db") as control, IntakeLog.open(data / "intake") as intake:
        ensure_tenant(control, DEFAULT_TENANT, now=wall_clock())
        yield Stores(intake, Lake.open(data / "lake"), control)


@contextmanager
def working(
    opened: Stores,
    rules: RuleSet,
    settings: Settings,
    folders: tuple[Path | None, Path | None] = (None, None),
    data: Path | None = None,
) -> Iterator[Event]:
    """Run the worker until the block ends; the event is set when it failed for good.

    Args:
        opened: The stores.
        rules: Rules to begin with.
        settings: Settings of both steps.
        folders: Where the rules came from, to be followed: instead of the shipped ones, and local.
        data: Folder of the stores: models are reviewed and trained there in the background; None:
            they stay as they are.

    Raises:
        CorruptError: A store's snapshot cannot be read.
        TransientError: A store cannot be read now.
    """
    live, alarm = LiveRules(rules), Alarm()

    def begun() -> Worker:
        return Worker(opened, DEFAULT_TENANT, live, settings, alarm)

    keep(opened.control, DEFAULT_TENANT, rules, settings, now=wall_clock())
    stop, failed = Event(), Event()
    threads = [
        Thread(target=_work, args=(begun(), begun, stop, failed), name="worker"),
        Thread(target=_tick, args=(opened.intake, alarm, stop), name="tick"),
    ]
    if any(folders):
        watch = RuleWatch(live, folders[0], user_folder(), folders[1])
        threads.append(Thread(target=watch.run, args=(stop,), name="rules"))
    if data is not None:
        place = Place(data, DEFAULT_TENANT, *folders)
        keeper = Retraining((opened.control, live), settings, place, wall_clock)
        threads.append(Thread(target=keeper.run, args=(stop,), name="models"))
    for thread in threads:
        thread.start()
    try:
        yield failed
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _tick(intake: IntakeLog, alarm: Alarm, stop: Event) -> None:
    """Write the time into the log while something may wait for it.

    That is twice after what came last (the first tick may come too soon after it, the second one
    cannot), and once whenever what a correlation waits for is due.
    """
    end, owed, rung = -1, 0, None
    while not stop.wait(TICK_SECONDS):
        before, due, now = intake.end, alarm.due, wall_clock()
        owed = _TICKS if before != end else owed
        rings = due is not None and due != rung and due <= now
        if not owed and not rings:
            continue
        tick = Entry(DEFAULT_TENANT, "", "", "", now, kind=EntryKind.TICK)
        try:
            end = intake.append([tick])
        except TransientError as error:
            log.warning("no tick of the clock in the log: %s", error)
            continue
        came_between = end - before > HEADER_BYTES + len(encode(tick))
        owed = _TICKS if came_between else max(owed - 1, 0)
        rung = due if rings else rung


def _work(first: Worker, begun: Callable[[], Worker], stop: Event, failed: Event) -> None:
    """Retry what may heal (a full disk, a locked database); anything else ends the server.

    A worker that failed midway has gone on in memory and not in the stores: another one begins
    where these stand, as after a crash.
    """
    worker: Worker | None = first
    while not stop.is_set():
        try:
            worker = worker or begun()
            worker.run(stop)
        except TransientError as error:
            worker = None
            log.warning("work waits %s s: %s", _RETRY_SECONDS, error)
            stop.wait(_RETRY_SECONDS)
        except Exception:
            log.exception("the worker failed; the server stops, what was acknowledged is kept")
            failed.set()
            return
