"""The analyst's day: find, understand, decide, take back, by keys alone where it says so."""

import re

import pytest
from playwright.sync_api import Page, expect
from tests.console.conftest import Watched

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def chosen_row(page: Page) -> str:
    """Uid of the row that the keys are on."""
    row = page.get_by_role("grid", name="Alerts").locator("[data-at]")
    return row.get_attribute("data-id") or ""


def test_alerts_are_triaged_by_keys_alone_and_a_dismissal_is_taken_back(watched: Watched) -> None:
    watched.go("/", "Overview")
    page = watched.page
    page.keyboard.press("g")
    page.keyboard.press("a")
    page.get_by_role("heading", name="Alerts", level=1).wait_for()
    page.get_by_role("grid", name="Alerts").locator("[data-at]").wait_for()
    first = chosen_row(page)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    second = chosen_row(page)
    assert first != second
    page.keyboard.press("Enter")
    page.get_by_role("heading", name=re.compile("Why this was")).wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("temporary maintenance").check()
    dialog.get_by_role("button", name="Dismiss").click()
    page.get_by_text("1 dismissed").wait_for()
    page.keyboard.press("z")
    page.get_by_text("Undone.").wait_for()
    watched.go(f"/alerts/{second}")
    expect(page.get_by_text("open", exact=True).first).to_be_visible()


def test_many_are_chosen_acknowledged_and_given_back(watched: Watched) -> None:
    watched.go("/alerts", "Alerts")
    page = watched.page
    page.get_by_role("grid", name="Alerts").locator("[data-at]").wait_for()
    for key in ("x", "j", "j", "Shift+x"):
        page.keyboard.press(key)
    page.get_by_text("3 chosen").wait_for()
    page.keyboard.press("i")
    page.get_by_text("3 acknowledged").wait_for()
    page.get_by_role("button", name="Undo (z)").click()
    page.get_by_text("Undone.").wait_for()


def test_the_address_holds_the_filter_and_the_query_box_sets_it(watched: Watched) -> None:
    watched.go("/alerts?status=all", "Alerts")
    page = watched.page
    page.keyboard.press("/")
    page.keyboard.type("workload:db severity:high")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("severity=high"))
    expect(page).to_have_url(re.compile("workload=db"))
    rows = page.get_by_role("grid", name="Alerts").get_by_role("row")
    expect(rows.nth(1)).to_contain_text("db")
    page.go_back()
    expect(page).not_to_have_url(re.compile("workload=db"))


def judged_alert(page: Page) -> str:
    """Uid of the alert that surprised its model most."""
    found: str = page.evaluate(
        """async () => {
            const answer = await fetch('/api/v1/alerts?limit=200');
            const { alerts } = await answer.json();
            alerts.sort((a, b) => (b.surprise ?? 0) - (a.surprise ?? 0));
            return alerts[0].uid;
        }"""
    )
    return found


def test_an_alert_tells_why_what_came_before_and_its_processes(watched: Watched) -> None:
    watched.go("/alerts", "Alerts")
    page = watched.page
    watched.go(f"/alerts/{judged_alert(page)}", "Alert")
    page.get_by_role("heading", name="Why this was not expected").wait_for()
    page.get_by_text("The smallest change that would have made it expected").wait_for()
    page.get_by_role("group", name="Events before the match").wait_for()
    page.get_by_role("tab", name="Processes").click()
    page.get_by_role("list", name="Process tree").wait_for()
    page.get_by_role("tab", name="Event").click()
    page.get_by_text("event_uid", exact=True).wait_for()


def test_the_keys_are_listed(watched: Watched) -> None:
    watched.go("/alerts", "Alerts")
    watched.page.keyboard.press("?")
    dialog = watched.page.get_by_role("dialog")
    dialog.get_by_text("dismiss").wait_for()
    dialog.get_by_text("go to Hunt").wait_for()


def test_the_console_comes_back_by_itself_after_the_server_was_away(watched: Watched) -> None:
    page = watched.page
    away = True

    def cut(route: object) -> None:
        route.abort() if away else route.continue_()  # type: ignore[attr-defined]

    watched.go("/", "Overview")
    page.route("**/api/v1/alerts?*", cut)
    page.keyboard.press("g")
    page.keyboard.press("a")
    page.get_by_text("the server can't be reached").first.wait_for()
    away = False
    page.get_by_role("grid", name="Alerts").locator("[data-at]").wait_for()
    watched.faults = [fault for fault in watched.faults if "ERR_FAILED" not in fault]
