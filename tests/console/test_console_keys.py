"""Keys: they can be switched off, an alert has its own, and a dialog gives the focus back."""

import csv
import io
import json
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.console.conftest import Watched
from tests.console.test_console_triage import rows, status_of

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def test_keys_of_one_letter_can_be_switched_off_and_on_again(watched: Watched) -> None:
    page = watched.page
    watched.go("/alerts", "Alerts")
    rows(page).first.wait_for()
    page.keyboard.press("?")
    letters = page.get_by_role("switch", name="Keys of one letter work")
    letters.press("Space")
    expect(letters).not_to_be_checked()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    first = page.locator("[data-at]").get_attribute("data-id")
    for key in ("d", "i", "j", "?", "g", "h"):
        page.keyboard.press(key)
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("heading", name="Alerts", level=1)).to_be_visible()
    page.get_by_role("grid", name="Alerts").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator(f"[data-at]:not([data-id='{first}'])")).to_be_visible()
    page.reload()
    page.get_by_role("button", name="You:").click()
    page.get_by_role("menuitem", name="Keys").click()
    letters.press("Space")
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("h")
    page.get_by_role("heading", name="Hunt", level=1).wait_for()


def test_an_alert_on_its_own_page_is_decided_by_the_keys_of_the_list(watched: Watched) -> None:
    page = watched.page
    watched.go("/alerts", "Alerts")
    uid = rows(page).first.get_attribute("data-id") or ""
    page.keyboard.press("o")
    page.get_by_role("heading", name="Alert", level=1).wait_for()
    page.get_by_role("button", name="Look into").wait_for()
    page.keyboard.press("i")
    page.get_by_text("1 acknowledged").wait_for()
    assert status_of(watched, uid) == "acknowledged"
    page.keyboard.press("z")
    page.get_by_text("Undone.").wait_for()
    assert status_of(watched, uid) == "open"
    page.keyboard.press("e")
    expect(page.get_by_role("dialog")).to_contain_text("Escalate this alert")
    page.keyboard.press("Escape")


def test_what_had_the_focus_has_it_again_after_a_dialog(watched: Watched) -> None:
    page = watched.page
    watched.go("/models/versions", "Versions of the models")
    opener = page.get_by_role("button", name="Gates").first
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("Gates of version")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(opener).to_be_focused()


def taken(watched: Watched, form: str) -> str:
    """The file that the page's export gives."""
    page = watched.page
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as found:
        page.get_by_role("menuitem", name=form, exact=True).click()
    return Path(found.value.path()).read_text(encoding="utf-8")


def test_alerts_and_the_audit_log_are_kept_as_the_list_shows_them(watched: Watched) -> None:
    page = watched.page
    watched.go("/alerts?status=all&severity=high", "Alerts")
    rows(page).first.wait_for()
    kept = [json.loads(line) for line in taken(watched, "NDJSON").splitlines()]
    assert {alert["severity"] for alert in kept} == {"high"}
    page.get_by_text(f"{len(kept)} alerts").wait_for()
    watched.go("/audit-log?action=create&kind=user", "Audit log")
    page.get_by_role("table", name="Entries").wait_for()
    entries = list(csv.DictReader(io.StringIO(taken(watched, "CSV"))))
    assert {(entry["action"], entry["kind"]) for entry in entries} == {("create", "user")}
