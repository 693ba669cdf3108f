"""Counts at the intake's door are kept, whatever the database says for a while."""

import threading
import time

import pytest
from sqlalchemy import Engine, event, text

from foreseen.control.database import changing, is_served
from foreseen.control.intake_counts import OTHERS, IntakeCounts, Outcome
from foreseen.control.tenants import ensure_tenant
from foreseen.core.errors import TransientError
from foreseen.core.ids import TenantId

TENANT = TenantId("default")


@pytest.fixture
def counts(engine: Engine) -> IntakeCounts:
    ensure_tenant(engine, TENANT, now=0)
    return IntakeCounts(engine, lambda: 7)


def told(counts: IntakeCounts) -> list[tuple[str, Outcome, int, int]]:
    return [(each.source, each.outcome, each.requests, each.lines) for each in counts.of(TENANT)]


def test_counts_add_up_over_threads_and_restarts(engine: Engine, counts: IntakeCounts) -> None:
    def count() -> None:
        for _ in range(50):
            counts.add(TENANT, "web-1", Outcome.TAKEN, 3)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts.close()
    again = IntakeCounts(engine, lambda: 8)
    again.add(TENANT, "web-1", Outcome.TAKEN, 1)
    assert told(again) == [("web-1", Outcome.TAKEN, 201, 601)]
    again.close()


def test_counts_are_written_by_themselves(engine: Engine, counts: IntakeCounts) -> None:
    counts.add(TENANT, "web-1", Outcome.BACKLOG, 3)
    end = time.monotonic() + 10
    while True:
        with engine.connect() as connection:
            if connection.execute(text("SELECT lines FROM intake_count")).all() == [(3,)]:
                break
        assert time.monotonic() < end
        time.sleep(0.05)


def test_nothing_is_forgotten_while_the_database_cannot_write(
    engine: Engine, counts: IntakeCounts
) -> None:
    counts.add(TENANT, "web-1", Outcome.BACKLOG, 3)
    impatient = "SET lock_timeout = 50" if is_served(engine) else "PRAGMA busy_timeout=50"
    event.listen(engine, "checkout", lambda link, *_: (link.execute(impatient), link.commit()))
    with changing(engine), pytest.raises(TransientError):
        counts.flush()
    counts.add(TENANT, "web-1", Outcome.BACKLOG, 4)
    assert told(counts) == [("web-1", Outcome.BACKLOG, 2, 7)]
    counts.close()


def test_made_up_names_do_not_fill_the_database(
    counts: IntakeCounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("foreseen.control.intake_counts._MOST_SOURCES", 2)
    for number in range(5):
        counts.add(TENANT, f"web-{number}", Outcome.TAKEN, 1)
        counts.flush()
    assert told(counts) == [
        (OTHERS, Outcome.TAKEN, 3, 3),
        ("web-0", Outcome.TAKEN, 1, 1),
        ("web-1", Outcome.TAKEN, 1, 1),
    ]
    counts.close()
