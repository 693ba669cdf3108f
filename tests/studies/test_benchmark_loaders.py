"""Anybody's labelled events become a data set, and every fault of a file is named."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.labelled import (
    START,
    Columns,
    ait_columns,
    atomic_columns,
    check_shape,
    generic_columns,
    match_times,
    shuffled,
    stored,
)

from foreseen.core.errors import ConfigurationError, MalformedInputError, NotFoundError
from foreseen.studies.benchmark.dataset import PARTS
from foreseen.studies.benchmark.loaders import generic
from foreseen.studies.benchmark.loaders.recognise import load


def test_parts_of_an_own_file_follow_time_and_shares(tmp_path: Path) -> None:
    data = load(stored(tmp_path, generic_columns()))
    check_shape(data)
    assert Counter(data.column("part")) == {"train": 50, "cal": 15, "test": 35}
    assert max(match_times(data, "train")) < min(match_times(data, "cal"))
    assert max(match_times(data, "cal")) < min(match_times(data, "test"))
    assert set(data.column("group")[data.malicious]) == {"theft"}
    assert data.weights.sum() == 100


def test_no_session_is_cut_in_two(tmp_path: Path) -> None:
    columns = generic_columns()
    columns["session"] = [f"s{i // 8}" for i in range(100)]
    data = load(stored(tmp_path, columns))
    parts: dict[str, set[str]] = {}
    for session, part in zip(
        data.events["session"].take(data.matches["event"]).to_pylist(),
        data.column("part"),
        strict=True,
    ):
        parts.setdefault(str(session), set()).add(part)
    assert all(len(each) == 1 for each in parts.values())
    assert Counter(next(iter(each)) for each in parts.values()) == {"train": 7, "cal": 2, "test": 4}


def test_a_session_of_one_name_on_two_workloads_is_two(tmp_path: Path) -> None:
    columns = generic_columns()
    columns["workload"] = ["early"] * 50 + ["late"] * 50
    columns["session"] = ["s"] * 50 + [None] * 20 + ["s"] * 30
    data = load(stored(tmp_path, columns))
    assert Counter(data.column("part")) == {"train": 50, "cal": 15, "test": 35}


def test_cuts_that_somebody_names_decide(tmp_path: Path) -> None:
    path, first = stored(tmp_path, generic_columns()), START * 1000
    data = load(path, train_until=first + 60_000 * 20, calibrate_until=first + 60_000 * 30)
    assert Counter(data.column("part")) == {"train": 20, "cal": 10, "test": 70}
    with pytest.raises(ConfigurationError, match="give both"):
        load(path, train_until=first)
    with pytest.raises(ConfigurationError, match="before training"):
        load(path, train_until=first + 2, calibrate_until=first + 1)


@pytest.mark.parametrize("make", [generic_columns, ait_columns, atomic_columns])
def test_a_column_part_overrides_every_split_of_every_form(
    tmp_path: Path, make: Callable[[], Columns]
) -> None:
    columns = make()
    count = pa.table(columns).num_rows
    columns["part"] = ["test"] + [PARTS[(i // 4) % 3] for i in range(count - 1)]
    data = load(stored(tmp_path, columns), train_until=1, calibrate_until=2)
    check_shape(data)
    if make is generic_columns:
        assert data.column("part").tolist() == columns["part"]
    assert data.column("part")[0] == "test"


def test_unsorted_rows_give_the_same_data_set(tmp_path: Path) -> None:
    for columns in (generic_columns(), atomic_columns()):
        sorted_ = load(stored(tmp_path, columns))
        mixed = load(stored(tmp_path, shuffled(columns)))
        assert mixed.events.equals(sorted_.events)
        assert mixed.matches.equals(sorted_.matches)


def test_events_without_a_rule_are_context_only(tmp_path: Path) -> None:
    columns = generic_columns()
    columns["rule"] = ["noisy" if i % 2 else (None, "")[i % 4 // 2] for i in range(100)]
    columns["part"] = [PARTS[i // 34] if i % 2 else None for i in range(100)]
    data = load(stored(tmp_path, columns))
    assert (data.events.num_rows, data.matches.num_rows) == (100, 50)
    assert data.matches["event"].to_pylist() == list(range(1, 100, 2))


def test_an_event_matches_each_rule_of_its_list_once(tmp_path: Path) -> None:
    columns = generic_columns()
    del columns["rule"]
    columns["rules"] = pa.array([["b", "a", "b", None], [], None, ["a"]] * 25)
    data = load(stored(tmp_path, columns))
    assert data.matches["event"].to_pylist()[:5] == [0, 0, 3, 4, 4]
    assert data.matches["rule"].to_pylist()[:5] == ["b", "a", "a", "b", "a"]


def test_what_is_written_for_no_attack_is_benign(tmp_path: Path) -> None:
    columns = generic_columns()
    columns["label"] = [None, "", "-", "benign", " Benign "] * 20
    assert not load(stored(tmp_path, columns)).malicious.any()
    columns["label"] = [i >= 95 for i in range(100)]
    columns["session"] = [f"s{i // 5}" for i in range(100)]
    data = load(stored(tmp_path, columns))
    assert set(data.column("group")[data.malicious]) == {"web/s19"}


def test_the_cluster_is_the_session_or_the_day(tmp_path: Path) -> None:
    columns = generic_columns()
    columns["session"] = ["s"] * 3 + [None] * 97
    clusters = load(stored(tmp_path, columns)).column("cluster")
    assert clusters[0] == "web/s"
    assert clusters[3] == f"web/day {START // 86_400}"


def test_a_token_is_made_of_who_started_what(tmp_path: Path) -> None:
    columns = generic_columns()
    del columns["token"]
    columns["parent"] = ["/usr/sbin/cron"] * 99 + [None]
    columns["child"] = ["/usr/bin/curl"] * 100
    columns["command"] = [f"curl -s http://192.0.2.1/{i}" for i in range(100)]
    columns["user"] = ["root"] * 100
    data = load(stored(tmp_path, columns))
    assert set(data.events["token"].to_pylist()) == {
        "cron > curl -s url:http:192.0.2.1:",
        "curl -s url:http:192.0.2.1:",
    }
    assert set(data.column("command")) == {"curl -s http://192.0.2.1/#"}
    assert set(data.column("parent")) == {"/usr/sbin/cron", None}


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_a_timestamp_of_any_unit_is_milliseconds(tmp_path: Path, unit: str) -> None:
    columns = generic_columns()
    moment = [datetime.fromtimestamp(START + 60 * i, UTC) for i in range(100)]
    columns["time"] = pa.array(moment).cast(pa.timestamp(unit, "UTC"))
    assert load(stored(tmp_path, columns)).events["time"][1].as_py() == (START + 60) * 1000


def test_extra_columns_do_no_harm(tmp_path: Path) -> None:
    columns = generic_columns()
    columns["net"] = ["one"] * 100
    columns["nested"] = [{"a": [1]}] * 100
    assert load(stored(tmp_path, columns)).matches.num_rows == 100


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"label": None}, "lacks label"),
        ({"time": None}, "lacks time"),
        ({"workload": None}, "lacks workload"),
        ({"rule": None}, "rules: add one column"),
        ({"rules": [["a"]] * 100}, "there are both"),
        ({"token": None}, "token: there is no such column"),
        ({"time": [float("nan")] * 100}, "time: is double, must be a timestamp"),
        ({"time": [None, *range(START * 1000, START * 1000 + 99)]}, "time: 1 rows have none"),
        ({"time": list(range(START, START + 100))}, "look like seconds"),
        ({"time": [START * 1_000_000_000] * 100}, "is the unit right"),
        ({"time": [-1] * 100}, "is the unit right"),
        ({"workload": [7] * 100}, "workload: is int64, must be text"),
        ({"workload": ["w"] * 99 + [None]}, "workload: 1 rows have none, the first is row 99"),
        ({"rule": [None] * 100}, "no event matches a rule"),
        ({"label": ["False"] * 100}, "label: 'False' is a truth written as text"),
        ({"label": [0] * 100}, "label: is int64, must be text"),
        ({"harness": ["no"] * 100}, "harness: is string, must be bool"),
        ({"part": ["training"] * 100}, "part: 'training' is unknown: write train, cal, test"),
        ({"part": ["train"] * 99 + [None]}, "part: 1 events that match a rule have none"),
        ({"part": ["train"] * 100}, "no rule matches in cal, test"),
        ({"session": ["s"] * 100}, "no rule matches in cal, test"),
        ({"token": pa.array([b"\xff"] * 100).cast(pa.binary())}, "token: is binary"),
    ],
)
def test_a_fault_is_named_with_its_column(tmp_path: Path, change: Columns, told: str) -> None:
    columns = generic_columns() | change
    path = stored(
        tmp_path, {name: column for name, column in columns.items() if column is not None}
    )
    with pytest.raises(MalformedInputError, match=told) as raised:
        load(path)
    assert str(raised.value).startswith(str(path))


def test_a_list_of_rules_must_be_of_texts(tmp_path: Path) -> None:
    columns = generic_columns()
    del columns["rule"]
    columns["rules"] = [[1]] * 100
    with pytest.raises(MalformedInputError, match="rules: is list<element: int64>"):
        load(stored(tmp_path, columns))


def test_broken_text_is_no_crash(tmp_path: Path) -> None:
    columns = generic_columns()
    broken = pa.Array.from_buffers(pa.string(), 100, pa.array([b"\xff\xfe"] * 100).buffers())
    columns["workload"] = broken
    with pytest.raises(MalformedInputError, match="workload: holds broken text"):
        load(stored(tmp_path, columns))


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    table = pa.table(generic_columns()).slice(0, 0)
    pq.write_table(table, tmp_path / "empty.parquet")
    with pytest.raises(MalformedInputError, match="no rows"):
        load(tmp_path / "empty.parquet")


def test_what_is_no_parquet_or_no_file_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "text.parquet").write_text("time,workload\n", encoding="utf-8")
    with pytest.raises(MalformedInputError, match="cannot be read as Parquet"):
        load(tmp_path / "text.parquet")
    with pytest.raises(NotFoundError, match="no such file"):
        load(tmp_path / "absent.parquet")


def test_a_column_that_stands_twice_is_refused(tmp_path: Path) -> None:
    table = pa.table(generic_columns())
    twice = table.append_column("label", table["label"])
    pq.write_table(twice, tmp_path / "twice.parquet")
    with pytest.raises(MalformedInputError, match="stand twice: label"):
        load(tmp_path / "twice.parquet")


def test_an_unknown_form_tells_what_each_form_lacks(tmp_path: Path) -> None:
    columns = ait_columns()
    del columns["net"]
    with pytest.raises(MalformedInputError, match="AIT-ADS lacks net; atomic-evtx lacks session"):
        load(stored(tmp_path, columns))


def test_every_column_is_documented() -> None:
    text = (Path(__file__).parents[2] / "docs" / "benchmark-data.md").read_text(encoding="utf-8")
    for name in (*generic.COLUMNS, *generic.OPTIONAL):
        assert f"`{name}`" in text, name
