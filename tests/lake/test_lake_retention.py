"""Rows go when their period is over, and never while somebody needs them."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow.parquet as pq
import pytest
from tests.lake.upkept import DAY, NOON, events, kept, matches, seqs

from foreseen.core.errors import TransientError
from foreseen.core.ids import TenantId
from foreseen.lake.keeping.exchange import exchange
from foreseen.lake.keeping.holdings import holdings
from foreseen.lake.keeping.horizon import Keeping
from foreseen.lake.keeping.retention import Needs, Periods, Retention, expiries
from foreseen.lake.lake import Cursor, Lake
from foreseen.lake.store import TableStore

_QUIET = Keeping(checkpoint=1_000_000)
_MONTH = Retention({"events": Periods(expire=30 * DAY), "matches": Periods(expire=30 * DAY)})


def daily(folder: Path, days: int) -> Lake:
    """A lake with ten events and matches a day, the last of them today."""
    lake = Lake.open(folder)
    for day in range(days):
        batch, came = range(day * 10, day * 10 + 10), NOON - (days - 1 - day) * DAY
        lake.commit(
            {"events": events(batch, came=came), "matches": matches(batch, came=came)},
            Cursor("a", day + 1),
        )
    return lake


def test_days_go_whole_and_no_file_is_written(tmp_path: Path) -> None:
    lake = daily(tmp_path, 8)
    files = set((tmp_path / "events/data").iterdir())
    five = Retention({"events": Periods(expire=5 * DAY)})
    done = kept(lake, now=NOON + DAY // 4, retention=five, keeping=_QUIET).tables["events"]
    (expiry,) = done.expired
    assert (expiry.rows, len(expiry.files)) == (30, 3)
    assert seqs(lake) == list(range(30, 80))
    assert set((tmp_path / "events/data").iterdir()) == files
    assert seqs(lake, "matches") == list(range(80))


def test_a_tenants_own_period_counts(tmp_path: Path) -> None:
    lake = Lake.open(tmp_path)
    for number, tenant in enumerate(("a", "b")):
        rows = events(range(10), came=NOON - 20 * DAY, tenant=tenant)
        young = events(range(10, 40), tenant=tenant)
        lake.commit({"events": rows}, Cursor(tenant, 2 * number + 1))
        lake.commit({"events": young}, Cursor(tenant, 2 * number + 2))
    retention = Retention(
        {"events": Periods(expire=365 * DAY)}, {"b": {"events": Periods(expire=15 * DAY)}}
    )
    kept(lake, now=NOON, retention=retention, keeping=_QUIET)
    tenants = lake.read("events", ["tenant"])["tenant"].to_pylist()
    assert (tenants.count("a"), tenants.count("b")) == (40, 30)


def test_nothing_goes_unless_somebody_says_so(tmp_path: Path) -> None:
    lake = daily(tmp_path, 2)
    kept(lake, now=NOON + 4_000 * DAY, retention=Retention(), keeping=_QUIET)
    assert seqs(lake) == seqs(lake, "matches") == list(range(20))


def test_matches_of_open_alerts_stay_alone(tmp_path: Path) -> None:
    lake = Lake.open(tmp_path)
    lake.commit({"matches": matches(range(10), came=NOON - 33 * DAY)}, Cursor("a", 1))
    lake.commit({"matches": matches(range(10, 40))}, Cursor("a", 2))
    needs = Needs(matches={"default": {"match-3", "match-7", "match-12"}})
    (expiry,) = (
        kept(lake, now=NOON, retention=_MONTH, needs=needs, keeping=_QUIET)
        .tables["matches"]
        .expired
    )
    assert (expiry.rows, expiry.held) == (8, 2)
    assert seqs(lake, "matches") == [3, 7, *range(10, 40)]
    assert len(list(lake.since("matches", 2))) == 0  # written anew, not told anew
    again = kept(lake, now=NOON, retention=_MONTH, needs=needs, keeping=_QUIET)
    assert again.tables["matches"].expired == ()
    kept(lake, now=NOON, retention=_MONTH, keeping=_QUIET)
    assert seqs(lake, "matches") == list(range(10, 40))


def test_what_the_judge_has_not_seen_stays(tmp_path: Path) -> None:
    lake = daily(tmp_path, 40)
    files = holdings(lake.stores["matches"])
    needs = Needs(keep_after={"matches": 4})
    found = expiries(lake.stores["matches"], files, _MONTH, needs, now=NOON + DAY)
    assert sum(each.rows for each in found) == 40
    needs = Needs(keep_after={"matches": 40})
    found = expiries(lake.stores["matches"], files, _MONTH, needs, now=NOON + DAY)
    assert sum(each.rows for each in found) == 100


def test_a_clock_that_jumps_ahead_takes_nothing(tmp_path: Path) -> None:
    lake = daily(tmp_path, 4)
    done = kept(lake, now=NOON + 3_650 * DAY, retention=_MONTH, keeping=_QUIET).tables["events"]
    assert done.expired == ()
    assert done.waiting[0].rows == 40
    assert seqs(lake) == list(range(40))


def test_a_table_without_days_does_not_mix_weeks_so_that_files_can_go(tmp_path: Path) -> None:
    lake = daily(tmp_path, 22)
    kept(lake, now=NOON + DAY, keeping=_QUIET)
    spans = [each.came for each in holdings(lake.stores["matches"])]
    assert 3 <= len(spans) <= 5
    assert all(span and span[1] - span[0] < 7 * DAY for span in spans)
    assert seqs(lake, "matches") == list(range(220))


def test_old_days_are_written_once_more_and_then_left_alone(tmp_path: Path) -> None:
    lake = daily(tmp_path, 3)
    lake.commit({"events": events(range(30, 60), came=NOON - 2 * DAY)}, Cursor("a", 4))
    before = lake.read("events")
    retention = Retention({"events": Periods(cold=DAY)})
    kept(lake, now=NOON + DAY // 4, retention=retention, keeping=_QUIET)
    cold = [each for each in holdings(lake.stores["events"]) if each.is_cold]
    assert [each.rows for each in cold] == [10, 40]
    (path,) = [f.path for f in cold if f.rows == 40]
    file = pq.ParquetFile(tmp_path / "events" / unquote(path))
    assert file.metadata.num_row_groups == 1
    assert lake.read("events").equals(before)
    done = kept(lake, now=NOON + DAY // 4, retention=retention, keeping=_QUIET).tables["events"]
    assert done.cooled.merged == 0


def test_an_exchange_of_what_is_gone_changes_nothing(tmp_path: Path) -> None:
    lake = daily(tmp_path, 2)
    store = lake.stores["events"]
    first, second = holdings(store)
    assert exchange(store, [first], [], now=NOON, loses_rows=True)
    assert not exchange(store, [first, second], [], now=NOON)
    assert seqs(lake) == list(range(10, 20))


def test_an_exchange_gives_up_when_others_always_win(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake, other = daily(tmp_path, 1), Lake.open(tmp_path)
    store, number = lake.stores["events"], iter(range(100, 200))
    log = TableStore.log

    def beaten(self: TableStore, *given: Any, **named: Any) -> int:  # noqa: ANN401 (as they came)
        if self is store:
            other.commit({"events": events(range(0))}, Cursor("b", next(number)))
        return log(self, *given, **named)

    monkeypatch.setattr(TableStore, "log", beaten)
    monkeypatch.setattr("foreseen.lake.keeping.exchange._PAUSE_SECONDS", 0.0)
    with pytest.raises(TransientError):
        exchange(store, holdings(store), [], now=NOON)
    monkeypatch.undo()
    assert seqs(lake) == list(range(10))


def test_expired_rows_of_one_tenant_are_not_anothers(tmp_path: Path) -> None:
    lake = Lake.open(tmp_path)
    lake.commit({"events": events(range(5), came=NOON - 40 * DAY, tenant="x")}, Cursor("x", 1))
    lake.commit({"events": events(range(5, 50), tenant="x")}, Cursor("x", 2))
    lake.commit({"events": events(range(9), came=NOON - 40 * DAY, tenant="y")}, Cursor("y", 1))
    retention = Retention({}, {"x": {"events": Periods(expire=30 * DAY)}})
    kept(lake, now=NOON, retention=retention, keeping=_QUIET)
    assert len(lake.files("events", TenantId("y"))) == 1
    assert lake.read("events", ["tenant"])["tenant"].to_pylist().count("x") == 45
