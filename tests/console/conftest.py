"""A real browser over a real server over what `foreseen demo` leaves behind."""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page
from tests.console.site import PATIENCE, ROOT, Site, browsing, chromium, foreseen, log_in, served


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
            command = foreseen("demo", "--data", str(shared / "data"), "--json")
            subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
            (shared / "done").touch()
    return shared / "data"


@pytest.fixture(scope="session")
def site(
    console: Path, demo_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """The server, on a copy of the demo's data of its own."""
    assert (console / "node_modules").is_dir()
    data = tmp_path_factory.mktemp("site") / "data"
    shutil.copytree(demo_data, data)
    with served(data) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The browser of the machine.

    Its driver's event loop runs as long as it does, and nothing else of the process may have one:
    so it ends with the module, before tests of something else.
    """
    program = chromium()
    if program is None:
        pytest.skip("no Chromium: apt install chromium")
    with browsing(program) as found:
        yield found


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the state of a browser is kept in which the person has used the link."""
    return tmp_path_factory.mktemp("login") / "state.json"


@pytest.fixture(scope="module")
def login(browser: Browser, site: Site, state: Path) -> Path:
    """The same, once they have used it."""
    if not state.exists():
        log_in(browser, site, state)
    return state


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
        """Wait until nothing is awaited; the stream of events never ends, so not by the network."""
        self.page.wait_for_function(
            "() => !document.querySelector('[role=status][aria-label=loading]')"
        )


def watch(context: BrowserContext, url: str) -> Watched:
    """A new page, of which everything that goes wrong is noted."""
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    watched = Watched(page, url)

    def said(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            where = message.location["url"]
            watched.faults.append(f"{message.type}: {message.text} ({where})")

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
def watched(browser: Browser, site: Site, login: Path, theme: str) -> Iterator[Watched]:
    """A page of the person who is logged in; nothing may go wrong on it."""
    size = {"width": 1440, "height": 900}
    with browser.new_context(storage_state=login, viewport=size) as context:  # type: ignore[arg-type] # a dict is taken
        context.add_init_script(f"localStorage.setItem('mantine-color-scheme-value', '{theme}')")
        found = watch(context, site.url)
        yield found
        assert found.faults == []
