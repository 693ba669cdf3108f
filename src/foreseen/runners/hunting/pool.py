"""The server's processes for questions: made beforehand, lent for one question at a time.

A process is sealed for the files of one tenant and dies with them: when the lake has others, the
next question gets a new one, which takes milliseconds. When all are at work a question waits; when
too many wait, or for too long, it is refused.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from foreseen.core.errors import TransientError
from foreseen.core.ids import TenantId
from foreseen.lake.asking.cancel import CancelledError, Watch
from foreseen.lake.asking.hunt import LONGEST_SQL
from foreseen.lake.asking.shown import Reach, reach_of
from foreseen.lake.lake import Lake, S3Options
from foreseen.runners.hunting.bucket import readable
from foreseen.runners.hunting.link import Answer, Bucket, EndedError, NotBegunError, Worker
from foreseen.runners.hunting.sandbox import Walls
from foreseen.runners.hunting.spawning import Spawner
from foreseen.runners.hunting.wire import LARGEST, Question

_LOOK_SECONDS = 0.1
_MOST_ANSWERED = 1_000  # then a process makes room for a fresh one
_TRIES = 3  # a file or a process may go between the look at it and the question


class FullError(TransientError):
    """All processes are at work and enough questions wait: come again."""


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """Bounds of a pool.

    Attributes:
        workers: Most questions at work at a time.
        waiting: Most questions that wait; one more is refused.
        wait_seconds: How long one may wait.
        memory_mb: What each database may take.
        threads: Cores for each.
        most_bytes: Most bytes of rows of an answer.
        nice: How much processes give way to the pipeline.
        open_without_landlock: Whether to answer where the kernel cannot seal.
    """

    workers: int = 2
    waiting: int = 8
    wait_seconds: float = 5.0
    memory_mb: int = 1000
    threads: int = 2
    most_bytes: int = 64 << 20
    nice: int = 5
    open_without_landlock: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A query as it is handed in.

    Attributes:
        sql: The query.
        limit: Most rows.
        seconds: How long it may run.
    """

    sql: str
    limit: int = 1000
    seconds: float = 60.0


_DEFAULT_LIMITS = PoolLimits()


class Pool:
    """Answers questions over one lake; threads may share it.

    Args:
        lake: The lake.
        s3: How it is reached, where it lies in S3.
        limits: Bounds.
    """

    def __init__(
        self, lake: Lake, s3: S3Options | None = None, limits: PoolLimits = _DEFAULT_LIMITS
    ) -> None:
        self._lake, self.limits = lake, limits
        self._bucket = None if s3 is None else Bucket(lake.place.uri, s3)
        self._changed = threading.Condition()
        self._busy = self._waiting = 0
        self._idle: list[Worker] = []
        self._spawner = Spawner()

    def ask(self, tenant: TenantId, asked: Asked, watch: Watch | None = None) -> Answer:
        """Rows of one SELECT over a tenant's tables.

        Args:
            tenant: Whose tables.
            asked: The query.
            watch: Told of progress, and asked whether to stop.

        Raises:
            FullError: Too many questions wait.
            CancelledError: It was stopped.
            MalformedInputError: See `hunt`; TooSlowError is one.
            DeniedError: It reaches outside the tables.
            ConfigurationError: The kernel cannot seal a process.
            EndedError: The query's process died of it.
            TransientError: The lake cannot be read now.
        """
        heard = watch or Watch()
        with self._turn(heard):
            for attempt in range(_TRIES):
                try:
                    return self._answered(tenant, asked, heard)
                except NotBegunError:
                    if attempt + 1 == _TRIES:
                        raise
        raise AssertionError  # the last attempt returned or raised

    @property
    def workers(self) -> list[Worker]:
        """Those that wait for a question, the one that waits longest first."""
        with self._changed:
            return list(self._idle)

    @property
    def spawner_id(self) -> int:
        """Process that makes the processes."""
        return self._spawner.process_id

    def close(self) -> None:
        """End all processes."""
        with self._changed:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.close()
        self._spawner.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _answered(self, tenant: TenantId, asked: Asked, watch: Watch) -> Answer:
        reach = reach_of(self._lake, tenant) if self._bucket is None else Reach()
        worker = self._lent(tenant, reach)
        try:
            return worker.ask(self._question(asked, reach), watch)
        finally:
            self._taken_back(worker)

    def _question(self, asked: Asked, reach: Reach) -> Question:
        limits = self.limits
        return Question(
            asked.sql[: LONGEST_SQL + 1],  # as much as shows that it is too long
            asked.limit,
            asked.seconds,
            limits.memory_mb,
            limits.threads,
            min(limits.most_bytes, LARGEST // 2),
            reach.files,
        )

    @contextmanager
    def _turn(self, watch: Watch) -> Iterator[None]:
        """One of the places at work."""
        end = time.monotonic() + self.limits.wait_seconds
        with self._changed:
            if self._busy >= self.limits.workers and self._waiting >= self.limits.waiting:
                raise FullError("too many queries are at work and wait; come again")
            self._waiting += 1
            try:
                while self._busy >= self.limits.workers:
                    self._changed.wait(_LOOK_SECONDS)
                    if watch.cancel.asked:
                        raise CancelledError("the query was stopped before it began")
                    if time.monotonic() >= end:
                        raise FullError("all queries at work take long; come again")
                self._busy += 1
            finally:
                self._waiting -= 1
        try:
            yield
        finally:
            with self._changed:
                self._busy -= 1
                self._changed.notify()

    def _lent(self, tenant: TenantId, reach: Reach) -> Worker:
        """A process of this tenant that may read the files: one that waits, or a new one."""
        with self._changed:
            mine = [worker for worker in self._idle if worker.tenant == tenant]
            fit = [worker for worker in mine if worker.can_read(reach.paths)]
            found = next((worker for worker in fit if worker.is_alive), None)
            ended = [each for each in mine if each not in fit or not each.is_alive]
            if found is None and not ended and len(self._idle) >= self.limits.workers:
                ended = self._idle[:1]
            self._idle = [each for each in self._idle if each is not found and each not in ended]
        for worker in ended:
            worker.close()
        if found is not None:
            return found
        return self._made(tenant, reach)

    def _made(self, tenant: TenantId, reach: Reach) -> Worker:
        limits, in_bucket = self.limits, self._bucket is not None
        walls = Walls(
            readable() if in_bucket else reach.paths,
            limits.memory_mb,
            network=in_bucket,
            open_without_landlock=limits.open_without_landlock,
        )
        with self._changed:
            if not self._spawner.lives:
                self._spawner.close()
                self._spawner = Spawner()
            spawner = self._spawner
        return Worker(spawner, tenant, walls, bucket=self._bucket, nice=limits.nice)

    def _taken_back(self, worker: Worker) -> None:
        if not worker.is_alive:
            worker.close()
            return
        with self._changed:
            if worker.answered < _MOST_ANSWERED and len(self._idle) < self.limits.workers:
                self._idle.append(worker)
                return
        worker.close()


__all__ = ["Answer", "Asked", "EndedError", "FullError", "Pool", "PoolLimits"]
