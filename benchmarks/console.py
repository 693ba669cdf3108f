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
_PARTS = ("its words", "why its model did not expect it", "what came before")
_WATCH = """() => {
    const alert = 'section[aria-label=Alert]', loading = '[role=status][aria-label=loading]';
    const words = () => document.querySelector(`${alert} h2`);
    const why = () => [...document.querySelectorAll(`${alert} h3`)].some(
        (each) => each.textContent.startsWith('Why'));
    const all = () => why() && !document.querySelector(loading);
    const clicked = new Promise((go) => document.addEventListener(
        'pointerdown', () => go(performance.now()), { capture: true, once: true }));
    const painted = (holds) => new Promise((go) => {
        const look = () => holds()
            ? requestAnimationFrame(() => setTimeout(() => go(performance.now())))
            : requestAnimationFrame(look);
        look();
    });
    window.painted = (async () => {
        const parts = [words, why, all].map(painted);
        const [begun, ...times] = await Promise.all([clicked, ...parts]);
        return times.map((time) => time - begun);
    })();
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
    rows: list[float] = []
    parts: dict[str, list[float]] = {name: [] for name in _PARTS}
    for _ in range(ROUNDS):
        with browser.new_context(storage_state=state, viewport=size) as context:  # type: ignore[arg-type] # a dict is taken
            page = context.new_page()
            page.set_default_timeout(PATIENCE)
            rows.append(first_row(page, site.url))
            for name, took in zip(_PARTS, detail(page, site.url), strict=True):
                parts[name].append(took)
    tell("first row, nothing in the browser's cache", rows, AIM_ROW)
    for name, seconds in parts.items():
        tell(f"an alert, from the click to {name}", seconds, AIM_DETAIL)
    with browser.new_context(storage_state=state, viewport=size) as context:  # type: ignore[arg-type]
        scrolled(context, site.url)


def first_row(page: Page, url: str) -> float:
    """Seconds from the address to the first row of the list."""
    begun = time.perf_counter()
    page.goto(f"{url}/alerts?status=all", wait_until="commit")
    page.wait_for_selector(_ROW)
    return time.perf_counter() - begun


def detail(page: Page, url: str) -> list[float]:
    """Seconds from the click on a judged alert to each of its parts.

    The page's own clock says when they are painted: a test's look comes up to half a second late.
    """
    page.goto(f"{url}/alerts?rule=download_tool")
    page.wait_for_selector(_ROW)
    page.evaluate(_WATCH)
    page.locator(_ROW).nth(2).click()
    return [each / 1000 for each in page.evaluate("() => window.painted")]


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
