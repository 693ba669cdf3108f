"""Records the parts of the benchmark: benign work, and attacks woven into it."""

import json
import random
import shutil
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

from foreseen.lab import host
from foreseen.lab.accounts import remove_rights
from foreseen.lab.attacks.plan import campaign
from foreseen.lab.attacks.runs import Run, resolve_web_roots, run_of
from foreseen.lab.audit import Auditd, Status, rules
from foreseen.lab.channels import Store, Units
from foreseen.lab.datasheet import write_datasheet
from foreseen.lab.furnish import furnish
from foreseen.lab.jobs import write_jobs
from foreseen.lab.labels import write_labels
from foreseen.lab.pairs import write_pairs
from foreseen.lab.recording import write_part
from foreseen.lab.themes import THEMES, Theme
from foreseen.lab.workloads import bastion, ci, db, web

_PID_MAX = Path("/proc/sys/kernel/pid_max")
Progress = Callable[[str], None]


@dataclass(slots=True)
class PartReport:
    """What happened while a part was recorded."""

    part: str
    start: float
    end: float
    lost: int
    disturbed: int
    events: dict[str, int] = field(default_factory=dict)


def record(
    out: Path, parts: Sequence[str], *, minutes: Mapping[str, float], seed: int, progress: Progress
) -> list[PartReport]:
    """Record parts one after the other into a folder, with labels and a datasheet.

    Raises:
        LabError: the host cannot run the lab.
    """
    host.require(install=False)
    out.mkdir(parents=True, exist_ok=True)
    (out / "rules.audit").write_text(rules())
    reports, runs = _recorded(out, but=parts)
    for part in parts:
        progress(f"{part}: {minutes[part]:g} minutes")
        report, found = record_part(
            out, part, minutes=minutes[part], seed=f"{seed}/{part}", progress=progress
        )
        reports.append(report)
        runs.extend(found)
        save(out, reports, runs)
    return reports


def _recorded(out: Path, *, but: Sequence[str]) -> tuple[list[PartReport], list[Run]]:
    """What a folder holds of other parts, so that one part can be recorded again."""
    if not (out / "parts.json").exists():
        return [], []
    reports = [PartReport(**values) for values in json.loads((out / "parts.json").read_text())]
    runs = [run_of(truth) for truth in json.loads((out / "truth.json").read_text())]
    return (
        [report for report in reports if report.part not in but],
        [run for run in runs if run.part not in but],
    )


def record_part(
    out: Path, part: str, *, minutes: float, seed: str, progress: Progress
) -> tuple[PartReport, list[Run]]:
    """Record one part on a host prepared afresh."""
    remove()
    furnish(THEMES[part])
    limit = _PID_MAX.read_text()
    _PID_MAX.write_text("4194304")  # no process id comes twice within a part
    audit = Auditd(Path("/var/log/labaudit") / part)
    start = time.time()
    try:
        runs = _play(part, seed, minutes=minutes, watch=audit, progress=progress)
    finally:
        last: Status = audit.stop()
        remove()
        _PID_MAX.write_text(limit)
    report = PartReport(part, start, time.time(), last.lost, audit.disturbed)
    progress(f"{part}: lost {last.lost}, rules restored {audit.disturbed} times; writing")
    report.events = write_part(audit.log, out / f"{part}.log.zst")
    shutil.rmtree(audit.log.parent, ignore_errors=True)
    progress(f"{part}: {report.events}")
    return report, runs


def remove() -> None:
    """End all that belongs to the lab and take its traces off the host; the users stay."""
    host.end_everything()
    remove_rights()
    host.remove_files()


def _play(part: str, seed: str, *, minutes: float, watch: Auditd, progress: Progress) -> list[Run]:
    """Start the services, let people and attackers work, stop all."""
    daemons, units, store = host.Daemons(), Units(), Store()
    try:
        for place in (db, web, ci, bastion):
            place.start(units, THEMES[part])
        runs = _work(part, seed, until=time.time() + minutes * 60, watch=watch, progress=progress)
        resolve_web_roots(runs, Path("/srv/shop/run/requests.trace"))
    finally:
        progress(f"{part}: {host.build_results()}")
        daemons.stop()
        host.end_everything()
        units.stop()
        store.stop()
    return runs


def _work(part: str, seed: str, *, until: float, watch: Auditd, progress: Progress) -> list[Run]:
    """Let people and attackers work until the end; gives the attack runs."""
    end = threading.Event()
    runs: list[Run] = []
    people = [threading.Thread(target=job, daemon=True) for job in _people(part, seed, end)]
    attacker = threading.Thread(
        target=campaign,
        args=(part, _seeded(f"{seed}/attacks")),
        kwargs={"until": until, "runs": runs, "progress": progress},
        daemon=True,
    )
    try:
        for thread in (*people, attacker):
            thread.start()
        while time.time() < until:
            time.sleep(2)
            watch.check()
    finally:
        end.set()
    for thread in (attacker, *people):
        thread.join(timeout=240)
    return runs


def _people(part: str, seed: str, end: threading.Event) -> list[Callable[[], None]]:
    """Everybody who does benign work, each with randomness of their own."""
    theme = THEMES[part]
    jobs: dict[str, Callable[[Theme, random.Random, threading.Event], None]] = {
        "visit": web.visit,
        "release": web.release,
        "build": ci.build,
        "trade": db.trade,
        "dbadmin": db.administer,
        **{name: partial(bastion.work, name) for name in ("alice", "bob", "ops")},
    }
    return [partial(job, theme, _seeded(f"{seed}/{name}"), end) for name, job in jobs.items()]


def _seeded(seed: str) -> random.Random:
    return random.Random(seed)  # noqa: S311 -- must be repeatable, nothing secret


def save(out: Path, reports: Sequence[PartReport], runs: Sequence[Run]) -> None:
    """Write runs, labels, datasheet and checksums for what is recorded so far."""
    (out / "runs.json").write_text(json.dumps([run.public() for run in runs], indent=1) + "\n")
    (out / "parts.json").write_text(
        json.dumps([asdict(report) for report in reports], indent=1) + "\n"
    )
    (out / "truth.json").write_text(json.dumps([run.truth() for run in runs], indent=1) + "\n")
    write_labels(out, runs)
    write_pairs(out, runs)
    write_jobs(out, [report.part for report in reports])
    write_datasheet(out)
