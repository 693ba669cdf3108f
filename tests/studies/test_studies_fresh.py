"""New matches are counted as law 5 would let them teach."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.models.histories import RULES, matches

from foreseen.control.database import opened
from foreseen.control.tenants import ensure_tenant
from foreseen.core.decisions import Basis, Outcome
from foreseen.core.ids import DEFAULT_TENANT, RuleId
from foreseen.lake.lake import Cursor, Lake
from foreseen.schema.arrow import PREDICTION_SCHEMA, batch_of
from foreseen.studies.fresh import fresh_lessons
from foreseen.studies.history import QUARANTINE, Evidence, clean_history

HOUR = 60 * 60 * 1000
DAY = 24 * HOUR
TRAINED = 200 * DAY
RULE = RuleId(RULES[0])

Row = Mapping[str, object]


def counted(rows: Sequence[Row], bases: Sequence[Basis], tainted: Collection[str] = ()) -> int:
    """New matches in a lake that holds the rows, each judged on its basis."""
    with TemporaryDirectory() as folder:
        lake = Lake.open(folder)
        judged = [
            {"tenant": DEFAULT_TENANT, "rule_id": RULE, "event_uid": row["match_uid"]}
            | {"match_uid": row["match_uid"], "time": row["time"], "basis": basis.value}
            | {"outcome": (Outcome.SUPPRESSED if basis in _SILENT else Outcome.ALERTED).value}
            for row, basis in zip(rows, bases, strict=True)
        ]
        lake.commit({"matches": matches(list(_once(rows)))}, Cursor("shard", 1))
        told = pa.Table.from_batches([batch_of(judged, PREDICTION_SCHEMA)])
        lake.commit({"predictions": told}, Cursor("judge", 1))
        with opened(Path(folder) / "control.db") as engine:
            ensure_tenant(engine, DEFAULT_TENANT, now=1)
            with patch("foreseen.studies.fresh.taint.tainted", return_value=frozenset(tainted)):
                return fresh_lessons(lake, engine, DEFAULT_TENANT, since=TRAINED)


_SILENT = {Basis.EXPECTED, Basis.COUNTED, Basis.SUPPRESSED_BY_HAND}


def _once(rows: Sequence[Row]) -> Collection[Row]:
    return {row["match_uid"]: row for row in rows}.values()


def row(uid: str, came: int, **columns: object) -> Row:
    return {
        "match_uid": uid,
        "event_uid": uid,
        "time": came - 7 * HOUR,
        "ingested_time": came,
        **columns,
    }


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Row], list[Basis], frozenset[str]]:
    """Matches of two hosts around a training, with what was said of each."""
    count = draw(st.integers(1, 14))
    rows = [
        row(
            f"m{number}",
            TRAINED + HOUR * draw(st.integers(-4 * 24, 4 * 24)),
            host=draw(st.sampled_from(["web-1", "web-2"])),
            window_complete=draw(st.sampled_from([True, True, True, True, False, None])),
        )
        for number in range(count)
    ]
    rows.append(row("before", TRAINED, host="other"))  # one came just before the training
    kinds = st.sampled_from([Basis.EXPECTED, Basis.EXPECTED, Basis.UNEXPECTED, Basis.COUNTED])
    tainted = st.lists(st.sampled_from([str(each["match_uid"]) for each in rows]), max_size=1)
    return rows, [draw(kinds) for _ in rows], frozenset(draw(tainted))


@pytest.mark.long
@settings(max_examples=60, deadline=None)
@given(worlds())
def test_what_counts_as_new_is_what_may_teach_now_and_could_not_then(
    world: tuple[list[Row], list[Basis], frozenset[str]],
) -> None:
    rows, bases, tainted = world
    table = matches(rows)
    outcomes = {
        str(each["match_uid"]): Outcome.SUPPRESSED
        for each, basis in zip(rows, bases, strict=True)
        if basis is Basis.EXPECTED
    }
    latest = max(int(str(each["ingested_time"])) for each in rows)
    evidence = Evidence(0, outcomes, tainted=tainted)
    came = {str(each["match_uid"]): int(str(each["ingested_time"])) for each in rows}
    may = [m.uid for m in clean_history(table, evidence, {RULE}, latest).get(RULE, ())]
    new = [uid for uid in may if came[uid] >= TRAINED - QUARANTINE]
    assert counted(rows, bases, tainted) == len(new)


@pytest.mark.parametrize(
    ("again", "count"), [(Basis.UNEXPECTED, 0), (Basis.EXPECTED, 1), (Basis.OPEN_INCIDENT, 0)]
)
def test_a_match_that_alerted_when_it_was_judged_again_is_no_lesson(
    again: Basis, count: int
) -> None:
    rows = [row("m", TRAINED + HOUR), row("m", TRAINED + HOUR), row("late", TRAINED + 3 * DAY)]
    assert counted(rows, [Basis.EXPECTED, again, Basis.UNEXPECTED]) == count


def test_nothing_new_is_counted_while_nothing_comes() -> None:
    rows = [row(f"m{number}", TRAINED - number * HOUR) for number in range(20)]
    assert counted(rows, [Basis.EXPECTED] * 20) == 0
