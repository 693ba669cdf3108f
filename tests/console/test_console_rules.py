"""Rules: tried, kept and taken back, turned off and on; what is covered, and what was silent."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.console.conftest import Watched
from tests.console.test_console_pages import barriers

pytestmark = [pytest.mark.slow, pytest.mark.browser]

PATIENCE = 280_000
"""Milliseconds for a question about all of the past, beside other tests."""
SLOW = 30_000
"""Milliseconds for a look at what came in of late."""
OWN = "own_download_tool"
OFF = "download_tool"


def sent(page: Page, method: str, path: str) -> int:
    """Status of a change that the person's own page would send."""
    found: int = page.evaluate(
        """async ([method, path]) => {
            const seen = await fetch('/api/v1/rules?limit=200&q=' + path.split('/').pop());
            const rules = (await seen.json()).rules.map((rule) => rule.id);
            if (!rules.includes(path.split('/').pop())) return 404;
            const tag = (await fetch(path)).headers.get('etag');
            const headers = {'x-foreseen-request': '1', 'if-match': tag};
            return (await fetch(path, {method, headers})).status;
        }""",
        [method, path],
    )
    return found


@pytest.fixture
def own_rule(watched: Watched) -> Iterator[Watched]:
    """Whatever becomes of a test, the rule that it makes is gone for the next one."""
    yield watched
    watched.go("/rules", "Rules")
    assert sent(watched.page, "DELETE", f"/api/v1/rules/{OWN}") in {200, 404}


def without_line(page: Page, label: str, text: str) -> None:
    """Take a line out of an editor, by keys."""
    line = page.get_by_role("textbox", name=label).locator(".cm-line", has_text=text)
    line.first.click()
    for key in ("End", "Shift+Home", "Shift+Home", "Delete"):
        page.keyboard.press(key)


def test_a_rule_is_tried_kept_edited_and_each_step_taken_back(
    own_rule: Watched, console: Path
) -> None:
    page = own_rule.page
    own_rule.go(f"/rules/new?from={OFF}", "New rule")
    page.get_by_text("Nothing is wrong with it.").wait_for()
    page.get_by_text("Nobody has asked yet what saving this moves.").wait_for()
    page.get_by_role("button", name="What would this change?").click()
    moved = page.get_by_role("region", name="What it would change")
    moved.wait_for(timeout=PATIENCE)
    row = moved.get_by_role("table", name="By rule").get_by_role("row", name=OWN)
    expect(row).to_contain_text(re.compile(r"added\s*0 → [1-9]"))
    moved.get_by_role("tab", name=re.compile("[1-9].* would newly alert")).wait_for()
    moved.get_by_role("link", name="Events around it").first.wait_for()
    moved.get_by_role("button", name="Alerts by day: as a table").click()
    expect(moved.get_by_role("region", name="Alerts by day")).to_contain_text("with the edit")
    page.get_by_text(re.compile(r"^Saving it moves: alerts [\d,]+ → [\d,]+ \([1-9]")).wait_for()
    assert barriers(own_rule, console) == []
    page.get_by_label("Why").fill("we want to see each of them")
    page.get_by_role("button", name="Keep the rule").click()
    page.get_by_text(f"{OWN} is kept and labels from now on. In the past that moves").wait_for()
    expect(page).to_have_url(re.compile(f"/rules/{OWN}$"))

    page.get_by_role("tab", name="Text, tests and what-if").click()
    without_line(page, f"Text of {OWN}", "- /wget2")
    page.get_by_label("Why").fill("nobody has it here")
    page.get_by_role("button", name="Save without asking").click()
    page.get_by_text(f"{OWN} is saved").wait_for()
    page.get_by_role("tab", name="Versions").click()
    page.get_by_role("region", name="From version 1 to 2").get_by_text("/wget2").wait_for()
    page.get_by_role("button", name="Undo (z)").last.click()
    page.get_by_text("Undone.").wait_for()
    page.get_by_role("table", name="Versions").get_by_text("undone").wait_for()
    page.get_by_role("tab", name="Text, tests and what-if").click()
    page.get_by_role("textbox", name=f"Text of {OWN}").get_by_text("/wget2").wait_for()

    page.get_by_label("Why").fill("it was a trial")
    page.get_by_role("button", name="Take the rule away").click()
    page.get_by_text(f"{OWN} is taken away").wait_for()
    page.get_by_role("heading", name="Rules", level=1).wait_for()


