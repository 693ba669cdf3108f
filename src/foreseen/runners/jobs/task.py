"""The process of a job: told what to do on its standard input, as JSON."""

import os
import sys
import time
from pathlib import Path

import orjson
from sqlalchemy import Engine

from foreseen.control import job_work
from foreseen.control.database import opened
from foreseen.control.job_orders import JobKind
from foreseen.control.places import FILE
from foreseen.core.errors import ForeseenError
from foreseen.core.ids import TenantId
from foreseen.lake.lake import S3Options
from foreseen.runners.jobs.kinds import DOES, Told
from foreseen.runners.jobs.running import SAID, JobTask

_LOWEST = 19  # of priority: the pipeline comes first
_REPORT_SECONDS = 1.0


def main() -> int:
    """Do it; what goes wrong is told on the standard error, and the exit code says so."""
    os.nice(_LOWEST)
    told = orjson.loads(sys.stdin.buffer.read())
    s3 = told.pop("s3")
    task = JobTask(**told, s3=S3Options(**s3) if s3 else None)
    try:
        with opened(Path(task.data) / FILE) as engine:
            found = DOES[JobKind(task.kind)](Told(task, engine, _Reporting(task, engine)))
            content = orjson.dumps(found, option=orjson.OPT_NON_STR_KEYS)
            tenant = TenantId(task.tenant)
            job_work.finish(engine, tenant, task.job, content, now=_now())
    except ForeseenError as error:
        sys.stderr.write(str(error))
        return SAID
    return 0


class _Reporting:
    """Progress by stages, told to the database at most once a second."""

    def __init__(self, task: JobTask, engine: Engine) -> None:
        self._task, self._engine, self._last = task, engine, 0.0

    def __call__(self, _stage: str, done: float, total: float) -> None:
        """So much of a stage is done."""
        now = time.monotonic()
        if now - self._last < _REPORT_SECONDS:
            return
        self._last = now
        share = done / total if total else 0.0
        tenant = TenantId(self._task.tenant)
        job_work.advance(self._engine, tenant, self._task.job, share, now=_now())


def _now() -> int:
    return time.time_ns() // 1_000_000


if __name__ == "__main__":
    sys.exit(main())
