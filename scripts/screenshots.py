"""Take a picture of every page of the console in both themes: `make screenshots`.

`screenshots.py [--demo DIR] [--into DIR]`: over the data of the demo, made unless its folder
is named.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.console.site import (  # noqa: E402 (the checkout's own tests)
    DETAILS,
    PAGES,
    PATIENCE,
    Site,
    browsing,
    chromium,
    detail,
    foreseen,
    log_in,
    served,
)

_SIZE = {"width": 1440, "height": 900}
_SETTLED_MS = 1_500
_LOADING = "[role=status][aria-label=loading]"


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the data, serve it, take the pictures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--demo", type=Path, help="folder of `foreseen demo --data`")
    parser.add_argument("--into", type=Path, default=ROOT / "docs" / "screens")
    asked = parser.parse_args(arguments)
    program = chromium()
    if program is None:
        raise SystemExit("no Chromium: apt install chromium")
    asked.into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="foreseen-screens-") as name:
        data = Path(name) / "data"
        if asked.demo:
            shutil.copytree(asked.demo, data)
        else:
            subprocess.run(foreseen("demo", "--data", str(data), "--json"), cwd=ROOT, check=True)
        with served(data) as site, browsing(program) as browser:
            state = Path(name) / "state.json"
            log_in(browser, site, state)
            _measure(browser, site, state)
            for theme in ("dark", "light"):
                _take(browser, site, state, theme, asked.into)
    return 0


def _measure(browser: Browser, site: Site, state: Path) -> None:
    """Have the promises and the ledger worked out, which the models' pages show."""
    headers = {"X-Foreseen-Request": "1", "Content-Type": "application/json", "Origin": site.url}
    with browser.new_context(storage_state=state) as context:
        for kind in ("promises", "ledger"):
            asked = context.request.post(
                f"{site.url}/api/v1/models/{kind}", headers=headers, data="{}"
            )
            if not asked.ok:
                raise SystemExit(f"{kind}: {asked.status} {asked.text()}")
            job = f"{site.url}/api/v1/jobs/{asked.json()['id']}"
            while (told := context.request.get(job).json())["state"] in {"waiting", "running"}:
                time.sleep(1)
            sys.stdout.write(f"{kind}: {told['state']}\n")


def _take(browser: Browser, site: Site, state: Path, theme: str, into: Path) -> None:
    with browser.new_context(storage_state=state, viewport=_SIZE) as context:  # type: ignore[arg-type] # a dict is taken
        context.add_init_script(f"localStorage.setItem('mantine-color-scheme-value', '{theme}')")
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        details = [detail(page.request, site.url, each) for each in DETAILS]
        opened = details[0].replace("/alerts/", "/alerts?status=all&alert=")
        for path in (*PAGES, *details, opened):
            page.goto(site.url + path)
            page.wait_for_function(f"() => !document.querySelector('{_LOADING}')")
            page.wait_for_timeout(_SETTLED_MS)
            page.screenshot(path=into / f"{_name(path)}-{theme}.png")
            sys.stdout.write(f"{path} {theme}\n")


def _name(path: str) -> str:
    """`/alerts?status=all&alert=0a1b...` as `alerts-alert`."""
    words = re.sub(r"=(all|text|people|[0-9a-f]{32}|process.*)", "", path).replace("status", "")
    words = re.sub(r"[0-9a-f]{32}", "one", words)
    return re.sub(r"[^a-z_]+", "-", words).strip("-") or "overview"


if __name__ == "__main__":
    raise SystemExit(main())
