"""The console over many alerts: first row, detail, heap after scrolling, size of its entry.

`console.py [--alerts N] [--demo DIR]`: alerts of `alerts.py` beside those of the demo, whose data
are made unless their folder is named; a real server and Chromium. Reported, with the machine's
name; the aims stand beside the figures.
"""

import argparse
import gzip
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.console.site import PATIENCE, Site, browsing, chromium, foreseen, log_in, served  # noqa: E402

from alerts import say, stored  # noqa: E402 (after the path of the checkout's own tests)
from foreseen.control.database import opened  # noqa: E402
from measure import machine  # noqa: E402

ROUNDS = 9
AIM_ROW, AIM_DETAIL, AIM_HEAP, AIM_ENTRY = 2.0, 0.5, 60.0, 200.0
_STATIC = ROOT / "src" / "foreseen" / "api" / "console" / "static"
_GRID = "[role=grid][aria-label=Alerts]"
_ROW = f"{_GRID} [data-id]"
_MORE_MS = 20_000
_SCROLL = """async (selector) => {
    const grid = document.querySelector(selector);
    const box = [grid, ...grid.querySelectorAll('*')].find(
        (each) => each.scrollHeight > each.clientHeight + 200);
    let still = 0;
    for (let height = 0; still < 40; await new Promise((go) => setTimeout(go, 50))) {
        box.scrollTop = box.scrollHeight;
        still = box.scrollHeight === height ? still + 1 : 0;
        height = box.scrollHeight;
    }
    return Math.round(box.scrollHeight / 28) - 1;
}"""


def main() -> int:
    """Make the alerts, serve them, look."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--alerts", type=int, default=100_000)
    options.add_argument("--demo", type=Path, help="folder of `foreseen demo --data`")
    asked = options.parse_args()
    program = chromium()
    if program is None:
        raise SystemExit("no Chromium: apt install chromium")
    say(machine())
    say(f"entry of the console: {entry():.0f} kB gzip (aim {AIM_ENTRY:.0f})")
    with tempfile.TemporaryDirectory(prefix="foreseen-console-") as name:
        data = Path(name) / "data"
        if asked.demo:
            shutil.copytree(asked.demo, data)
        else:
            subprocess.run(foreseen("demo", "--data", str(data), "--json"), cwd=ROOT, check=True)
        with opened(data / "control.db") as engine:
            stored(engine, asked.alerts, by="benchmark")
        with served(data) as site, browsing(program) as browser:
            looked(browser, site, Path(name) / "state.json")
    return 0


def entry() -> float:
    """What a browser loads before it shows a page: the scripts and styles that it names, kB."""
    page = (_STATIC / "index.html").read_text(encoding="utf-8")
    names = re.findall(r'(?:src|href)="/(assets/[^"]+\.(?:js|css))"', page)
    return sum(len(gzip.compress((_STATIC / name).read_bytes())) for name in names) / 1000


def looked(browser: Browser, site: Site, state: Path) -> None:
    """Open the list anew each time, open an alert, scroll to the end."""
    log_in(browser, site, state)
    size = {"width": 1440, "height": 900}
    rows, heads, details = [], [], []
    for _ in range(ROUNDS):
        with browser.new_context(storage_state=state, viewport=size) as context:  # type: ignore[arg-type] # a dict is taken
            page = context.new_page()
            page.set_default_timeout(PATIENCE)
            rows.append(first_row(page, site.url))
            words, why = detail(page, site.url)
            heads.append(words)
            details.append(why)
    tell("first row, nothing in the browser's cache", rows, AIM_ROW)
    tell("detail of an alert, from the click to its words", heads, AIM_DETAIL)
    tell("the same with why, which its model is asked anew", details, AIM_DETAIL)
    with browser.new_context(storage_state=state, viewport=size) as context:  # type: ignore[arg-type]
        scrolled(context, site.url)


def first_row(page: Page, url: str) -> float:
    """Seconds from the address to the first row of the list."""
    begun = time.perf_counter()
    page.goto(f"{url}/alerts?status=all", wait_until="commit")
    page.wait_for_selector(_ROW)
    return time.perf_counter() - begun


def detail(page: Page, url: str) -> tuple[float, float]:
    """Seconds from the click on a judged alert to its words, and to why it was not expected."""
    page.goto(f"{url}/alerts?rule=download_tool")
    page.wait_for_selector(_ROW)
    begun = time.perf_counter()
    page.locator(_ROW).nth(2).click()
    page.get_by_role("region", name="Alert", exact=True).get_by_role("heading").first.wait_for()
    words = time.perf_counter() - begun
    page.get_by_role("heading", name="Why this was not expected").wait_for()
    page.wait_for_function("() => !document.querySelector('[role=status][aria-label=loading]')")
    return words, time.perf_counter() - begun


def scrolled(context: BrowserContext, url: str) -> None:
    """Scroll to the end of the list, and tell what the page's scripts hold then."""
    page = context.new_page()
    page.set_default_timeout(_MORE_MS)
    page.goto(f"{url}/alerts?status=all")
    page.wait_for_selector(_ROW)
    begun = time.perf_counter()
    rows = page.evaluate(_SCROLL, _GRID)
    taken = time.perf_counter() - begun
    session = context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    held = session.send("Runtime.getHeapUsage")["usedSize"] / 1e6
    say(f"heap after scrolling through {rows:,} rows in {taken:.0f} s: {held:.0f} MB")
    say(f"    (aim {AIM_HEAP:.0f})")


def tell(what: str, seconds: list[float], aim: float) -> None:
    """Median and slowest."""
    middle, most = statistics.median(seconds), max(seconds)
    say(f"{what}: {middle:.2f} s in the median,")
    say(f"    {most:.2f} s the slowest of {len(seconds)} (aim {aim})")


if __name__ == "__main__":
    raise SystemExit(main())
