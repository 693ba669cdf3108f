"""Models in the browser: what thresholds cost, calibration, drift, words of people, versions."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.console.conftest import Watched
from tests.console.test_console_pages import barriers

pytestmark = [pytest.mark.slow, pytest.mark.browser]

RULE = "download_tool"
LONG = 300_000.0
"""Milliseconds that a job may take on two cores that also run other tests."""

_ASK = """async ([method, path, body]) => {
    const headers = { 'Content-Type': 'application/json', 'X-Foreseen-Request': '1' };
    const told = body === null ? undefined : JSON.stringify(body);
    const answer = await fetch(`/api/v1${path}`, { method, headers, body: told });
    return answer.json();
}"""


def ask(page: Page, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 (JSON)
    """What the API answers the person of the page."""
    return page.evaluate(_ASK, [method, path, body])


def measured(watched: Watched) -> dict[str, Any]:
    """The page of a model after somebody had it measured, and what the API tells of it."""
    page = watched.page
    watched.go(f"/models/{RULE}", "Model")
    slider = page.get_by_role("slider", name="Threshold")
    button = page.get_by_role("button", name="Measure now")
    button.or_(slider).first.wait_for()
    watched.quiet()
    if not slider.is_visible():
        expect(page.get_by_text("Nobody has measured it yet")).to_be_visible()
        button.click()
        page.get_by_text("job").first.wait_for()
        slider.wait_for(timeout=LONG)
    told: dict[str, Any] = ask(page, "GET", "/models/promises")
    return told


def own_curve(told: dict[str, Any]) -> dict[str, Any]:
    """The rule's part of the curve."""
    (own,) = [each for each in told["curve"]["rules"] if each["rule"] == RULE]
    return dict(own)


@pytest.mark.parametrize("theme", ["dark", "light"], indirect=True)
def test_a_model_is_measured_from_its_page_and_stands_without_barriers(
    watched: Watched, console: Path
) -> None:
    told, page = measured(watched), watched.page
    for panel in ("What another threshold would cost", "Calibration", "Drift", "Feedback received"):
        expect(page.get_by_role("heading", name=panel, level=2)).to_be_visible()
    shift = next(each["shift"] for each in told["drift"] if each["rule"] == RULE)
    expect(page.get_by_text(f"{shift['learned']:,} in ")).to_be_visible()
    expect(page.get_by_text(f"{shift['lately']:,} in ")).to_be_visible()
    watched.quiet()
    assert barriers(watched, console) == []
    watched.go("/models/promises", "Threshold and drift")
    page.get_by_role("slider", name="Threshold").wait_for()
    watched.quiet()
    assert barriers(watched, console) == []


def test_the_threshold_is_moved_by_keys_and_tells_what_it_would_cost(watched: Watched) -> None:
    told, page = measured(watched), watched.page
    own, points = own_curve(told), told["curve"]["points"]
    slider = page.get_by_role("slider", name="Threshold")
    now = next(at for at, each in enumerate(points) if each["share"] == told["curve"]["in_force"])
    expect(slider).to_have_attribute("aria-valuenow", str(now))
    expect(page.get_by_text("in force now", exact=True).last).to_be_visible()

    slider.focus()
    for key, at in (("End", len(points) - 1), ("ArrowLeft", len(points) - 2), ("Home", 0)):
        page.keyboard.press(key)
        expect(slider).to_have_attribute("aria-valuenow", str(at))
        said = f"{own['alerted'][at]:,} of {own['matches']:,} expected matches would alert"
        expect(slider).to_have_attribute("aria-valuetext", re.compile(re.escape(said)))
        expect(page.get_by_text(re.compile(f"^{re.escape(said)}"))).to_be_visible()
        caught = f"{own['caught'][at]} of {own['chains']} recorded attacks would be told of"
        expect(slider).to_have_attribute("aria-valuetext", re.compile(re.escape(caught)))


def test_the_threshold_is_dragged_and_nothing_changes_by_it(watched: Watched) -> None:
    measured(watched)
    page = watched.page
    slider = page.get_by_role("slider", name="Threshold")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box is not None
    before = int(slider.get_attribute("aria-valuenow") or 0)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 60, steps=5)
    page.mouse.up()
    assert int(slider.get_attribute("aria-valuenow") or 0) > before
    page.mouse.move(box["x"] + 100, box["y"] + 60)  # not held any more
    assert int(slider.get_attribute("aria-valuenow") or 0) > before
    expect(page.get_by_text("Nothing changes by dragging")).to_be_visible()
    page.reload()
    expect(slider).to_have_attribute("aria-valuenow", str(before))


def test_curve_and_calibration_have_their_figures_as_tables(watched: Watched) -> None:
    told, page = measured(watched), watched.page
    own, points = own_curve(told), told["curve"]["points"]
    page.get_by_role("button", name="As a table", exact=True).click()
    rows = page.get_by_role("region", name="Costs by threshold").get_by_role("row")
    expect(rows).to_have_count(len(points) + 1)
    expect(rows.last).to_contain_text(f"{own['alerted'][-1]:,}")

    name = "Promised and realised share of expected matches that alert"
    page.get_by_role("button", name=f"{name}: as a table").click()
    lines = page.get_by_role("region", name=name).get_by_role("row")
    expect(lines).to_have_count(len(points) + 1)
    expect(lines.last).to_contain_text(str(own["alerted"][-1]))


