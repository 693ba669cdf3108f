"""What the server says to browsers: one page for all addresses, its policy, and nothing else."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from foreseen.api.console.pages import Console

HTML = {"Accept": "text/html,*/*"}


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A built console, small."""
    folder = tmp_path / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text('<link nonce="__NONCE__"><meta nonce="__NONCE__">')
    (folder / "assets" / "index-1a.js").write_text("1")
    (folder / "icon.svg").write_text("<svg/>")
    (tmp_path / "secret").write_text("not to be seen")
    return folder


@pytest.fixture
def browser(built: Path) -> Iterator[httpx.Client]:
    """A client of an API with the console before it."""
    app = FastAPI()
    app.get("/api/v1/thing")(lambda: {"thing": 1})
    with TestClient(Console(app, built)) as client:
        yield client  # type: ignore[misc] # starlette's client is httpx2's


@pytest.mark.parametrize("path", ["/", "/alerts", "/alerts/0a1b", "/setup", "/workloads/a%2Fb"])
def test_every_address_gives_the_page_with_a_nonce_of_its_own(
    browser: httpx.Client, path: str
) -> None:
    first, second = (browser.get(path, headers=HTML) for _ in range(2))
    assert first.status_code == 200
    nonce = first.text.split('nonce="')[1].split('"')[0]
    assert first.text.count(f'nonce="{nonce}"') == 2
    policy = first.headers["content-security-policy"]
    assert f"style-src 'self' 'nonce-{nonce}'" in policy
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert nonce not in second.text


def test_files_are_given_and_kept_by_browsers_only_where_their_name_changes(
    browser: httpx.Client,
) -> None:
    script = browser.get("/assets/index-1a.js")
    assert (script.status_code, script.text) == (200, "1")
    assert "immutable" in script.headers["cache-control"]
    assert "cache-control" not in browser.get("/icon.svg").headers


@pytest.mark.parametrize(
    "path",
    [
        "/assets/none.js",
        "/../secret",
        "/assets/../../secret",
        "/assets/%2e%2e/%2e%2e/secret",
        "/..%2fsecret",
        "/assets/%00",
        "/" + "a" * 5_000,
    ],
)
def test_what_is_no_file_of_the_console_is_not_found(browser: httpx.Client, path: str) -> None:
    answer = browser.get(path, headers={"Accept": "*/*"})
    assert answer.status_code == 404
    assert "not to be seen" not in answer.text


def test_the_api_answers_for_itself(browser: httpx.Client) -> None:
    assert browser.get("/api/v1/thing", headers=HTML).json() == {"thing": 1}
    assert browser.get("/api/v1/none", headers=HTML).status_code == 404
    assert browser.post("/", headers=HTML).status_code == 404


def test_where_it_was_not_built_the_page_says_how(tmp_path: Path) -> None:
    with TestClient(Console(FastAPI(), tmp_path / "none")) as client:
        answer = client.get("/", headers=HTML)
    assert answer.status_code == 503
    assert "make console" in answer.text
