"""The audit log, people who are locked, and the system: what an admin sees and does."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.console.conftest import Watched
from tests.console.test_console_pages import barriers

pytestmark = [pytest.mark.slow, pytest.mark.browser]

LONG = 60_000
"""Milliseconds for what is refreshed now and then."""

_SEND = """async ([method, path, body]) => {
    const headers = {'content-type': 'application/json', 'x-foreseen-request': '1'};
    const answer = await fetch(path, {method, headers, body: body && JSON.stringify(body)});
    const text = await answer.text();
    return [answer.status, text ? JSON.parse(text) : null];
}"""


def sent(page: Page, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 (JSON)
    """What the server answers to the person's own page, which must succeed."""
    status, told = page.evaluate(_SEND, [method, f"/api/v1{path}", body])
    assert 200 <= status < 300, told
    return told


def lock(page: Page, url: str, name: str) -> None:
    """Guess passwords until the account must wait for long; each guess waits as it is told."""
    for _ in range(40):
        answer = page.request.post(
            f"{url}/api/v1/auth/login", data={"name": name, "password": "not the right one"}
        )
        if answer.status == 429:
            wait = int(answer.headers["retry-after"])
            if wait >= 12:
                return
            page.wait_for_timeout(wait * 1_000)
    raise AssertionError("it is not locked")


def test_an_entry_says_which_fields_changed_and_folds_away_the_rest(
    watched: Watched, console: Path
) -> None:
    page = watched.page
    watched.go("/access?tab=people", "Access")
    sent(page, "POST", "/users", {"name": "mallory", "role": "viewer"})
    try:
        sent(page, "PATCH", "/users/mallory", {"role": "analyst"})
        watched.go("/audit-log?kind=user&action=change&text=MALL", "Audit log")
        entries = page.get_by_role("table", name="Entries")
        expect(entries.get_by_role("button", name="field of entry")).to_have_count(1)
        entries.get_by_role("button", name="field of entry").click()
        changed = page.get_by_role("table", name=re.compile("What entry .* changed"))
        rows = changed.get_by_role("row")
        expect(rows).to_have_count(2)
        expect(rows.nth(1)).to_have_text(re.compile("role.*viewer.*analyst"))
        stayed = page.get_by_role("button", name=re.compile("that stayed"))
        stayed.click()
        left = page.get_by_role("table", name=re.compile("What entry .* left"))
        expect(left.get_by_role("row").filter(has_text="state")).to_contain_text("active")
        watched.quiet()
        assert barriers(watched, console) == []
    finally:
        sent(page, "DELETE", "/users/mallory")


def test_filters_of_the_audit_log_lie_in_the_address_and_the_chain_is_told(
    watched: Watched,
) -> None:
    page = watched.page
    watched.go("/audit-log", "Audit log")
    entries = page.get_by_role("table", name="Entries")
    known = sent(page, "GET", "/audit-log/verification")
    assert known["whole"] is True
    expect(page.get_by_text(re.compile("entries, none changed or missing"))).to_be_visible()
    page.get_by_label("Text in names").fill("ada")
    page.get_by_label("Text in names").press("Enter")
    page.wait_for_url(re.compile(r"text=ada"))
    page.get_by_role("combobox", name="Did").fill("create")
    page.get_by_role("combobox", name="Did").press("Enter")
    page.wait_for_url(re.compile(r"action=create"))
    told = sent(page, "GET", "/audit-log?text=ada&action=create")["entries"]
    assert told
    expect(entries.get_by_role("row")).to_have_count(len(told) + 1)
    page.get_by_text("24 h", exact=True).click()
    page.wait_for_url(re.compile(r"span=24"))
    page.reload()
    expect(page.get_by_label("Text in names")).to_have_value("ada")
    expect(entries.get_by_role("row")).to_have_count(len(told) + 1)
    page.get_by_role("button", name="All entries").click()
    expect(page.get_by_label("Text in names")).to_have_value("")
    assert "?" not in page.url


def test_a_locked_account_is_shown_and_unlocked(watched: Watched, console: Path) -> None:
    page = watched.page
    watched.go("/access?tab=people", "Access")
    sent(page, "POST", "/users", {"name": "trent", "role": "viewer"})
    try:
        lock(page, watched.url, "trent")
        page.reload()
        row = page.get_by_role("table", name="People").get_by_role("row").filter(has_text="trent")
        expect(row.get_by_text("locked")).to_be_visible()
        assert barriers(watched, console) == []
        row.get_by_role("button", name="Unlock trent").click()
        page.get_by_text("trent may log in again").wait_for()
        expect(row.get_by_text("locked")).to_have_count(0)
        assert sent(page, "GET", "/users/trent")["locked_until"] is None
    finally:
        sent(page, "DELETE", "/users/trent")


def test_the_system_tells_what_is_stored_and_how_much_came(watched: Watched) -> None:
    page = watched.page
    watched.go("/system", "System")
    tables = page.get_by_role("table", name="Tables of the lake")
    told = {each["table"]: each for each in sent(page, "GET", "/storage")["tables"]}
    expect(tables.get_by_role("row")).to_have_count(len(told) + 1)
    matches = tables.get_by_role("row").filter(has_text="matches")
    assert 0 < told["matches"]["rows"] < 100_000
    expect(matches).to_contain_text(f"{told['matches']['rows']:,}")
    expect(tables.get_by_role("row").filter(has_text="events")).to_contain_text("7 d")
    page.get_by_role("button", name="Events a minute, mean of each hour: as a table").click()
    course = page.get_by_role("region", name="Events a minute, mean of each hour")
    assert course.get_by_role("row").count() > 40
    figures = sent(page, "GET", "/figures/events?until=" + last_hour(page))["hours"]
    newest = max(figures, key=lambda each: each["time"])
    time = newest["time"][:16].replace("T", " ")
    row = course.get_by_role("row").filter(has_text=time)
    expect(row).to_contain_text(f"{newest['events']:,}" if newest["events"] < 100_000 else "K")


def last_hour(page: Page) -> str:
    """The end of the last hour with events, as an address has it."""
    begun = sent(page, "GET", "/overview")["telemetry"]["last_hour"]
    ended: str = page.evaluate("(at) => new Date(Date.parse(at) + 3600000).toISOString()", begun)
    return ended


def test_a_job_that_waits_is_ended_and_found_by_its_state(watched: Watched) -> None:
    page = watched.page
    watched.go("/system", "System")
    before, mine = (sent(page, "POST", f"/models/{each}", {}) for each in ("promises", "ledger"))
    rows = page.get_by_role("table", name="Jobs").get_by_role("row")
    row = rows.filter(has=page.get_by_label(f"progress of job {mine['id']}"))
    try:
        expect(row).to_contain_text("ledger", timeout=LONG)
        row.get_by_role("button", name="End").click()
        page.get_by_text(f"Job {mine['id']} is ended.").wait_for()
        expect(row).to_contain_text("cancelled")
        assert sent(page, "GET", f"/jobs/{mine['id']}")["state"] == "cancelled"
    finally:
        if sent(page, "GET", f"/jobs/{before['id']}")["state"] in {"waiting", "running"}:
            sent(page, "DELETE", f"/jobs/{before['id']}")
    watched.go("/system?state=done", "System")
    expect(page.get_by_role("combobox", name="State of jobs")).to_have_value("done")
    watched.quiet()
    expect(row).to_have_count(0)
