"""Late evidence reaches both stores once, through restarts and crashes; the last word holds."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pytest
from sqlalchemy import Engine
from tests.pipeline.matches import table
from tests.pipeline.people import FAILED, SHELL, artefacts, in_cloud, on_host

from foreseen.control.alerts import Page, alerts
from foreseen.control.database import open_database
from foreseen.control.tenants import ensure_tenant
from foreseen.core.alerts import Alert
from foreseen.core.decisions import Basis
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.lake.asking.hunt import hunt
from foreseen.lake.lake import Cursor, Lake
from foreseen.pipeline.predictions import last_words
from foreseen.runners.judging import Judge
from foreseen.schema.arrow import texts
from foreseen.studies.rule_stats import rule_stats

GIVEN = artefacts()
NOW = 1_800_000_000_000


@contextmanager
def stores(
    folder: Path, failpoint: Callable[[str], None] = lambda _: None
) -> Iterator[tuple[Lake, Engine]]:
    """A lake and a control database; the lake calls the failpoint where a crash matters."""
    engine = open_database(folder / "control.db")
    ensure_tenant(engine, DEFAULT_TENANT, now=NOW)
    try:
        yield Lake.open(folder / "lake", failpoint=failpoint), engine
    finally:
        engine.dispose()


def deliver(folder: Path, number: int, *rows: dict[str, object]) -> Judge:
    """One commit of a shard, judged by a judge that has just started."""
    with stores(folder) as (lake, engine):
        lake.commit({"matches": table(*rows)}, Cursor("shard", number))
        judge = Judge(lake, engine, GIVEN)
        judge.drain()
    return judge


def held(folder: Path) -> tuple[pa.Table, list[Alert]]:
    with stores(folder) as (lake, engine):
        return lake.read("predictions"), alerts(engine, DEFAULT_TENANT, page=Page(members=True))


def check(folder: Path) -> None:
    """Both words are kept, the last one holds, and there is one alert that says why."""
    rows, (alert,) = held(folder)
    assert sorted(texts(rows, "match_uid")) == ["match-0001", "match-0002", "match-0002"]
    last = {row["match_uid"]: row for row in last_words(rows).to_pylist()}
    assert last["match-0002"]["basis"] == Basis.UNEXPECTED
    assert last["match-0002"]["elsewhere"] == [FAILED]
    assert last["match-0002"]["revised"] in alert.sentences
    assert alert.members == ("match-0002",)


def test_a_console_login_that_comes_fifteen_minutes_late_alerts_after_a_restart(
    tmp_path: Path,
) -> None:
    first = deliver(tmp_path, 1, on_host(2, 5))
    assert not held(tmp_path)[1]
    assert dict(first.verdicts.counts) == {(SHELL, "suppressed", "expected"): 1}
    deliver(tmp_path, 2, in_cloud(1, 0, late=15))
    check(tmp_path)


def test_counts_of_a_run_are_those_of_the_last_words(tmp_path: Path) -> None:
    judge = deliver(tmp_path, 1, on_host(2, 5), on_host(3, -3), in_cloud(1, 0, late=15))
    bases = {(rule, basis): count for (rule, _, basis), count in judge.verdicts.counts.items()}
    assert bases == {
        (SHELL, "unexpected"): 1, (SHELL, "expected"): 1, ("console_login", "expected"): 1,
    }  # fmt: skip
    with stores(tmp_path) as (lake, engine):
        done = rule_stats(lake, engine, DEFAULT_TENANT)[SHELL]
    assert (done.matches, done.alerted, done.suppressed) == (2, 1, 1)


@pytest.mark.parametrize("place", ["lake.before_predictions", "lake.after_predictions"])
def test_a_crash_on_the_way_loses_and_doubles_nothing(tmp_path: Path, place: str) -> None:
    deliver(tmp_path, 1, on_host(2, 5))

    def crash(reached: str) -> None:
        if reached == place:
            raise KeyboardInterrupt(place)

    with stores(tmp_path) as (lake, _):
        lake.commit({"matches": table(in_cloud(1, 0, late=15))}, Cursor("shard", 2))
    with stores(tmp_path, crash) as (lake, engine), pytest.raises(KeyboardInterrupt):
        Judge(lake, engine, GIVEN).drain()
    for _ in range(2):
        with stores(tmp_path) as (lake, engine):
            Judge(lake, engine, GIVEN).drain()
    check(tmp_path)


def test_a_person_who_hunts_finds_the_last_word_by_what_revised_it(tmp_path: Path) -> None:
    deliver(tmp_path, 1, on_host(2, 5))
    deliver(tmp_path, 2, in_cloud(1, 0, late=15))
    sql = (
        "SELECT match_uid, basis FROM predictions QUALIFY row_number() OVER (PARTITION BY match_uid"
        " ORDER BY coalesce(revised, '') <> '' DESC) = 1 ORDER BY match_uid"
    )
    with stores(tmp_path) as (lake, _):
        rows = hunt(lake, sql, 10).to_pylist()
    assert [row["basis"] for row in rows] == ["expected", "unexpected"]


def test_matches_of_the_accepted_history_are_not_judged_and_are_seen(tmp_path: Path) -> None:
    rows = [in_cloud(1, 0), on_host(2, 5)]
    with stores(tmp_path) as (lake, engine):
        lake.commit({"matches": table(*rows)}, Cursor("shard", 1))
        judge = Judge(lake, engine, GIVEN)
        assert judge.drain(since=int(str(rows[1]["time"]))) == 1
        assert texts(lake.read("predictions"), "basis") == ["unexpected"]
