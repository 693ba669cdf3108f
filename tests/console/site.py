"""A server with the console over a folder of the demo, and a browser: for tests and pictures."""

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import APIRequestContext, Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
PERSON, PASSWORD = "ada", "a long enough password"
PATIENCE = 30_000.0
"""Milliseconds that something on a page may take: two cores that also run other tests."""

PAGES = {
    "/": "Overview",
    "/alerts?status=all": "Alerts",
    "/incidents": "Incidents",
    "/suppressed": "Suppressed",
    "/suppressed/audit": "Audit",
    "/rules": "Rules",
    "/rules/suppressions": "Suppressions by hand",
    "/rules/suppressions/new": "New suppression",
    "/rules/coverage": "ATT&CK coverage",
    "/rules/coverage?technique=T1105": "ATT&CK coverage",
    "/rules/to-turn-on": "What to turn on",
    "/rules/new": "New rule",
    "/rules/download_tool": "Rule",
    "/rules/download_tool?tab=text": "Rule",
    "/rules/download_tool?tab=tuning": "Rule",
    "/models": "Models",
    "/models/compiler_run": "Model",
    "/models/versions": "Versions of the models",
    "/models/promises": "Threshold and drift",
    "/models/compare": "Compare versions",
    "/workloads": "Workloads",
    "/workloads/web": "Workload",
    "/workloads/web?tab=new": "Workload",
    "/workloads/web?tab=files": "Workload",
    "/workloads/web?tab=network": "Workload",
    "/users": "Users",
    "/users/ops": "User",
    "/users/ops?tab=alerted": "User",
    "/users/ops?tab=risk": "User",
    "/users/ops?tab=new": "User",
    "/users/ops?tab=files": "User",
    "/hunt?search=process_name%3Asocat": "Hunt",
    "/integrations": "Integrations",
    "/access": "Access",
    "/access?tab=people": "Access",
    "/audit-log": "Audit log",
    "/system": "System",
}
"""Addresses of the pages with their headings."""

DETAILS = {
    "/alerts/": ("Alert", "/api/v1/alerts?limit=200", "alerts", "surprise"),
    "/incidents/": ("Incident", "/api/v1/incidents?limit=200", "incidents", "matches"),
    "/suppressed/": ("Suppressed match", "/api/v1/matches?decision=suppressed", "matches", "time"),
}
"""Where the pages of one thing begin: heading, question and key of the answer, and what the one
that is shown has most of."""

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_READY_SECONDS = 120.0


@dataclass(frozen=True)
class Site:
    """A server with the console.

    Attributes:
        url: Where it is.
        link: A link that sets the person's password, once.
    """

    url: str
    link: str


def foreseen(*arguments: str) -> list[str]:
    """The command of this checkout."""
    return [sys.executable, "-c", "from foreseen.cli.main import main; main()", *arguments]


def detail(ask: APIRequestContext, site: str, begin: str) -> str:
    """Address of the page of one thing; `ask` is logged in."""
    _, question, key, most = DETAILS[begin]
    found = ask.get(f"{site}{question}").json()[key]
    return begin + str(max(found, key=lambda each: each[most] or 0)["uid"])


@contextmanager
def served(data: Path) -> Iterator[Site]:
    """A server on a folder until the block ends."""
    with (data.parent / "log").open("w+") as log:
        server = subprocess.Popen(
            foreseen("up", "--data", str(data), "--port", "0"), cwd=ROOT, stderr=log, stdout=log
        )
        try:
            url = _address(Path(log.name), server)
            who = ["users", "create", PERSON, "--role", "admin", "--url", url, "--data", str(data)]
            made = subprocess.run(
                foreseen(*who), cwd=ROOT, check=True, capture_output=True, text=True
            )
            yield Site(url, made.stdout.strip())
        finally:
            server.terminate()
            server.wait(60)


def _address(log: Path, server: subprocess.Popen[bytes]) -> str:
    """Where the server says that it is, once it is ready."""
    end = time.monotonic() + _READY_SECONDS
    while time.monotonic() < end and server.poll() is None:
        said = log.read_text()
        found = re.search(r"listens on (http://\S+)", said)
        if found and "ready" in said:
            return found[1]
        time.sleep(0.1)
    raise AssertionError(f"the server is not ready:\n{log.read_text()}")


def chromium() -> str | None:
    """The browser of the machine; None where there is none."""
    return shutil.which("chromium") or shutil.which("google-chrome")


@contextmanager
def browsing(program: str) -> Iterator[Browser]:
    """A browser until the block ends."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(_FLAGS))
        yield browser
        browser.close()


def log_in(browser: Browser, site: Site, kept: Path) -> None:
    """Use the link, and keep the state of a browser in which the person is logged in."""
    with browser.new_context() as context:
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(site.link)
        page.get_by_label("Password").first.fill(PASSWORD)
        page.get_by_role("button", name="Choose and log in").click()
        page.get_by_role("heading", name="Overview").wait_for()
        context.storage_state(path=kept)
