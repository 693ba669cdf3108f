"""A real browser over a real server over what `foreseen demo` leaves behind."""

import fcntl
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
PERSON, PASSWORD = "ada", "a long enough password"
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
_PATIENCE = 30_000.0  # ms: two cores that also run other tests


@pytest.fixture(scope="session")
def console() -> Path:
    """Folder of the console's sources, built."""
    folder = ROOT / "console"
    subprocess.run([sys.executable, "make_console.py"], cwd=folder, check=True)
    return folder


@pytest.fixture(scope="session")
def demo_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the demo leaves behind, made once for all processes of the run.

    FORESEEN_DEMO names a folder of `foreseen demo --data`, which saves its minutes.
    """
    if given := os.environ.get("FORESEEN_DEMO"):
        return Path(given)
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "console-demo"
    shared.mkdir(exist_ok=True)
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "done").exists():
            command = [*_foreseen(), "demo", "--data", str(shared / "data"), "--json"]
            subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
            (shared / "done").touch()
    return shared / "data"


def _foreseen() -> list[str]:
    return [sys.executable, "-c", "from foreseen.cli.main import main; main()"]


@dataclass
class Site:
    """A server with the console.

    Attributes:
        url: Where it is.
        link: A link that sets the person's password, once.
    """

    url: str
    link: str


@pytest.fixture(scope="session")
def site(
    console: Path, demo_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """The server, on a copy of the demo's data of its own."""
    assert (console / "node_modules").is_dir()
    data = tmp_path_factory.mktemp("site") / "data"
    shutil.copytree(demo_data, data)
    log = (data.parent / "log").open("w+")
    options = ["--data", str(data), "--port", "0"]
    server = subprocess.Popen([*_foreseen(), "up", *options], cwd=ROOT, stderr=log, stdout=log)
    try:
        url = _address(Path(log.name), server)
        who = ["users", "create", PERSON, "--role", "admin", "--url", url, "--data", str(data)]
        made = subprocess.run(
            [*_foreseen(), *who], cwd=ROOT, check=True, capture_output=True, text=True
        )
        yield Site(url, made.stdout.strip())
    finally:
        server.terminate()
        server.wait(60)
        log.close()


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


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser of the machine."""
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("no Chromium: apt install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(_FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def login(chromium: Browser, site: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state of a browser in which the person has used the link."""
    kept = tmp_path_factory.mktemp("login") / "state.json"
    with chromium.new_context() as context:
        page = context.new_page()
        page.set_default_timeout(_PATIENCE)
        page.goto(site.link)
        page.get_by_label("Password").first.fill(PASSWORD)
        page.get_by_role("button", name="Choose and log in").click()
        page.get_by_role("heading", name="Overview").wait_for()
        context.storage_state(path=kept)
    return kept


@dataclass
class Watched:
    """A page, and what went wrong on it.

    Attributes:
        page: The page.
        url: Of the server.
        faults: What its scripts and its policy complained of, and what left the origin.
    """

    page: Page
    url: str
    faults: list[str] = field(default_factory=list)

    def go(self, path: str, heading: str | None = None) -> None:
        """Open an address of the console, and wait for its heading."""
        self.page.goto(f"{self.url}{path}")
        if heading is not None:
            self.page.get_by_role("heading", name=heading, level=1).wait_for()

    def quiet(self) -> None:
        """Wait until nothing more is asked for; the stream of events never ends, so not by that."""
        self.page.wait_for_function(
            "() => !document.querySelector('[role=status][aria-label=loading]')"
        )


def _watch(context: BrowserContext, url: str) -> Watched:
    page = context.new_page()
    page.set_default_timeout(_PATIENCE)
    watched = Watched(page, url)

    def said(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            watched.faults.append(f"{message.type}: {message.text}")

    page.on("console", said)
    page.on("pageerror", lambda error: watched.faults.append(f"fault: {error}"))
    page.on(
        "request",
        lambda asked: None if asked.url.startswith(url) else watched.faults.append(asked.url),
    )
    return watched


@pytest.fixture(params=["dark"])
def theme(request: pytest.FixtureRequest) -> str:
    """The colours; tests that look at both ask for both."""
    return str(request.param)


@pytest.fixture
def watched(chromium: Browser, site: Site, login: Path, theme: str) -> Iterator[Watched]:
    """A page of the person who is logged in; nothing may go wrong on it."""
    with chromium.new_context(
        storage_state=login, viewport={"width": 1440, "height": 900}
    ) as context:
        context.add_init_script(f"localStorage.setItem('mantine-color-scheme-value', '{theme}')")
        found = _watch(context, site.url)
        yield found
        assert found.faults == []
