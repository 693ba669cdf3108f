"""What a key acts on is what the analyst sees, whatever the list does meanwhile."""

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.console.conftest import Watched

pytestmark = [pytest.mark.slow, pytest.mark.browser]

SLOW = 30_000.0
_SCROLLER = "[role=grid][aria-label=Alerts]"


def rows(page: Page) -> Locator:
    """The rows of the list of alerts that are drawn."""
    return page.get_by_role("grid", name="Alerts").locator("[data-id]")


def at(page: Page) -> str:
    """Which alert the keys are on."""
    row = page.get_by_role("grid", name="Alerts").locator("[data-at]")
    row.wait_for()
    return row.get_attribute("data-id") or ""


def status_of(watched: Watched, uid: str) -> str:
    """As the API has it."""
    return str(watched.page.request.get(f"{watched.url}/api/v1/alerts/{uid}").json()["status"])


def test_the_alert_that_an_address_names_is_the_one_that_a_key_acts_on(watched: Watched) -> None:
    watched.go("/alerts", "Alerts")
    rows(watched.page).nth(5).wait_for()
    uid = rows(watched.page).nth(5).get_attribute("data-id") or ""
    found = watched.page.request.get(f"{watched.url}/api/v1/alerts/{uid}").json()
    watched.go(f"/alerts?alert={uid}", "Alerts")
    expect(watched.page.locator(f"[data-at][data-id='{uid}']")).to_be_visible()
    watched.page.keyboard.press("d")
    expect(watched.page.get_by_role("dialog")).to_contain_text(found["title"][:30])
    watched.page.keyboard.press("Escape")


def test_a_list_that_loads_more_stays_where_it_was_scrolled_to(watched: Watched) -> None:
    watched.go("/alerts?status=all", "Alerts")
    rows(watched.page).first.wait_for()
    for _ in range(3):
        with watched.page.expect_response(lambda answer: "/api/v1/alerts?" in answer.url):
            to = watched.page.evaluate(
                f"() => {{ const box = document.querySelector('{_SCROLLER}');"
                " box.scrollTop = box.scrollHeight; return box.scrollTop; }"
            )
        watched.page.wait_for_timeout(300)
        now = watched.page.evaluate(f"() => document.querySelector('{_SCROLLER}').scrollTop")
        assert now >= to > 0


def test_choices_do_not_outlive_a_change_of_the_filter(watched: Watched) -> None:
    page = watched.page
    watched.go("/alerts", "Alerts")
    rows(page).nth(3).wait_for()
    for key in ("x", "j", "x"):
        page.keyboard.press(key)
    page.get_by_text("2 chosen").wait_for()
    page.goto(f"{watched.url}/alerts?severity=low")
    rows(page).first.wait_for()
    page.keyboard.press("x")
    page.get_by_text("1 chosen").wait_for()
    page.get_by_label("Severity").get_by_text("high").click()
    expect(page.get_by_text("1 chosen")).to_have_count(0)


def test_each_undo_takes_back_what_its_own_message_tells_of(watched: Watched) -> None:
    page = watched.page
    watched.go("/alerts", "Alerts")
    first = at(page)
    page.keyboard.press("i")
    page.get_by_text("1 acknowledged").wait_for()
    expect(page.locator(f"[data-at]:not([data-id='{first}'])")).to_be_visible()
    second = at(page)
    page.keyboard.press("i")
    expect(page.get_by_text("1 acknowledged")).to_have_count(2)
    assert (status_of(watched, first), status_of(watched, second)) == ("acknowledged",) * 2
    undo = page.get_by_role("button", name="Undo (z)")
    told = page.get_by_text("Undone.")
    undo.first.click()
    told.wait_for()
    left = {status_of(watched, first), status_of(watched, second)}
    assert left == {"open", "acknowledged"}
    page.keyboard.press("z")
    expect(undo).to_have_count(0)
    expect(told.first).to_be_visible()
    page.wait_for_function("() => !document.querySelector('[data-loading]')")
    assert {status_of(watched, first), status_of(watched, second)} == {"open"}


def test_signs_that_an_address_encodes_are_asked_as_they_were_typed(watched: Watched) -> None:
    sql = "SELECT count(*) AS n FROM events WHERE process_cmd_line LIKE '%bash%'"
    asked = watched.page.request.post(
        f"{watched.url}/api/v1/hunts",
        data={"sql": sql},
        headers={"X-Foreseen-Request": "1", "Origin": watched.url},
    ).json()
    told = str(asked["rows"][0]["n"])
    assert int(told) > 0
    watched.go(f"/hunt?sql={sql.replace('%', '%25').replace(' ', '+')}", "Hunt")
    grid = watched.page.get_by_role("grid", name="Results")
    grid.get_by_text(told, exact=True).wait_for(timeout=SLOW)
    expect(watched.page.get_by_role("textbox").first).to_contain_text("'%bash%'")


def test_the_figures_of_bars_are_a_table_where_a_span_is_chosen_by_keys(watched: Watched) -> None:
    page = watched.page
    watched.go("/alerts?status=all", "Alerts")
    page.get_by_role("button", name="Alerts over time, by severity: as a table").press("Enter")
    table = page.get_by_role("region", name="Alerts over time, by severity")
    table.get_by_role("button", name="only this").first.press("Enter")
    page.wait_for_url("**from=**")
