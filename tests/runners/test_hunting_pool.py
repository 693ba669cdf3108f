"""The pool of sealed processes: tenants apart, fresh files, crashes, room, words to stop."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.runners import hunted
from tests.runners.hunted import OTHER, TENANT

from foreseen.core.errors import ConfigurationError
from foreseen.lake.asking.cancel import Cancel, CancelledError, Watch
from foreseen.lake.asking.hunt import TooSlowError
from foreseen.lake.lake import Cursor, Lake
from foreseen.runners.hunting import landlock
from foreseen.runners.hunting.link import EndedError
from foreseen.runners.hunting.pool import Asked, FullError, Pool, PoolLimits

COUNT = "SELECT count(*) AS n, min(seq) AS first FROM events"
ENDLESS = "SELECT count(*) FROM range(100000000000) a, range(1000000) b"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A lake of two tenants."""
    return hunted.two_tenants(tmp_path / "lake")


@pytest.fixture
def pool(lake: Lake) -> Iterator[Pool]:
    """What answers."""
    with Pool(lake, limits=PoolLimits(workers=2, waiting=0)) as made:
        yield made


def counted(pool: Pool, tenant: object = TENANT) -> dict[str, object]:
    (row,) = pool.ask(tenant, Asked(COUNT)).table.to_pylist()  # type: ignore[arg-type]
    return row


def children_of(process: int) -> list[int]:
    found = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii")
    return [int(number) for number in found.split()]


def seconds_of_cpu(process: int) -> float:
    _, _, told = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")
    user, system = told.split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def until(seconds: float, holds: object) -> None:
    end = time.monotonic() + seconds
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.02)


def test_each_tenant_sees_its_own_rows_from_a_process_of_its_own(pool: Pool) -> None:
    for _ in range(2):
        assert counted(pool) == {"n": 10, "first": 0}
        assert counted(pool, OTHER) == {"n": 3, "first": 100}
        assert counted(pool, "nobody") == {"n": 0, "first": None}
    assert len({worker.tenant for worker in pool.workers}) == len(pool.workers) == 2


def test_a_process_answers_again_while_its_files_are_the_tenants_files(
    pool: Pool, lake: Lake
) -> None:
    counted(pool)
    (first,) = pool.workers
    counted(pool)
    assert pool.workers == [first]
    lake.commit({"events": hunted.events(range(10, 12))}, Cursor("a", 3))
    assert counted(pool)["n"] == 12
    assert first not in pool.workers
    lake.compact()
    assert counted(pool)["n"] == 12


@pytest.mark.skipif(not landlock.abi(), reason="no Landlock in this kernel")
def test_the_answer_says_which_walls_stood(pool: Pool) -> None:
    told = pool.ask(TENANT, Asked("SELECT 1")).seal.told
    assert told == ("files tcp" if landlock.refuses_network(landlock.abi()) else "files")


