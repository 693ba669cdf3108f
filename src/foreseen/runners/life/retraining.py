"""Keep the models fresh in the background: reviews and trainings, each in a process of its own."""

import logging
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event

import orjson

from foreseen.control import dispositions, jobs, model_versions
from foreseen.control.cursors import checkpoint
from foreseen.control.model_versions import InUse, Version
from foreseen.core.errors import CorruptError, TransientError
from foreseen.core.ids import TenantId
from foreseen.lake.lake import S3Options
from foreseen.models.explaining.phrases import span
from foreseen.runners.installation import Stores
from foreseen.runners.lake_place import HowS3, no_s3
from foreseen.runners.life.need import Training, many_new_matches
from foreseen.runners.rules.watch import LiveRules
from foreseen.runners.settings.settings import Settings

log = logging.getLogger("foreseen.models")

RETRAIN, REVIEW = "retrain", "review"
JUDGE = "judge"
_LONGEST_ERROR = 2_000


@dataclass(frozen=True, slots=True)
class Task:
    """What the process of its own is told, as JSON.

    Attributes:
        kind: `retrain` or `review`.
        data: Folder of the stores.
        tenant: Whose models.
        job: Number of the job that it reports to.
        now: Wall time, ms UTC.
        reason: Why it is done.
        budget: Share of expected matches that may alert.
        least_history: Matches below which a workload alerts.
        alerts_a_day: The budget in alerts a day; None: the share is what was asked for.
        rules: Folder of rules; None: the shipped ones.
        local: Folder of local rules; None: none.
        s3: How S3 is reached; None: the lake does not lie there. It is told on the standard input
            only, which no other process sees.
        cluster: Ray cluster whose nodes fit the models; None: the process does.
    """

    kind: str
    data: str
    tenant: str
    job: int
    now: int
    reason: str
    budget: float
    least_history: int
    alerts_a_day: float | None
    rules: str | None
    local: str | None
    s3: S3Options | None
    cluster: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where it is done.

    Attributes:
        data: Folder of the stores.
        tenant: Whose models.
        rules: Folder of rules; None: the shipped ones.
        local: Folder of local rules; None: none.
        s3: How S3 is reached, for a lake there.
        cluster: Ray cluster whose nodes fit models; None: a process on this machine does.
    """

    data: Path
    tenant: TenantId
    rules: Path | None = None
    local: Path | None = None
    s3: HowS3 = no_s3
    cluster: str | None = None


class Retraining:
    """Looks at what is due, and does one thing at a time; the pipeline goes on meanwhile.

    The work is done by a process of its own with the lowest priority. New models are taken by the
    worker at its next batch, for it asks before each which version is in use.
    """

    def __init__(
        self,
        stores: tuple[Stores, LiveRules],
        settings: Settings,
        place: Place,
        clock: Callable[[], int],
    ) -> None:
        """Stores: those of the place, and the rules in use; clock: now, ms UTC."""
        self._engine, self._lake, self._live = stores[0].control, stores[0].lake, stores[1]
        self._tenant, self._settings = place.tenant, settings
        self._place, self._clock, self._rhythm = place, clock, settings.rhythm
        self._reviewed: tuple[int, int] = (0, 0)
        self._counted = 0
        self._edited = self._live.current.hash

    def run(self, stop: Event) -> None:
        """Look until told to stop; a failure is told, and what is in use stays in use."""
        while not stop.wait(self._rhythm.look / 1_000):
            try:
                self.look(stop)
            except (TransientError, CorruptError) as error:
                log.warning("models are looked at later: %s", error)

    def look(self, stop: Event) -> str | None:
        """Do what is due, if anything; returns what was done."""
        used = model_versions.in_use(self._engine, self._tenant)
        if used is None:
            return None  # nothing was accepted yet: a person begins
        now = self._clock()
        reason = self._why_retrain(used, now)
        if reason:
            self._do(RETRAIN, reason, now, stop)
            return RETRAIN
        if self._is_review_due(now):
            self._do(REVIEW, "what came of the models", now, stop)
            return REVIEW
        return None

    def _why_retrain(self, used: InUse, now: int) -> str | None:
        newest = model_versions.versions(self._engine, self._tenant)[0]
        if used.version.number != newest.number and not newest.refused:
            return None  # a person went back to an older version: it stays until a person goes on
        tried = [j.created for j in jobs.jobs(self._engine, self._tenant) if j.kind == RETRAIN]
        last = max([newest.time, *tried[:1]])
        if now - last < self._rhythm.pause:
            return None
        said = dispositions.last_said(self._engine, self._tenant)
        if said > last:
            return "a person spoke of alerts"
        if self._live.current.hash != self._edited:
            self._edited = self._live.current.hash
            return "rules were edited: models of other texts only observe"
        if now - last >= self._rhythm.retrain:
            return f"{span(self._rhythm.retrain)} have passed"
        return self._why_so_many(newest, last, now)

    def _why_so_many(self, newest: Version, last: int, now: int) -> str | None:
        """Whether many new matches may teach; counted as seldom as reviews are made."""
        if now - self._counted < self._rhythm.review:
            return None
        self._counted = now
        before = Training(newest, last)
        return many_new_matches(self._lake, self._engine, self._tenant, before, self._rhythm)

    def _is_review_due(self, now: int) -> bool:
        """Whether time has passed, and something was judged or said since."""
        when, seen = self._reviewed
        if now - when < self._rhythm.review:
            return False
        reached = checkpoint(self._engine, self._tenant, JUDGE)
        judged = reached.version if reached else 0
        said = dispositions.last_said(self._engine, self._tenant)
        self._reviewed = (now, judged)
        return judged != seen or said > when

    def _do(self, kind: str, reason: str, now: int, stop: Event) -> None:
        job = jobs.create_job(self._engine, self._tenant, kind, now=now)
        policy = self._settings.policy
        task = Task(
            kind=kind,
            data=str(self._place.data),
            tenant=self._tenant,
            job=job,
            now=now,
            reason=reason,
            budget=policy.budget,
            least_history=policy.least_history,
            alerts_a_day=self._settings.alerts_a_day,
            rules=str(self._place.rules) if self._place.rules else None,
            local=str(self._place.local) if self._place.local else None,
            s3=self._place.s3() if self._lake.place.folder is None else None,
            cluster=self._place.cluster,
        )
        log.info("job %d: %s, because %s", job, kind, reason)
        error = _ran(task, stop)
        if error:
            jobs.fail(self._engine, self._tenant, job, error, now=self._clock())
            log.error("job %d: %s failed, the models in use stay: %s", job, kind, error)
        else:
            log.info("job %d: %s is done", job, kind)


def _ran(task: Task, stop: Event) -> str | None:
    """Run the task in a process of its own; returns why it failed."""
    command = [sys.executable, "-m", "foreseen.runners.life.task"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=subprocess.DEVNULL, stderr=pipe) as child:
        text: bytes | None = orjson.dumps(asdict(task))
        asked_to_end = False
        while True:
            try:
                _, told = child.communicate(text, timeout=_POLL_SECONDS)
                break
            except subprocess.TimeoutExpired:
                text = None
                if stop.is_set():
                    (child.kill if asked_to_end else child.terminate)()
                    asked_to_end = True
    if stop.is_set() and child.returncode:
        return "the server stopped; it is done again"
    if child.returncode:
        return told.decode(errors="replace")[-_LONGEST_ERROR:].strip() or _ended(child.returncode)
    return None


def _ended(code: int) -> str:
    return f"its process ended with {code}, perhaps for want of memory"


_POLL_SECONDS = 0.5
