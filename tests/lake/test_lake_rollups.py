"""Rollups equal a count over the tables, however the input is cut, delivered and compacted."""

from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from tests.lake.object_store import BUCKET, options, s3_server
from tests.recording import extract, lines_of

from foreseen.core.errors import MalformedInputError
from foreseen.core.ids import DEFAULT_TENANT, TenantId
from foreseen.core.records import Line, Quarantined, Reason
from foreseen.lake.asking.hunt import hunt
from foreseen.lake.asking.rollup_reads import Chart, counts
from foreseen.lake.lake import Cursor, Lake
from foreseen.lake.rollup_batches import received, rollup_of_batch
from foreseen.lake.rollups import HOUR_MS, MOST_SKEW_MS, Counted, folded, rollup
from foreseen.lake.tables import TABLES
from foreseen.pipeline.shard import Lines, ShardArtefacts, ShardState, step
from foreseen.rules import RuleSet
from foreseen.runners.rules.files import load_rules
from foreseen.schema.arrow import PREDICTION_SCHEMA, batch_of, integers

Rows = Callable[..., pa.Table]
DAY = 24 * HOUR_MS


@pytest.fixture(scope="module")
def lines() -> list[Line]:
    """Recorded audit records, spread over three days of arrival, with some that are none."""
    found = [line.data for line in lines_of(extract(3000))]
    made, offset = [], 0
    for number, data in enumerate(found):
        data = b"no audit record\xff" if number % 97 == 0 else data  # noqa: PLW2901 (spoiled)
        came = 1_795_000_000_000 + number * (3 * DAY // len(found))
        made.append(Line(f"source-{number % 3}", offset, number, "x", data, came))
        offset += len(data) + 1
    return made


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    """The shipped rules."""
    return load_rules(None)


def _commit_all(
    lake: Lake,
    rules: RuleSet,
    lines: Sequence[Line],
    cut: int,
    again: bool = False,  # noqa: FBT001, FBT002 (a parameter)
) -> None:
    """Lines through the shard step into the lake, so many at a time."""
    state, artefacts = ShardState(), ShardArtefacts(DEFAULT_TENANT, rules)
    for begin in range(0, len(lines), cut):
        batch = [Lines("s", "auditd", lines[begin : begin + cut])]
        state, out = step(state, batch, artefacts)
        tables = {
            "events": pa.Table.from_batches([out.events]),
            "matches": pa.Table.from_batches([out.matches]),
            "quarantine": pa.Table.from_batches([out.quarantine]),
            "rollups": rollup_of_batch(DEFAULT_TENANT, batch, out),
        }
        for _ in range(1 + again):
            lake.commit(tables, Cursor("shard", begin + cut, begin))


_TABLE_OF = {
    Counted.EVENTS: ("events", "sum(strlen(raw))"),
    Counted.HOSTS: ("events", "NULL"),
    Counted.MATCHES: ("matches", "NULL"),
    Counted.QUARANTINED: ("quarantine", "sum(strlen(raw_hex) / 2)"),
}


def _counted_anew(lake: Lake, what: Counted, by: Sequence[str]) -> list[tuple[object, ...]]:
    """The same counts by DuckDB over the table itself."""
    table, size = _TABLE_OF[what]
    time = "ingested_time" if what is Counted.QUARANTINED else "time"
    named = ", ".join(by)
    with duckdb.connect() as database:
        return database.execute(
            f"SELECT {time} // {HOUR_MS} * {HOUR_MS} AS hour, {named}, count(*), "  # noqa: S608 (a test)
            f"CAST({size} AS BIGINT) FROM read_parquet(?) GROUP BY ALL",
            [lake.files(table, DEFAULT_TENANT)],
        ).fetchall()


def _told(lake: Lake, what: Counted, by: Sequence[str]) -> list[tuple[object, ...]]:
    found = counts(lake, DEFAULT_TENANT, Chart(what, tuple(by), bucket=HOUR_MS))
    return [tuple(row.values()) for row in found.to_pylist()]


@pytest.mark.parametrize(
    ("what", "by"),
    [
        (Counted.EVENTS, ("workload", "class_uid", "product")),
        (Counted.EVENTS, ("class_uid",)),
        (Counted.HOSTS, ("workload", "host")),
        (Counted.MATCHES, ("rule_id", "workload")),
        (Counted.QUARANTINED, ("source", "reason")),
    ],
)
def test_rollups_equal_a_count_over_the_table(
    counted_lakes: dict[str, Lake], what: Counted, by: tuple[str, ...]
) -> None:
    for lake in counted_lakes.values():
        expected = _counted_anew(lake, what, by)
        assert expected
        assert sorted(map(repr, _told(lake, what, by))) == sorted(map(repr, expected))


@pytest.fixture(scope="module")
def counted_lakes(
    tmp_path_factory: pytest.TempPathFactory, rules: RuleSet, lines: list[Line]
) -> dict[str, Lake]:
    """The same lines cut in several ways, each batch delivered twice, some compacted."""
    lakes = {}
    for name, cut in (("whole", 3000), ("cut", 701), ("small", 211)):
        lakes[name] = lake = Lake.open(tmp_path_factory.mktemp(name))
        _commit_all(lake, rules, lines, cut, again=True)
    lakes["small"].compact()
    return lakes


def test_counts_do_not_depend_on_where_the_input_is_cut(counted_lakes: dict[str, Lake]) -> None:
    whole, *others = counted_lakes.values()
    for what, by in ((Counted.EVENTS, ("product",)), (Counted.RECEIVED, ("source",))):
        for other in others:
            assert _told(other, what, by) == _told(whole, what, by)


def test_compaction_folds_rows_of_one_key(counted_lakes: dict[str, Lake]) -> None:
    rows = counted_lakes["small"].read("rollups")
    keys = rows.drop_columns(["count", "bytes"])
    assert keys.group_by(keys.schema.names).aggregate([]).num_rows == rows.num_rows
    assert counted_lakes["cut"].read("rollups").num_rows > rows.num_rows


def test_every_line_that_came_is_counted_by_its_source(
    counted_lakes: dict[str, Lake], lines: list[Line]
) -> None:
    found = counts(counted_lakes["cut"], DEFAULT_TENANT, Chart(Counted.RECEIVED, ("source",)))
    assert found["count"].to_pylist() == [1000, 1000, 1000]
    assert sum(integers(found, "bytes")) == sum(len(line.data) for line in lines)


def test_days_and_bounds_cut_the_same_hours(counted_lakes: dict[str, Lake]) -> None:
    lake = counted_lakes["cut"]
    whole = counts(lake, DEFAULT_TENANT, Chart(Counted.RECEIVED, bucket=HOUR_MS))
    hours = integers(whole, "time")
    middle = hours[len(hours) // 2]
    parts = [
        counts(lake, DEFAULT_TENANT, Chart(Counted.RECEIVED, bucket=HOUR_MS, until=middle)),
        counts(lake, DEFAULT_TENANT, Chart(Counted.RECEIVED, bucket=HOUR_MS, since=middle)),
    ]
    assert pa.concat_tables(parts).equals(whole)
    days = counts(lake, DEFAULT_TENANT, Chart(Counted.RECEIVED, bucket=DAY))
    assert sum(integers(days, "count")) == 3000
    assert all(time % DAY == 0 for time in integers(days, "time"))


def test_only_the_tenants_counts_are_told(tmp_path: Path, rows: Rows) -> None:
    lake = Lake.open(tmp_path)
    events = pa.concat_tables([rows("events", range(5)), rows("events", range(3), tenant="other")])
    lake.commit({"events": events, "rollups": rollup(events=events)}, Cursor("a", 1))
    for tenant, count in ((DEFAULT_TENANT, 5), (TenantId("other"), 3), (TenantId("nobody"), 0)):
        found = counts(lake, tenant, Chart(Counted.EVENTS))
        assert found["count"].to_pylist() == [count]


def test_times_that_cannot_be_are_counted_at_arrival(tmp_path: Path, rows: Rows) -> None:
    came = 1_790_000_000_000
    times = [came - MOST_SKEW_MS, came - MOST_SKEW_MS - 1, -5, 1 << 62, came + 5 * DAY]
    events = pa.concat_tables(
        [rows("events", [n], time=time, ingested_time=came) for n, time in enumerate(times)]
    )
    lake = Lake.open(tmp_path)
    lake.commit({"rollups": rollup(events=events)}, Cursor("a", 1))
    found = counts(lake, DEFAULT_TENANT, Chart(Counted.EVENTS, bucket=HOUR_MS)).to_pylist()
    hours = {row["time"]: row["count"] for row in found}
    hour = came // HOUR_MS * HOUR_MS
    assert hours == {
        (came - MOST_SKEW_MS) // HOUR_MS * HOUR_MS: 1,
        hour: 3,
        (came + 5 * DAY) // HOUR_MS * HOUR_MS: 1,
    }


def test_a_revised_decision_counts_under_its_last_word_alone(tmp_path: Path) -> None:
    first = {"tenant": "default", "rule_id": "r", "workload": "w", "time": 1_790_000_000_000}
    words = [
        {**first, "match_uid": "a", "outcome": "suppressed", "basis": "expected"},
        {**first, "match_uid": "b", "outcome": "suppressed", "basis": "expected", "revised": ""},
        {**first, "match_uid": "a", "outcome": "alerted", "basis": "unexpected", "revised": "late"},
    ]
    lake = Lake.open(tmp_path)
    for number, word in enumerate(words, 1):
        table = pa.Table.from_batches([batch_of([word], PREDICTION_SCHEMA)])
        lake.commit({"rollups": rollup(predictions=table)}, Cursor("judge/default", number))
    found = counts(lake, DEFAULT_TENANT, Chart(Counted.DECISIONS, ("outcome", "basis")))
    assert [tuple(row.values())[:3] for row in found.to_pylist()] == [
        ("alerted", "unexpected", 1),
        ("suppressed", "expected", 1),
    ]


def test_folding_parts_and_then_the_whole_changes_nothing(rows: Rows) -> None:
    parts = [rollup(events=rows("events", range(n, n + 7))) for n in range(0, 70, 7)]
    whole = folded(pa.concat_tables(parts))
    assert folded(pa.concat_tables([folded(pa.concat_tables(parts[:4])), *parts[4:]])) == whole
    assert whole["count"].to_pylist() == [70, 70]


def test_nothing_at_all_counts_nothing(tmp_path: Path) -> None:
    assert rollup().num_rows == 0
    assert received(DEFAULT_TENANT, []).schema == TABLES["rollups"].schema
    found = counts(Lake.open(tmp_path), DEFAULT_TENANT, Chart(Counted.EVENTS, ("host",)[:0]))
    assert found["count"].to_pylist() == [0]


def test_what_never_became_a_line_is_received_and_a_replay_has_no_hour() -> None:
    broken = Quarantined(Line("s", 0, 1, "p", b"abc"), Reason.DAMAGED_FILE)
    found = received(DEFAULT_TENANT, [Lines("s", "auditd", [], quarantined=[broken])])
    assert found.select(["source", "time", "count", "bytes"]).to_pylist() == [
        {"source": "s", "time": None, "count": 1, "bytes": 3}
    ]


@pytest.mark.parametrize(
    ("chart", "message"),
    [
        (Chart(Counted.EVENTS, ("host",)), "not counted by host; by any of: workload, class_uid"),
        (Chart(Counted.EVENTS, ('x" OR 1=1 --',)), "not counted by"),
        (Chart(Counted.EVENTS, since=5), "since 5: rollups know whole hours only"),
        (Chart(Counted.EVENTS, bucket=-HOUR_MS), "bucket -3600000"),
        (Chart(Counted.EVENTS, bucket=0), "bucket 0"),
    ],
)
def test_a_chart_that_cannot_be_is_told_why(tmp_path: Path, chart: Chart, message: str) -> None:
    with pytest.raises(MalformedInputError, match=message):
        counts(Lake.open(tmp_path), DEFAULT_TENANT, chart)


def test_a_lake_in_a_bucket_answers_charts_and_hunts_like_one_in_a_folder(
    tmp_path: Path, rows: Rows
) -> None:
    events = pa.concat_tables([rows("events", range(5)), rows("events", range(3), tenant="other")])
    told = {"events": events, "rollups": rollup(events=events)}
    sql = "SELECT workload, count(*) AS n, max(seq) AS last FROM events GROUP BY ALL"
    with s3_server() as endpoint:
        lakes = [Lake.open(tmp_path), Lake.open(f"s3://{BUCKET}/lake", s3=options(endpoint))]
        for lake in lakes:
            lake.commit(told, Cursor("a", 1))
        charts = [
            counts(lake, DEFAULT_TENANT, Chart(Counted.HOSTS, ("workload",))) for lake in lakes
        ]
        hunted = [hunt(lake, sql, 9) for lake in lakes]
    assert charts[0].equals(charts[1])
    assert charts[0]["count"].to_pylist() == [5]
    assert hunted[0].equals(hunted[1])
    assert hunted[0].to_pylist() == [{"workload": "web", "n": 5, "last": 4}]
