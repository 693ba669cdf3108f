"""Who may only look: every page opens, says what it lacks, and offers nothing that is refused."""

import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, expect
from tests.console.conftest import Watched, watch
from tests.console.site import PAGES, PASSWORD, PATIENCE, Site

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture
def looking(browser: Browser, site: Site, login: Path) -> Iterator[Watched]:
    """A page of a person with the role viewer, made by the admin for this test."""
    name = f"eve-{uuid4().hex[:8]}"
    with browser.new_context(storage_state=login) as context:
        headers = {"X-Foreseen-Request": "1", "Origin": site.url}
        asked = context.request.post(
            f"{site.url}/api/v1/users",
            headers={**headers, "Idempotency-Key": name},
            data={"name": name, "role": "viewer", "display_name": "", "email": None},
        )
        assert asked.ok, asked.text()
        made = context.request.post(
            f"{site.url}/api/v1/users/{name}/link", headers=headers, data={"purpose": "password"}
        )
        assert made.ok, made.text()
        link = made.json()["link"]
    with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        found = watch(context, site.url)
        page = found.page
        page.goto(link)
        page.get_by_label("Password").first.fill(PASSWORD)
        page.get_by_role("button", name="Choose and log in").click()
        page.get_by_role("heading", name="Overview").wait_for(timeout=PATIENCE)
        yield found
        assert found.faults == []


def test_a_viewer_opens_every_page_without_a_fault(looking: Watched) -> None:
    for path, heading in PAGES.items():
        looking.go(path, heading)
        looking.quiet()
    assert looking.faults == []


def test_a_viewer_is_not_offered_what_only_others_may_do(looking: Watched) -> None:
    page = looking.page
    looking.go("/alerts?status=all", "Alerts")
    page.get_by_role("grid", name="Alerts").get_by_role("row").nth(1).click()
    page.get_by_role("heading", name="Why this was not expected").wait_for()
    for name in ("Dismiss", "Escalate", "Look into", "Take"):
        expect(page.get_by_role("button", name=re.compile(f"^{name}"))).to_have_count(0)
    page.keyboard.press("d")
    expect(page.get_by_role("dialog")).to_have_count(0)
    looking.go("/rules", "Rules")
    looking.quiet()
    expect(page.get_by_role("link", name="New rule")).to_have_count(0)
    looking.go("/models/compiler_run", "Model")
    looking.quiet()
    expect(page.get_by_role("button", name="Let it only observe")).to_have_count(0)
    looking.go("/hunt?search=process_name%3Asocat", "Hunt")
    page.get_by_text('needs the scope "hunt"').wait_for()
    looking.go("/suppressed/audit", "Audit")
    page.get_by_text('needs the scope "triage"').wait_for()