def test_without_landlock_nothing_is_answered_unless_allowed(
    pool: Pool, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The process that seals has to find no Landlock: a copy of the module that never has one.
    monkeypatch.setattr("foreseen.runners.hunting.spawning._PROGRAM", NO_LANDLOCK)
    with Pool(lake) as blind, pytest.raises(ConfigurationError, match="no Landlock"):
        counted(blind)
    with Pool(lake, limits=PoolLimits(open_without_landlock=True)) as allowed:
        answer = allowed.ask(TENANT, Asked(COUNT))
        assert (answer.seal.told, answer.rows) == ("none", 1)
    assert counted(pool)["n"] == 10


NO_LANDLOCK = """
import sys; sys.path[:] = sys.argv[1:]
from foreseen.runners.hunting import landlock, spawner
landlock.abi = lambda: 0
spawner.main()
"""


def test_rows_and_bytes_are_bounded_and_the_answer_says_so(lake: Lake) -> None:
    with Pool(lake, limits=PoolLimits(most_bytes=100_000)) as pool:
        some = pool.ask(TENANT, Asked("SELECT seq FROM events ORDER BY seq", limit=4))
        assert (some.table["seq"].to_pylist(), some.truncated) == ([0, 1, 2, 3], True)
        exact = pool.ask(TENANT, Asked("SELECT seq FROM events", limit=10))
        assert (exact.rows, exact.truncated) == (10, False)
        long = pool.ask(TENANT, Asked("SELECT repeat('x', 30000) AS x FROM range(9)"))
        assert (long.rows, long.truncated) == (3, True)
        huge = pool.ask(TENANT, Asked("SELECT repeat('x', 300000) AS x"))
        assert (huge.rows, huge.truncated) == (0, True)


def test_a_killed_process_is_an_error_and_the_next_answer_is_sound(pool: Pool) -> None:
    counted(pool)
    with ThreadPoolExecutor() as threads:
        asked = threads.submit(pool.ask, TENANT, Asked(ENDLESS, seconds=30))
        until(5, lambda: not pool.workers)
        (process,) = children_of(pool.spawner_id)
        until(20, lambda: seconds_of_cpu(process) > 0.5)
        os.kill(process, signal.SIGKILL)
        with pytest.raises(EndedError, match="narrow it"):
            asked.result()
    assert counted(pool)["n"] == 10


def test_a_process_that_dies_before_it_took_the_question_is_replaced(pool: Pool) -> None:
    counted(pool)
    (process,) = children_of(pool.spawner_id)
    os.kill(process, signal.SIGSTOP)
    with ThreadPoolExecutor() as threads:
        asked = threads.submit(counted, pool)
        until(5, lambda: not pool.workers)
        time.sleep(0.2)  # the question lies in its socket
        os.kill(process, signal.SIGKILL)
        assert asked.result()["n"] == 10


def test_the_program_that_makes_processes_may_die_too(pool: Pool) -> None:
    counted(pool)
    dead = pool.spawner_id
    os.kill(dead, signal.SIGKILL)
    until(5, lambda: "Z" in Path(f"/proc/{dead}/stat").read_text(encoding="ascii").split()[2])
    assert counted(pool)["n"] == 10
    assert pool.spawner_id != dead


def test_no_process_outlives_the_pool(lake: Lake) -> None:
    with Pool(lake) as pool:
        counted(pool)
        spawner = pool.spawner_id
        (worker,) = children_of(spawner)
    until(5, lambda: not Path(f"/proc/{worker}/exe").exists())
    assert not Path(f"/proc/{spawner}/task").exists()


def test_a_word_to_stop_ends_a_query_at_once(pool: Pool) -> None:
    counted(pool)
    cancel = Cancel()
    threading.Timer(0.3, cancel).start()
    begun = time.monotonic()
    with pytest.raises(CancelledError):
        pool.ask(TENANT, Asked(ENDLESS, seconds=60), Watch(cancel=cancel))
    assert time.monotonic() - begun < 3
    assert counted(pool)["n"] == 10


def test_a_process_that_does_not_stop_is_killed(pool: Pool) -> None:
    counted(pool)
    (worker,) = pool.workers
    (process,) = children_of(pool.spawner_id)
    os.kill(process, signal.SIGSTOP)
    begun = time.monotonic()
    with pytest.raises(TooSlowError, match="longer than 1 s"):
        pool.ask(TENANT, Asked(COUNT, seconds=1))
    assert 1 < time.monotonic() - begun < 2
    assert not worker.is_alive
    assert counted(pool)["n"] == 10


def test_a_full_pool_refuses_and_is_free_again(pool: Pool) -> None:
    cancel = Cancel()
    with ThreadPoolExecutor() as threads:
        busy = [
            threads.submit(pool.ask, TENANT, Asked(ENDLESS, seconds=60), Watch(cancel=cancel))
            for _ in range(2)
        ]
        until(10, lambda: len(children_of(pool.spawner_id)) == 2)
        with pytest.raises(FullError):
            counted(pool)
        cancel()
        for each in busy:
            with pytest.raises(CancelledError):
                each.result()
    assert counted(pool)["n"] == 10


def test_a_query_waits_for_its_turn_and_not_for_ever(lake: Lake) -> None:
    with Pool(lake, limits=PoolLimits(workers=1, waiting=1, wait_seconds=0.3)) as pool:
        cancel = Cancel()
        with ThreadPoolExecutor() as threads:
            busy = threads.submit(
                pool.ask, TENANT, Asked(ENDLESS, seconds=60), Watch(cancel=cancel)
            )
            until(10, lambda: len(children_of(pool.spawner_id)) == 1)
            with pytest.raises(FullError, match="take long"):
                counted(pool)
            cancel()
            assert isinstance(busy.exception(), CancelledError)


def test_many_threads_get_their_own_answers(lake: Lake) -> None:
    with Pool(lake, limits=PoolLimits(workers=3, waiting=50, wait_seconds=60)) as pool:

        def ask(number: int) -> list[dict[str, object]]:
            tenant = TENANT if number % 2 else OTHER
            sql = f"SELECT {number} AS number, min(tenant) AS tenant FROM events"  # noqa: S608 (a number)
            return pool.ask(tenant, Asked(sql)).table.to_pylist()

        with ThreadPoolExecutor(12) as threads:
            found = list(threads.map(ask, range(24)))
    assert found == [
        [{"number": number, "tenant": "default" if number % 2 else "other"}] for number in range(24)
    ]


def test_progress_is_told(pool: Pool) -> None:
    told: list[float] = []
    sql = "SELECT sum(hash(a.range + b.range)) FROM range(400000000) a, range(100) b"
    with pytest.raises(TooSlowError):
        pool.ask(TENANT, Asked(sql, seconds=2), Watch(lambda done, _: told.append(done)))
    assert all(0 < each <= 100 for each in told)