def test_over_all_rules_it_says_what_would_set_a_threshold(watched: Watched) -> None:
    measured(watched)
    page = watched.page
    page.get_by_role("link", name="What it would cost over all rules").click()
    page.get_by_role("heading", name="Threshold and drift", level=1).wait_for()
    page.get_by_role("slider", name="Threshold").focus()
    page.keyboard.press("PageUp")
    page.get_by_role("link", name="Train with this budget").click()
    page.get_by_role("heading", name="Versions of the models", level=1).wait_for()
    assert float(page.get_by_label("May alert of the expected, %").input_value()) > 0


def test_words_of_people_stand_with_their_receipt_and_whether_they_reached_training(
    watched: Watched,
) -> None:
    page = watched.page
    watched.go(f"/models/{RULE}", "Model")
    found = ask(page, "GET", f"/alerts?rule={RULE}&limit=1")["alerts"][0]["uid"]
    word = {"verdict": "escalated", "reason": "suspected attack", "text": "odd \u202e<b>mirror"}
    said = ask(page, "POST", f"/alerts/{found}/dispositions", word)
    page.reload()
    row = page.get_by_role("table", name="Words on its alerts").get_by_role("row").nth(1)
    expect(row).to_contain_text("escalated")
    expect(row).to_contain_text("⟨U+202E⟩<b>mirror")
    expect(row).to_contain_text("its matches never teach")
    row.get_by_role("button", name="Receipt").click()
    expect(page.get_by_role("dialog")).to_contain_text(RULE)
    page.keyboard.press("Escape")
    ask(page, "DELETE", f"/alerts/{found}/dispositions/{said['number']}")
    page.reload()
    expect(row).to_contain_text("taken back")


def two_versions(page: Page) -> None:
    """Have the models trained once more; the server itself may be faster."""
    until = ask(page, "GET", "/models")["accepted_until"]
    body = {"until": until, "reason": "to compare", "suppress": True, "seed": 7}
    ask(page, "POST", "/models/train", body)
    for _ in range(int(LONG / 1_000)):
        jobs = ask(page, "GET", "/jobs?limit=50")["jobs"]
        if all(job["state"] not in {"waiting", "running"} for job in jobs if job["author"]):
            break
        page.wait_for_timeout(1_000)
    assert len(ask(page, "GET", "/models/versions")["versions"]) > 1


@pytest.fixture
def versions(watched: Watched) -> Watched:
    """The page of versions, of which there are two at least."""
    watched.go("/models/versions", "Versions of the models")
    if len(ask(watched.page, "GET", "/models/versions")["versions"]) < 2:
        two_versions(watched.page)
        watched.page.reload()
    watched.page.get_by_role("link", name="Compare two versions").wait_for()
    return watched


def test_two_versions_are_compared_and_the_address_keeps_the_answer(
    versions: Watched, console: Path
) -> None:
    page = versions.page
    page.get_by_role("link", name=re.compile(r"Compare with \d")).first.click()
    page.get_by_role("heading", name="Compare versions", level=1).wait_for()
    page.get_by_role("button", name="Compare", exact=True).click()
    page.get_by_role("heading", name="Matches that change sides").wait_for(timeout=LONG)
    expect(page).to_have_url(re.compile(r"from=\d+&to=\d+&job=\d+"))
    versions.quiet()
    assert barriers(versions, console) == []
    told = page.evaluate(
        "async () => (await fetch(`/api/v1/jobs/${new URL(location).searchParams.get('job')}"
        "/result`)).json()"
    )
    page.reload()
    moving = [rule for rule in told["rules"] if rule["silenced"] + rule["told"]]
    table = page.get_by_role("table", name="Matches that change sides, by rule")
    if moving:
        expect(table.get_by_role("row")).to_have_count(len(moving) + 1)
        expect(table.get_by_role("row").nth(1)).to_contain_text(moving[0]["rule"])
    else:
        expect(page.get_by_text("No match changes sides")).to_be_visible()


def test_a_version_is_taken_back_with_a_reason_and_that_undone(versions: Watched) -> None:
    page = versions.page
    before = page.get_by_role("row").filter(has_text="in use").first
    number = before.get_by_role("cell").first.inner_text()
    page.get_by_role("button", name="Use this one").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Why").fill("a rehearsal")
    dialog.get_by_role("button", name="Use it").click()
    page.get_by_text(re.compile(r"Version \d+ is in use\.")).wait_for()
    page.get_by_role("button", name="Undo (z)").click()
    page.get_by_text("Undone.").wait_for()
    listed = ask(page, "GET", "/models/versions")["versions"]
    assert [str(each["version"]) for each in listed if each["in_use"]] == [number]
