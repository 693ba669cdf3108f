"""What stands above the list of alerts: over time and by value, of just those that it lists."""

# ruff: noqa: ANN401 (test files cannot import the fixture's class from conftest)

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.api.alerting import an_alert, fill

from foreseen.control import alert_spread
from foreseen.control.alerts import AlertFilter
from foreseen.core.ids import TenantId

TENANT, OTHER = TenantId("default"), TenantId("other")
START = 1_790_000_000_000
MINUTE, DAY = 60_000, 86_400_000


def spread(api: Any, **query: Any) -> dict[str, Any]:
    answer = api.client.get("/api/v1/alerts/histogram", params=query, headers=api.read)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def groups(api: Any, **query: Any) -> dict[str, Any]:
    answer = api.client.get("/api/v1/alerts/groups", params=query, headers=api.read)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_bars_hold_each_alert_once_by_severity_and_without_gaps(api: Any) -> None:
    levels = ["high", "high", "low", "critical"]
    made = [
        an_alert(f"a{number}", START + number * 10 * MINUTE, TENANT, severity=level)
        for number, level in enumerate(levels)
    ]
    fill(api.engine, *made, tenant=TENANT)
    found = spread(api)
    assert found["complete"] is True
    bars = found["bars"]
    assert [bar["until"] for bar in bars[:-1]] == [bar["since"] for bar in bars[1:]]
    assert sum(bar["alerts"] for bar in bars) == 4
    together: dict[str, int] = {}
    for bar in bars:
        for level, count in bar["by_severity"].items():
            together[level] = together.get(level, 0) + count
    assert together == {"high": 2, "low": 1, "critical": 1}
    assert sum(bar["alerts"] for bar in spread(api, severity="low")["bars"]) == 1


def test_nothing_is_told_of_another_organisation(api: Any) -> None:
    fill(api.engine, an_alert("theirs", START, OTHER), tenant=OTHER)
    assert spread(api) == {"bars": [], "complete": True}
    assert groups(api) == {"groups": [], "left_out": 0}


def test_groups_are_told_largest_first_with_their_worst_and_how_many_more_there_are(
    api: Any,
) -> None:
    made = [
        an_alert("a", START, TENANT, workload="web", severity="low"),
        an_alert("b", START + MINUTE, TENANT, workload="web", severity="high"),
        an_alert("c", START, TENANT, workload="db", severity="medium"),
        an_alert("d", START, TENANT, workload="ci", severity="odd"),
    ]
    fill(api.engine, *made, tenant=TENANT)
    found = groups(api, by="workload")["groups"]
    assert [(each["value"], each["alerts"], each["severity"]) for each in found] == [
        ("web", 2, "high"),
        ("ci", 1, "informational"),
        ("db", 1, "medium"),
    ]
    first = groups(api, by="workload", limit=1)
    assert [each["value"] for each in first["groups"]] == ["web"]
    assert first["left_out"] == 2
    assert [each["value"] for each in groups(api, by="assignee")["groups"]] == [""]


@pytest.mark.parametrize("by", ["title", "decision", "", "1"])
def test_only_columns_of_the_list_group_it(api: Any, by: str) -> None:
    answer = api.client.get("/api/v1/alerts/groups", params={"by": by}, headers=api.read)
    assert answer.status_code == 422


def test_of_more_alerts_than_a_person_waits_for_the_newest_are_told(
    api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alert_spread, "MOST", 3)
    made = [an_alert(f"a{number}", START + number * DAY, TENANT) for number in range(5)]
    fill(api.engine, *made, tenant=TENANT)
    found = spread(api)
    assert found["complete"] is False
    assert sum(bar["alerts"] for bar in found["bars"]) == 3
    assert found["bars"][-1]["until"] > found["bars"][0]["since"]


times = st.lists(
    st.integers(min_value=-(2**52), max_value=2**52) | st.integers(START, START + 400 * DAY),
    min_size=1,
    max_size=12,
)


@settings(max_examples=25, deadline=None)
@given(times)
def test_any_times_give_at_most_a_hundred_bars(moments: list[int]) -> None:
    first, last = min(moments), max(moments)
    step = alert_spread.step_of(first, last)
    assert (last // step) - (first // step) < 100
    assert step > 0


def test_a_filter_that_finds_nothing_gives_nothing(api: Any) -> None:
    fill(api.engine, an_alert("a", START, TENANT), tenant=TENANT)
    found = alert_spread.spread(api.engine, TENANT, AlertFilter(workload="none"))
    assert (found.bars, found.complete) == ((), True)