def test_a_wrong_text_is_marked_and_cannot_be_tried(watched: Watched) -> None:
    page = watched.page
    watched.go(f"/rules/{OFF}?tab=text", "Rule")
    page.get_by_text("It keeps them all.").wait_for()
    without_line(page, f"Text of {OFF}", "- /curl")
    page.get_by_text(re.compile("does not match, against its test")).wait_for()
    without_line(page, f"Text of {OFF}", "condition: selection")
    page.get_by_text(re.compile(r"^Wrong, line \d+:")).first.wait_for()
    asked = page.get_by_role("button", name="What would this change?")
    expect(asked).to_be_disabled(timeout=SLOW)
    expect(page.locator(".cm-lint-marker-error").first).to_be_visible()


def test_a_rule_is_turned_off_and_on_again_from_the_list_of_disabled_ones(
    watched: Watched, console: Path
) -> None:
    page = watched.page
    watched.go(f"/rules/{OFF}?tab=tuning", "Rule")
    page.get_by_role("switch", name="It labels events").click()
    page.get_by_label("Why").fill("too loud for a trial")
    page.get_by_role("button", name="Save the tuning").click()
    page.get_by_text(f"{OFF} is tuned from now on.").wait_for()
    page.get_by_text("enabled: false").wait_for()

    watched.go("/rules/to-turn-on", "What to turn on")
    row = page.get_by_role("table", name="Disabled rules").get_by_role("row", name=OFF)
    expect(row).to_contain_text("yes, such events come in", timeout=SLOW)
    expect(row).to_contain_text("unknown: not asked yet")
    page.get_by_role("button", name="What would the chosen ones do?").click()
    page.get_by_text(re.compile(rf"With {OFF}: .*95 % bound")).wait_for(timeout=PATIENCE)
    expect(row).to_contain_text(re.compile(r"[1-9][\d,]*alert|alerts in less than a day"))

    assert barriers(watched, console) == []
    page.get_by_role("button", name=f"Turn on {OFF}").click()
    page.get_by_text(f"{OFF} labels what comes from now on.").wait_for()
    page.get_by_text("No rule is disabled here").wait_for()
    page.keyboard.press("z")
    page.get_by_text("Undone.").wait_for()
    page.get_by_role("button", name=f"Turn on {OFF}").click()
    page.get_by_text("No rule is disabled here").wait_for()


def test_coverage_tells_of_a_technique_which_rules_are_on_and_which_are_silent(
    watched: Watched,
) -> None:
    page = watched.page
    watched.go("/rules/coverage", "ATT&CK coverage")
    page.get_by_role("button", name=re.compile("^T1105 covered")).first.click()
    expect(page).to_have_url(re.compile("technique=T1105"))
    table = page.get_by_role("table", name="Rules of the technique")
    expect(table.get_by_role("row", name=OFF)).to_contain_text("comes in", timeout=SLOW)
    expect(table.get_by_role("row", name="win_bits_transfer")).to_contain_text("on, silent")
    with page.expect_download() as layer:
        page.get_by_role("button", name="Layer for the Navigator").click()
    assert "T1105" in layer.value.path().read_text()


def test_the_words_of_a_hunt_become_a_rule(watched: Watched) -> None:
    page = watched.page
    watched.go("/hunt?search=process_name%3Acurl%20-user_name%3Aroot%20%2Fetc", "Hunt")
    page.get_by_role("link", name="Make a rule of it").click()
    page.get_by_role("heading", name="New rule", level=1).wait_for()
    text = page.get_by_role("textbox", name="Text of the new rule")
    text.get_by_text("condition: process_name and not user_name and keywords").wait_for()
    page.get_by_text("/etc: a rule looks for it in the fields, not in the record").wait_for()


def test_the_list_stands_by_what_rules_did_of_late(watched: Watched) -> None:
    page = watched.page
    watched.go("/rules", "Rules")
    grid = page.get_by_role("grid", name="Rules")
    course = grid.get_by_role("img", name=re.compile(r"discovery_command: [\d,]+ matches"))
    course.first.wait_for()
    grid.get_by_role("button", name=re.compile("^7 days")).click()
    expect(page).to_have_url(re.compile("sort=-lately"))
    expect(grid.get_by_role("row").nth(1)).to_contain_text("discovery_command")
