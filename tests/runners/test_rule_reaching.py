"""Which rules can match what came of late: each event looked at once, and never too many."""

from pathlib import Path

import pytest
from tests.lake.upkept import NOON, events

from foreseen.core.ids import DEFAULT_TENANT
from foreseen.lake.lake import Cursor, Lake
from foreseen.runners.rules import reaching
from foreseen.runners.rules.reaching import HOUR, reach_of_late

AGES = [0, 1, HOUR - 1, HOUR, HOUR + 1, 2 * HOUR, 4 * HOUR, 4 * HOUR + 1, 24 * HOUR, 25 * HOUR]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Two events of each age before noon."""
    lake = Lake.open(tmp_path)
    for place, age in enumerate(AGES):
        rows = events(range(2 * place, 2 * place + 2), ingested_time=NOON - age)
        lake.commit({"events": rows}, Cursor("test", place + 1))
    return lake


@pytest.mark.parametrize("hours", [1, 2, 3, 4, 5, 24, 25, 168])
def test_each_event_of_the_hours_is_looked_at_once(lake: Lake, hours: int) -> None:
    found = reach_of_late(lake, [], DEFAULT_TENANT, now=NOON, hours=hours)
    assert found.events == 2 * sum(age <= hours * HOUR for age in AGES)
    assert (found.since, found.complete) == (NOON - hours * HOUR, True)


def test_after_enough_events_it_looks_no_further_and_says_since_when(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reaching, "MOST_EVENTS", 9)
    found = reach_of_late(lake, [], DEFAULT_TENANT, now=NOON, hours=168)
    assert 9 <= found.events < 2 * len(AGES)
    assert (found.since, found.complete) == (NOON - HOUR, False)
