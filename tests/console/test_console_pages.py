"""Every page, in both themes: no fault, nothing from elsewhere, no barrier that axe-core finds."""

from pathlib import Path
from typing import Any

import pytest
from tests.console.conftest import Watched
from tests.console.site import DETAILS, PAGES, detail

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def barriers(watched: Watched, console: Path) -> list[str]:
    """What axe-core finds on the page, by WCAG 2.2 A and AA."""
    watched.page.evaluate((console / "node_modules/axe-core/axe.min.js").read_text())
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    found: dict[str, Any] = watched.page.evaluate(
        "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", tags
    )
    return [
        f"{each['id']}: {node['html'][:200]}: {node['failureSummary'][:200]}"
        for each in found["violations"]
        for node in each["nodes"][:3]
    ]


def barriers_in_both_themes(watched: Watched, console: Path) -> list[str]:
    """The barriers of the page in the dark, then in the light; each page is opened once."""
    dark = barriers(watched, console)
    watched.page.emulate_media(reduced_motion="reduce")
    watched.page.evaluate("() => document.documentElement.dataset.mantineColorScheme = 'light'")
    return [*dark, *barriers(watched, console)]


@pytest.mark.parametrize("path", PAGES)
def test_every_page_opens_without_a_fault_and_without_barriers(
    watched: Watched, console: Path, path: str
) -> None:
    watched.go(path, PAGES[path])
    watched.quiet()
    assert barriers_in_both_themes(watched, console) == []


def test_an_alert_opens_without_barriers(watched: Watched, console: Path) -> None:
    watched.go("/alerts?status=all", "Alerts")
    watched.page.get_by_role("grid", name="Alerts").get_by_role("row").nth(1).click()
    watched.page.get_by_role("heading", name="Why this was not expected").wait_for()
    watched.quiet()
    assert barriers_in_both_themes(watched, console) == []


@pytest.mark.parametrize("begin", DETAILS)
def test_the_page_of_one_thing_opens_without_barriers(
    watched: Watched, console: Path, begin: str
) -> None:
    heading, *_ = DETAILS[begin]
    watched.go(detail(watched.page.request, watched.url, begin), heading)
    watched.quiet()
    assert barriers_in_both_themes(watched, console) == []


def test_an_unknown_address_says_so(watched: Watched) -> None:
    watched.go("/no/such/page", "No such page")
