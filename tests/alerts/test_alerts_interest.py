"""Nobody dismisses an alert about their own account, however they write their name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreseen.alerts.interest import (
    Speaker,
    Subjects,
    names_of,
    objection,
    same_person,
    subjects_of,
)

ABOUT_ANA = Subjects(frozenset({"ana", "1001"}), frozenset({"root", "0"}))
ABOUT_SERVICE = Subjects(frozenset(), frozenset({"postgres", "26"}))
ABOUT_ROOT_LOGIN = Subjects(frozenset({"root", "0"}), frozenset({"root", "0"}))


@pytest.mark.parametrize(
    "written",
    [
        "ana",
        "ANA",
        " ana ",
        "CORP\\ana",
        "corp\\Ana",
        "ana@corp.example.com",
        "Corp/ana",
        "arn:aws:iam::111122223333:user/ana",
        "arn:aws:sts::111122223333:assumed-role/ops/ana@example.com",
        "system:serviceaccount:shop:ana",
        "\uff21\uff4e\uff41",
    ],
)
def test_the_account_that_an_alert_is_about_cannot_dismiss_it(written: str) -> None:
    assert "about" in str(objection(Speaker(written, written), ABOUT_ANA))
    assert "about" in str(objection(Speaker(written, "root"), ABOUT_ANA))
    rows = [{"user_name": written, "process_user_name": "root"}]
    assert "about" in str(objection(Speaker("ana", "ana"), subjects_of(rows, 1)))


def test_another_name_does_not_help_who_works_with_the_account() -> None:
    assert "'ana'" in str(objection(Speaker("bob", "ana"), ABOUT_ANA))
    only = Subjects(frozenset({"ana"}), frozenset())
    assert "ana" in str(objection(Speaker("bob", "CORP\\ana", second="eve"), only))


def test_anyone_else_may() -> None:
    assert objection(Speaker("bob", "bob"), ABOUT_ANA) is None
    assert objection(Speaker("ana", "ana"), ABOUT_SERVICE) is None
    assert objection(Speaker("anabel", "anabel"), ABOUT_ANA) is None
    assert objection(Speaker("root", "root"), ABOUT_SERVICE) is None


@pytest.mark.parametrize(
    "column", ["user_uid", "user_name", "auth_account", "process_user_uid", "process_user_name"]
)
def test_every_column_that_names_an_account_counts(column: str) -> None:
    rows = [{"user_name": "bob"}, {column: "ana"}]
    assert objection(Speaker("ana", "ana"), subjects_of(rows, 2)) is not None


def test_root_has_to_say_who_it_is_when_the_alert_is_about_root() -> None:
    said = objection(Speaker("root", "root"), Subjects(frozenset(), frozenset({"root", "0"})))
    assert "--as NAME" in str(said)
    named = Speaker("bob", "root")
    assert objection(named, Subjects(frozenset(), frozenset({"root", "0"}))) is None


def test_where_root_came_in_two_people_have_to_agree() -> None:
    assert "--second NAME" in str(objection(Speaker("bob", "root"), ABOUT_ROOT_LOGIN))
    assert objection(Speaker("bob", "root", second="eve"), ABOUT_ROOT_LOGIN) is None
    assert objection(Speaker("bob", "bob"), ABOUT_ROOT_LOGIN) is None


def test_where_nobody_can_tell_whom_it_is_about_two_people_have_to_agree() -> None:
    gone = subjects_of([{"user_name": "x"}], 2)
    assert not gone.known
    assert not subjects_of([], 0).known
    assert "--second NAME" in str(objection(Speaker("bob", "bob"), gone))
    assert objection(Speaker("bob", "bob", second="eve"), gone) is None


def test_where_only_a_number_is_known_and_it_is_ones_own_two_people_have_to_agree() -> None:
    about = subjects_of([{"user_uid": "1001", "process_user_uid": "0"}], 1)
    assert "--second NAME" in str(objection(Speaker("bob", "bob", uid="1001"), about))
    assert objection(Speaker("bob", "bob", second="eve", uid="1001"), about) is None
    assert objection(Speaker("bob", "bob", uid="1002"), about) is None


@pytest.mark.parametrize("second", ["bob", "BOB", "corp\\bob", "bob@example.com", "root", "ana"])
def test_the_second_person_is_another_one(second: str) -> None:
    assert objection(Speaker("bob", "bob", second=second), ABOUT_ANA) is not None


@pytest.mark.parametrize("name", ["", " ", "a\x1b[2J", "b\u202eo", "x" * 300, "a\nb"])
def test_what_is_no_name_is_refused(name: str) -> None:
    assert "no name" in str(objection(Speaker(name, "bob"), ABOUT_SERVICE))
    assert "no name" in str(objection(Speaker("bob", "bob", second=name), ABOUT_SERVICE))


@given(st.text(max_size=60))
def test_any_name_is_the_same_as_itself(name: str) -> None:
    assert not name.strip() or same_person(name, name) or not names_of(name)
    about = Subjects(frozenset(names_of(name)), frozenset())
    if names_of(name):
        assert objection(Speaker(name, name), about) is not None
