"""`foreseen hunt` in SQL and in words, from a sealed process; `foreseen up` answers hunts too."""

import signal
from pathlib import Path

import pytest
from tests.cli.commands import foreseen
from tests.cli.serving import client_of, running, token_of
from tests.runners import hunted


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a lake."""
    folder = tmp_path_factory.mktemp("hunt")
    hunted.two_tenants(folder / "lake")
    return folder


def test_a_search_is_printed_newest_first(data: Path) -> None:
    ran = foreseen("hunt", "--search", "host:web-1", "--data", data, "--json", "--limit", "2")
    assert [row["seq"] for row in ran.rows] == [7, 4]
    assert "the first 2 rows; --limit shows more" in ran.err
    shown = foreseen("hunt", "--search", "host:web-1", "--data", data).out
    assert shown.count("web-1") == 3


def test_the_sql_of_a_search_is_shown_and_can_be_asked(data: Path) -> None:
    told = foreseen("hunt", "--search", "host:web-1 -class_uid:1007", "--show-sql", "--data", data)
    assert told.out.startswith("SELECT ")
    assert foreseen("hunt", told.out, "--data", data, "--json").code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ((), 2, "name either one SELECT or --search"),
        (("SELECT 1", "--search", "x"), 2, "name either"),
        (("--search", "usr:x"), 1, "column 1: events have no field 'usr'"),
        (("--search", "x", "--table", "nothing"), 3, "no table 'nothing'"),
        (("SELECT * FROM read_text('/etc/passwd')",), 3, "nothing else"),
    ],
)
def test_what_cannot_be_asked_is_told(
    data: Path, arguments: tuple[str, ...], code: int, told: str
) -> None:
    ran = foreseen("hunt", *arguments, "--data", data)
    assert (ran.code, told in ran.err) == (code, True), ran.err


def test_without_a_sandbox_it_says_so(data: Path) -> None:
    ran = foreseen(
        "hunt", "SELECT count(*) AS n FROM events", "--no-sandbox", "--data", data, "--json"
    )
    assert ran.rows == [{"n": 10}]
    assert "no sandbox" in ran.err


@pytest.mark.long
def test_the_server_answers_hunts_and_leaves_no_process(tmp_path: Path) -> None:
    with running(tmp_path) as server, client_of(server) as client:
        headers = token_of(server, "hunt")
        answer = client.post(
            "/api/v1/hunts", json={"sql": "SELECT count(*) AS n FROM events"}, headers=headers
        )
        assert (answer.status_code, answer.json()["rows"]) == (200, [{"n": 0}])
        group = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
        children = group.read_text(encoding="ascii").split()
        assert server.end(signal.SIGTERM)[0] == 0
        assert not any(Path(f"/proc/{child}").exists() for child in children)
