"""Text of strangers: markup, controls, turned letters and megabytes are shown, never obeyed."""

import json

import pytest
from playwright.sync_api import Page, expect
from tests.console.conftest import Watched

pytestmark = [pytest.mark.slow, pytest.mark.browser]

SLOW = 60_000.0
"""Milliseconds until telemetry that was just sent is found."""
AT = 1_795_294_000_000
"""In the time of the demo."""
MARKUP = "<img src=x onerror=window.harmed=1><script>window.harmed=1</script>"
TURNED = "a\u202egpj.exe\u2066\u0000\u001b[31m"
SEEN = "a⟨U+202E⟩gpj.exe⟨U+2066⟩␀␛[31m"
USER = f"<b>{MARKUP}</b>\u202e"
COMMAND = f"curl 'http://192.0.2.1/{MARKUP}' {TURNED} " + "x" * 200_000


def sent(page: Page, lines: list[dict[str, object]]) -> None:
    """Send telemetry as a collector does, with a token made for it."""
    answer = page.evaluate(
        """async (lines) => {
            const headers = {'x-foreseen-request': '1', 'content-type': 'application/json'};
            const body = JSON.stringify({name: `c${Date.now()}`, scopes: ['ingest']});
            const made = await fetch('/api/v1/tokens', {method: 'POST', headers, body});
            const { token } = await made.json();
            const told = await fetch('/api/v1/ingest/foreseen?source=hostile', {
                method: 'POST', body: lines, credentials: 'omit',
                headers: {authorization: `Bearer ${token}`},
            });
            return [made.status, told.status];
        }""",
        "".join(f"{json.dumps(line)}\n" for line in lines),
    )
    assert answer == [201, 202]


def found(page: Page, user: str) -> None:
    """Wait until the lake has what was sent."""
    page.wait_for_function(
        """async (user) => {
            const from = '2026-11-14T00:00:00Z';
            const path = `/api/v1/people?from=${from}&until=2026-11-22T00:00:00Z&limit=200`;
            const { people } = await (await fetch(path)).json();
            return people.some((each) => each.name === user);
        }""",
        arg=user,
        timeout=SLOW,
        polling=1_000,
    )


def harmless(page: Page) -> None:
    """Nothing of it was obeyed."""
    assert page.evaluate("() => window.harmed") is None


def test_hostile_telemetry_is_shown_as_it_is_everywhere(watched: Watched) -> None:
    page = watched.page
    watched.go("/", "Overview")
    event: dict[str, object] = {
        "class_uid": 1007, "activity_id": 1, "time": AT, "user_name": USER,
        "process_path": "/usr/bin/curl", "process_name": "curl", "process_cmd_line": COMMAND,
        "file_path": f"/etc/{TURNED}",
    }  # fmt: skip
    sent(page, [event, {**event, "class_uid": 1001, "activity_id": 3, "event_type": MARKUP}])
    found(page, USER)

    watched.go("/users", "Users")
    page.get_by_role("grid", name="Users").get_by_text(MARKUP).click(timeout=SLOW)
    page.get_by_role("heading", name="User", level=1).wait_for()
    commands = page.get_by_role("table", name="Commands")
    expect(commands).to_contain_text(MARKUP)
    expect(commands).to_contain_text(SEEN)
    expect(commands.get_by_role("button", name="characters more").first).to_be_visible()
    harmless(page)

    watched.go("/hunt?search=process_cmd_line%3Aonerror", "Hunt")
    page.get_by_role("grid", name="Results").get_by_role("row").nth(1).click(timeout=SLOW)
    row = page.get_by_role("dialog", name="Row")
    expect(row).to_contain_text(MARKUP)
    row.get_by_role("button", name="characters more").first.click()
    harmless(page)
    page.keyboard.press("Escape")


def test_hostile_words_of_people_are_shown_as_they_are(watched: Watched) -> None:
    page = watched.page
    watched.go("/alerts", "Alerts")
    page.get_by_role("grid", name="Alerts").locator("[data-at]").wait_for()
    uid = page.get_by_role("grid", name="Alerts").locator("[data-at]").get_attribute("data-id")
    said = f"{MARKUP} a\u202egpj.exe"
    status = page.evaluate(
        """async ([uid, text]) => {
            const headers = {'x-foreseen-request': '1', 'content-type': 'application/json'};
            const path = `/api/v1/alerts/${uid}/comments`;
            const body = JSON.stringify({text});
            return (await fetch(path, {method: 'POST', headers, body})).status;
        }""",
        [uid, said],
    )
    assert status in {200, 201}
    watched.go(f"/alerts/{uid}", "Alert")
    page.get_by_role("tab", name="History").click()
    page.get_by_text(MARKUP).first.wait_for()
    page.get_by_text("⟨U+202E⟩").first.wait_for()
    watched.go("/audit-log", "Audit log")
    page.get_by_text("comment").first.wait_for()
    harmless(page)
