"""Promises about the documents: what they point at is there."""

import os
import re
import shlex
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from foreseen.cli.main import app

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"```\w*\n(.*?)```|`([^`\n]+)`", re.DOTALL)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def name_of(path: Path) -> str:
    """Path below the root, as pytest shows it."""
    return path.relative_to(ROOT).as_posix()


def commands(page: Path) -> list[list[str]]:
    """Words of each command line in a page's code."""
    spans = [a or b for a, b in CODE.findall(page.read_text(encoding="utf-8"))]
    lines = [line.strip().removeprefix("$ ") for span in spans for line in span.splitlines()]
    return [words for line in lines if (words := _words(line))]


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line, comments=True)
    except ValueError:  # prose in a code span, such as an apostrophe
        return []


def anchors(page: Path) -> set[str]:
    """Anchors of a page's headings."""
    headings = HEADING.findall(page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        target, _, anchor = link.partition("#")
        if re.match(r"https?:|mailto:", link):
            continue
        path = (page.parent / target).resolve() if target else page
        if not path.exists() or (anchor and anchor not in anchors(path)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_test_that_a_page_cites_exists(page: Path) -> None:
    cited = re.findall(r"`(?:tests/)?([\w/]+\.py)::(\w+)`", page.read_text(encoding="utf-8"))
    missing = [(path, name) for path, name in cited if name not in _tests_in(ROOT / "tests" / path)]
    assert missing == []


def _tests_in(path: Path) -> set[str]:
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    return set(re.findall(r"^(?:async )?def (test_\w+)\(", text, re.MULTILINE))


def test_every_suite_has_a_budget() -> None:
    table = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
    suites = {path.parent.relative_to(ROOT) for path in (ROOT / "tests").rglob("test_*.py")}
    assert [str(suite) for suite in sorted(suites) if f"| `{suite}` |" not in table] == []


def test_every_page_that_the_code_cites_exists() -> None:
    cited = {
        (path.relative_to(ROOT).as_posix(), page)
        for folder in ("src", "tests", "scripts", "benchmarks")
        for path in (ROOT / folder).rglob("*.py")
        for page in re.findall(r"docs/[\w/.-]+\.md", path.read_text(encoding="utf-8"))
    }
    assert [(path, page) for path, page in sorted(cited) if not (ROOT / page).is_file()] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_make_target_in_a_page_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {words[1] for words in commands(page) if words[0] == "make" and len(words) > 1}
    assert named - targets == set()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_foreseen_command_and_option_in_a_page_exists(page: Path) -> None:
    named = [words for words in commands(page) if words[0].rpartition("/")[2] == "foreseen"]
    assert [unknown for words in named for unknown in unknown_words(words[1:])] == []


def test_unknown_commands_and_options_are_found() -> None:
    assert list(unknown_words(["replay", "x.log", "--train-until", "now"])) == []
    assert list(unknown_words(["repaly", "x.log"])) == ["repaly"]
    assert list(unknown_words(["rules", "lnt"])) == ["lnt"]
    assert list(unknown_words(["replay", "--until=now"])) == ["--until"]


def unknown_words(words: list[str]) -> Iterator[str]:
    """Words of a `foreseen` command line that no command or option has."""
    command = typer.main.get_command(app)
    while words and words[0].isalpha() and hasattr(command, "commands"):
        name, *words = words
        if name not in command.commands:
            yield name
            return
        command = command.commands[name]
    options = {flag for parameter in command.params for flag in parameter.opts} | {"--help"}
    for word in words:
        option = word.split("=")[0]
        if option.startswith("--") and option not in options:
            yield option


def test_make_alone_lists_every_target_with_what_it_does() -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}  # of make test
    shown = subprocess.run(
        ["make"], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    ).stdout
    phony = re.findall(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    listed = [line.split()[1] for line in shown.splitlines()]
    assert listed[0] == "help"
    assert sorted(listed) == sorted(phony[0].split())


def test_decision_records_are_numbered_once_and_without_gaps() -> None:
    names = [path.name for path in (ROOT / "docs" / "adr").glob("*.md")]
    numbers = Counter(int(name[:4]) for name in names if name != "template.md")
    assert sorted(numbers.elements()) == list(range(1, len(numbers) + 1))


def test_every_decision_record_states_its_status_and_date() -> None:
    records = [p for p in (ROOT / "docs" / "adr").glob("*.md") if p.name != "template.md"]
    status = re.compile(r"^Status: (accepted|replaced by \d{4}), \d{4}-\d{2}-\d{2}", re.MULTILINE)
    assert [p.name for p in records if not status.search(p.read_text(encoding="utf-8"))] == []
