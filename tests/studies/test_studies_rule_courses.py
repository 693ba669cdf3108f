"""Courses of rules: what the rollups count, in equal spans, of one organisation."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pytest

from foreseen.core.ids import TenantId
from foreseen.lake.lake import Cursor, Lake
from foreseen.lake.rollups import HOUR_MS, rollup
from foreseen.schema.arrow import MATCH_SCHEMA, PREDICTION_SCHEMA, batch_of
from foreseen.studies.rule_courses import Course, Spans, rule_courses

OWN, OTHER = TenantId("own"), TenantId("other")
NOON = 1_795_262_400_000  # 2026-11-21T12:00:00Z
DAY = 24


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake.open(tmp_path / "lake")


def row(rule: str, hours_ago: float, **more: object) -> dict[str, object]:
    time = NOON - int(hours_ago * HOUR_MS)
    uid = f"{rule}-{hours_ago}"
    always = {"tenant": OWN, "workload": "web", "match_uid": uid, "rule_id": rule}
    return {**always, "time": time, "ingested_time": time, **more}


def count(
    lake: Lake, matches: Sequence[Mapping[str, object]], judged: Sequence[Mapping[str, object]]
) -> None:
    """Commit the rollups of rows."""
    counted = rollup(
        matches=pa.Table.from_batches([batch_of([dict(each) for each in matches], MATCH_SCHEMA)]),
        predictions=pa.Table.from_batches(
            [batch_of([dict(each) for each in judged], PREDICTION_SCHEMA)]
        ),
    )
    lake.commit({"rollups": counted}, Cursor("test", 1))


def test_matches_fall_into_the_span_of_their_hour(lake: Lake) -> None:
    matches = [row("a", 23.5), row("a", 1.5), row("a", 1.2), row("b", 0.5), row("a", 25)]
    expected = {"outcome": "suppressed", "basis": "expected"}
    judged = [row("a", 1.5, **expected), row("b", 0.5, outcome="alerted", basis="unexpected")]
    count(lake, matches, judged)
    found = rule_courses(lake, OWN, Spans.before(NOON, DAY, 4))
    assert found == {
        "a": Course([1, 0, 0, 2], [0, 0, 0, 0], [0, 0, 0, 1]),
        "b": Course([0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0]),
    }


def test_a_match_that_was_revised_counts_once_as_it_stands_last(lake: Lake) -> None:
    first = row("a", 2, outcome="suppressed", basis="expected")
    later = row("a", 2, outcome="alerted", basis="unexpected", revised="late evidence")
    count(lake, [row("a", 2)], [first, later])
    [course] = rule_courses(lake, OWN, Spans.before(NOON, DAY, 2)).values()
    assert course == Course([0, 1], [0, 1], [0, 0])


def test_another_organisation_has_none_and_neither_has_an_empty_lake(lake: Lake) -> None:
    assert rule_courses(lake, OWN, Spans.before(NOON, DAY, 4)) == {}
    count(lake, [row("a", 2)], [])
    assert rule_courses(lake, OTHER, Spans.before(NOON, DAY, 4)) == {}


def test_the_time_ends_with_the_hour_that_was_asked_for() -> None:
    spans = Spans.before(NOON + 1, DAY, 4)
    assert (spans.since, spans.until) == (NOON - 23 * HOUR_MS, NOON + HOUR_MS)
    assert Spans.before(NOON, DAY, 4).until == NOON
