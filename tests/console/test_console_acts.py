"""The analyst's day, its acts: escalate, restore, hunt, look up what a user ran."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from tests.console.conftest import Watched

pytestmark = [pytest.mark.slow, pytest.mark.browser]

SLOW = 30_000.0
"""Milliseconds for an answer that reads many events."""
KEPT = "curl, as we look for it"


def undone(page: Page) -> None:
    """Take back what was done last, by its key."""
    page.keyboard.press("z")
    page.get_by_text("Undone.").wait_for()


def test_an_alert_is_escalated_and_that_is_taken_back(watched: Watched) -> None:
    watched.go("/alerts", "Alerts")
    page = watched.page
    at = page.get_by_role("grid", name="Alerts").locator("[data-at]")
    at.wait_for()
    uid = at.get_attribute("data-id") or ""
    watched.go(f"/alerts/{uid}", "Alert")
    page.get_by_role("button", name=re.compile("^Escalate")).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("suspected attack").check()
    dialog.get_by_label("In your words").fill("seen beside a login from nowhere")
    dialog.get_by_role("button", name="Escalate").click()
    page.get_by_text("1 escalated").wait_for()
    expect(page.get_by_text("escalated", exact=True).first).to_be_visible()
    undone(page)
    expect(page.get_by_text("open", exact=True).first).to_be_visible()
    page.get_by_role("tab", name="History").click()
    page.get_by_text("seen beside a login from nowhere").wait_for()


def test_what_a_dismissal_moves_is_told_before_it_is_done(watched: Watched) -> None:
    watched.go("/alerts?rule=download_tool", "Alerts")
    page = watched.page
    page.get_by_role("grid", name="Alerts").locator("[data-at]").wait_for()
    page.keyboard.press("d")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("business operation").check()
    dialog.get_by_role("button", name="What would this move?").click()
    receipt = dialog.get_by_role("region", name="Receipt")
    receipt.wait_for(timeout=8 * SLOW)
    expect(receipt).to_contain_text(re.compile(r"\d"))
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_a_suppressed_match_is_restored_as_an_alert_and_that_is_taken_back(
    watched: Watched,
) -> None:
    watched.go("/suppressed", "Suppressed")
    page = watched.page
    rows = page.get_by_role("grid", name="Suppressed matches")
    rows.locator("[data-at]").wait_for()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    match = page.get_by_role("region", name="Suppressed match")
    match.get_by_role("heading", name="Why this was expected").wait_for()
    page.keyboard.press("r")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Why it should be told").fill("nobody here runs that")
    dialog.get_by_role("button", name="Restore").click()
    page.get_by_text(re.compile("^Restored as an alert")).wait_for()
    match.get_by_role("link", name="its alert").wait_for()
    undone(page)
    expect(match.get_by_role("link", name="its alert")).to_be_hidden()


@pytest.fixture
def hunting(watched: Watched) -> Iterator[Watched]:
    """A hunt for curl; what a test keeps is forgotten."""
    watched.go("/hunt?search=process_name%3Acurl", "Hunt")
    watched.page.get_by_role("grid", name="Results").wait_for(timeout=SLOW)
    yield watched
    watched.page.evaluate(
        """async (name) => {
            const kept = await (await fetch('/api/v1/saved-searches?limit=200')).json();
            const headers = {'x-foreseen-request': '1'};
            for (const each of kept.saved_searches.filter((one) => one.name === name)) {
                await fetch('/api/v1/saved-searches/' + each.id, {method: 'DELETE', headers});
            }
        }""",
        KEPT,
    )


def test_a_hunt_is_narrowed_by_a_value_and_by_its_course(hunting: Watched) -> None:
    page = hunting.page
    rows = page.get_by_role("heading", name=re.compile(r"^[\d,]+ rows$"))
    before = rows.inner_text()
    page.get_by_role("grid", name="Results").get_by_role("row").nth(1).click()
    dialog = page.get_by_role("dialog", name="Row")
    dialog.get_by_role("button", name="More on host").click()
    page.get_by_role("menuitem", name="Only rows with it").click()
    expect(page).to_have_url(re.compile("host"))
    page.keyboard.press("Escape")
    course = page.get_by_role("img", name=re.compile("^Rows over time")).or_(
        page.get_by_role("group", name=re.compile("^Rows over time"))
    )
    box = course.first.bounding_box()
    assert box is not None
    height = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.3, height)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.7, height, steps=5)
    page.mouse.up()
    expect(page).to_have_url(re.compile("time"))
    expect(rows).not_to_have_text(before, timeout=SLOW)


def test_a_question_is_kept_found_again_and_forgotten(hunting: Watched) -> None:
    page = hunting.page
    page.get_by_role("button", name="Saved").click()
    page.get_by_role("textbox", name="Keep this question as").fill(KEPT)
    page.get_by_role("button", name="Keep", exact=True).click()
    kept = page.get_by_role("menuitem", name=KEPT)
    kept.wait_for()
    hunting.go("/hunt", "Hunt")
    page.get_by_role("button", name="Saved").click()
    kept.click()
    expect(page).to_have_url(re.compile("curl"))
    page.get_by_role("grid", name="Results").wait_for(timeout=SLOW)
    page.get_by_role("button", name=f"Forget {KEPT}").click()
    expect(kept).to_be_hidden()


def test_a_hunt_in_sql_answers_and_a_wrong_one_says_what_is_wrong(watched: Watched) -> None:
    page = watched.page
    watched.go(
        "/hunt?sql=select%20workload%2C%20count(*)%20as%20n%20from%20events%20group%20by%201"
    )
    page.get_by_role("grid", name="Results").get_by_text("bastion").wait_for(timeout=SLOW)
    watched.go("/hunt?sql=drop%20table%20events")
    page.get_by_role("alert").get_by_text(re.compile("SELECT", re.IGNORECASE)).wait_for()
    watched.faults = [fault for fault in watched.faults if "422" not in fault]


def test_a_rule_is_begun_from_a_hunt(hunting: Watched) -> None:
    page = hunting.page
    page.get_by_role("link", name="Make a rule of it").click()
    page.get_by_role("heading", name="New rule", level=1).wait_for()
    page.get_by_role("textbox", name=re.compile("^Text")).get_by_text("curl").first.wait_for()


def test_what_a_user_ran_is_looked_up_by_name(watched: Watched) -> None:
    page = watched.page
    watched.go("/users", "Users")
    page.get_by_role("grid", name="Users").get_by_text("ops", exact=True).click()
    page.get_by_role("heading", name="User", level=1).wait_for()
    commands = page.get_by_role("table", name="Commands")
    expect(commands.get_by_role("row")).not_to_have_count(0)
    expect(commands.get_by_role("row").nth(1)).to_contain_text(re.compile(r"\w"))
    page.get_by_role("tab", name="Files").click()
    page.get_by_role("table", name="Files").wait_for()
    page.get_by_role("tab", name="What alerted").click()
    page.get_by_role("table", name="What alerted").get_by_text("its alert").first.wait_for()
    page.get_by_role("tab", name="Logins").click()
    page.get_by_role("table", name="Logins").wait_for()
    page.get_by_role("tab", name="Risk").click()
    page.get_by_role("table", name="What the risk is from").get_by_role("row").nth(1).wait_for()
    page.get_by_role("tab", name="What is new").click()
    expect(page.get_by_role("table", name="New: Programs")).to_contain_text("/usr/", timeout=SLOW)


def test_what_is_new_on_a_workload_and_which_files_changed_is_told(watched: Watched) -> None:
    page = watched.page
    watched.go("/workloads/web?tab=new", "Workload")
    new = page.get_by_role("table", name="New: Programs")
    expect(new).to_contain_text("/usr/bin/socat", timeout=SLOW)
    page.get_by_role("table", name="What the risk is from").get_by_role("row").nth(1).wait_for()
    page.get_by_role("tab", name="Files").click()
    page.get_by_role("button", name="/var/log", exact=True).click()
    files = page.get_by_role("table", name="Changed files")
    expect(page.get_by_role("heading", name="Changed files below /var/log/")).to_be_visible()
    expect(files.get_by_role("row").nth(1)).to_contain_text("/var/log/")
    page.get_by_role("tab", name="Network").click()
    expect(page.get_by_role("table", name="Listening ports")).to_contain_text("/usr/bin/socat")
