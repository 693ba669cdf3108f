"""Run the jobs that people asked for: one at a time, each in a process with the lowest priority."""

import logging
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from threading import Event

import orjson
from sqlalchemy import Engine

from foreseen.control import job_work
from foreseen.control.job_orders import ordered
from foreseen.control.job_work import Begun
from foreseen.control.jobs import JobState
from foreseen.core.errors import CorruptError, TransientError
from foreseen.lake.lake import Lake, S3Options
from foreseen.runners.life.retraining import Place

log = logging.getLogger("foreseen.jobs")

_LOOK_SECONDS = 1.0
_POLL_SECONDS = 0.5
_LONGEST_SECONDS = 6 * 60 * 60
_KILLED = -9

SAID = 3
"""Exit code of a process that has said why it failed, in words for people."""


@dataclass(frozen=True, slots=True)
class JobTask:
    """What the process of a job is told, as JSON on its standard input, which no other one sees.

    Attributes:
        data: Folder of the stores.
        tenant: Whose job.
        job: Its number.
        kind: What to do.
        author: Who asked for it.
        asked: What exactly.
        rules: Folder of rules; None: the shipped ones.
        local: Folder of local rules; None: none.
        s3: How S3 is reached; None: the lake does not lie there.
        cluster: Ray cluster whose nodes help; None: none does.
    """

    data: str
    tenant: str
    job: int
    kind: str
    author: str
    asked: dict[str, object]
    rules: str | None
    local: str | None
    s3: S3Options | None
    cluster: str | None


class JobRunner:
    """Takes up jobs in the order in which they were asked for.

    Args:
        engine: The control database.
        lake: The lake.
        place: Where stores and rules are.
        clock: Now, ms UTC.
    """

    def __init__(self, engine: Engine, lake: Lake, place: Place, clock: Callable[[], int]) -> None:
        self._engine, self._lake, self._place, self._clock = engine, lake, place, clock
        self._is_new = True

    def run(self, stop: Event) -> None:
        """Work until told to stop; what runs then is begun again by the next runner."""
        while not stop.is_set():
            try:
                if self.look(stop):
                    continue
            except (TransientError, CorruptError) as error:
                log.warning("jobs are looked at later: %s", error)
            stop.wait(_LOOK_SECONDS)

    def look(self, stop: Event) -> bool:
        """Do the job that waits longest, if any; whether there was one."""
        tenant = self._place.tenant
        if self._is_new:
            for number in job_work.take_back(self._engine, tenant, now=self._clock()):
                log.warning("job %d ran when the server stopped", number)
            self._is_new = False
        begun = job_work.take_up(self._engine, tenant, now=self._clock())
        if begun is None:
            return False
        log.info("job %d: %s, asked for by %s", begun.number, begun.kind, begun.author)
        error = self._ran(begun, stop)
        if stop.is_set() and error is not None:
            return True  # it still counts as running, so that it is begun again
        if error is not None:
            now = self._clock()
            job_work.give_up(self._engine, tenant, begun.number, error, now=now)
            log.warning("job %d has failed: %s", begun.number, error)
        return True

    def _ran(self, begun: Begun, stop: Event) -> str | None:
        """Run its process to the end; returns why it failed."""
        command = [sys.executable, "-m", "foreseen.runners.jobs.task"]
        pipe, waited = subprocess.PIPE, 0.0
        with subprocess.Popen(command, stdin=pipe, stdout=subprocess.DEVNULL, stderr=pipe) as child:
            text: bytes | None = orjson.dumps(asdict(self._task(begun)))
            while True:
                try:
                    _, told = child.communicate(text, timeout=_POLL_SECONDS)
                    break
                except subprocess.TimeoutExpired:
                    text, waited = None, waited + _POLL_SECONDS
                    if waited > _LONGEST_SECONDS or stop.is_set() or self._is_cancelled(begun):
                        child.kill()  # its writes are transactions: none is left half done
        if child.returncode == 0:
            return None
        if waited > _LONGEST_SECONDS:
            return f"it took more than {_LONGEST_SECONDS // 3600} hours"
        said = told.decode(errors="replace").strip()
        if child.returncode == SAID:
            return said
        if said:
            log.error("job %d: %s", begun.number, said)
        return _ended(child.returncode)

    def _is_cancelled(self, begun: Begun) -> bool:
        try:
            found = ordered(self._engine, begun.tenant, begun.number)
        except TransientError:
            return False  # asked again at the next look
        return found.state is JobState.FAILED

    def _task(self, begun: Begun) -> JobTask:
        place = self._place
        return JobTask(
            data=str(place.data),
            tenant=begun.tenant,
            job=begun.number,
            kind=begun.kind,
            author=begun.author,
            asked=begun.asked,
            rules=str(place.rules) if place.rules else None,
            local=str(place.local) if place.local else None,
            s3=place.s3() if self._lake.place.folder is None else None,
            cluster=place.cluster,
        )


def _ended(code: int) -> str:
    why = ", perhaps for want of memory" if code == _KILLED else "; see the server's log"
    return f"its process ended with {code}{why}"
