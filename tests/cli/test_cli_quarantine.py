"""What was not understood, from the command line."""

import shutil
from pathlib import Path

import pytest
from tests.cli.commands import foreseen
from tests.recording import extract
from tests.runners.installation import NOW, drain, opened

from foreseen.core.ids import DEFAULT_TENANT
from foreseen.intake.entries import Entry, EntryKind

WORDS = b"\x1b[31m[bold]not json[/]"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation to which records of auditd were sent as JSON, and a line that is neither."""
    folder = tmp_path_factory.mktemp("quarantine")
    with opened(folder) as stores:
        for source, log in (("web-1", extract(60)), ("web-2", WORDS)):
            path = "/api/v1/ingest/cloudtrail"
            stores.intake.append([Entry(DEFAULT_TENANT, source, path, "cloudtrail", NOW, log)])
            stores.intake.append(
                [Entry(DEFAULT_TENANT, source, "", "cloudtrail", NOW, kind=EntryKind.END)]
            )
    drain(folder)
    return folder


@pytest.fixture
def data(kept: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(kept, tmp_path / "data"))


def lines_in(data: Path) -> dict[str, int]:
    (told,) = foreseen("quarantine", "list", "--json", "--data", data).rows
    return {row["source"]: row["lines"] for row in told["quarantine"]}


def test_lines_are_counted_and_shown_inert(data: Path) -> None:
    assert lines_in(data)["web-2"] == 1
    assert "not a record of this format" in foreseen("quarantine", "list", "--data", data).out
    shown = foreseen("quarantine", "show", "--source", "web-2", "--data", data)
    assert "\x1b" not in shown.out
    assert "[bold]not json[/]" in shown.out
    (row,) = foreseen("quarantine", "show", "--source", "web-2", "--json", "--data", data).rows
    assert (row["line"], row["path"], row["time"]) == (1, "/api/v1/ingest/cloudtrail", NOW)
    few = foreseen("quarantine", "show", "--limit", "2", "--data", data)
    assert "the first 2 of" in few.out


def test_a_dry_run_tells_and_an_order_takes_what_is_understood(data: Path) -> None:
    before = lines_in(data)
    replay = ("quarantine", "replay", "--json", "--data", data)
    (as_sent,) = foreseen(*replay, "--dry-run").rows
    assert all(each["understood"] == 0 for each in as_sent["understood"])
    (told,) = foreseen(*replay, "--format", "auditd", "--dry-run").rows
    assert lines_in(data) == before
    by_source = {each["source"]: each for each in told["understood"]}
    assert by_source["web-1"]["understood"] == before["web-1"]
    assert by_source["web-1"]["events"] > 0
    assert by_source["web-2"]["understood"] == 0
    assert told["ordered"] == 0
    (done,) = foreseen(*replay, "--format", "auditd", "--by", "ann").rows
    assert done["ordered"] == before["web-1"]
    assert lines_in(data) == {"web-2": 1}
    (again,) = foreseen(*replay, "--format", "auditd").rows
    assert again["ordered"] == 0
    assert "1 orders wait" in foreseen("quarantine", "list", "--data", data).out


def test_what_is_wrong_is_told(data: Path, tmp_path: Path) -> None:
    for arguments, code, word in (
        (("list", "--data", tmp_path), 3, "no data of Foreseen"),
        (("list", "--reason", "odd", "--data", data), 2, "not a record of this format"),
        (("list", "--since", "soon", "--data", data), 2, "is no time"),
        (("show", "--source", "nobody", "--data", data), 3, "nothing in quarantine"),
        (("replay", "--format", "odd", "--data", data), 2, "unknown format"),
    ):
        ran = foreseen("quarantine", *arguments)
        assert (ran.code, word in ran.err) == (code, True), ran.err
