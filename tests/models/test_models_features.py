"""Moments of any rows, and a feature matrix of the promised shape and range."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.models.histories import hostile_text, matches, moment, moments

from foreseen.models.members.features import Features, sections_of
from foreseen.models.moments.moment import Moment, moments_of


def test_moments_come_in_the_order_of_their_rows() -> None:
    rows = [{"match_uid": f"m{n}", "time": n, "process_cmd_line": f"ls -{n % 2}"} for n in range(5)]
    found = moments_of(matches(rows))
    assert [one.uid for one in found] == [f"m{n}" for n in range(5)]
    assert found[0].act == found[2].act


def test_null_columns_make_a_moment_that_says_so() -> None:
    empty = dict.fromkeys(
        [
            "process_path",
            "process_cmd_line",
            "parent_cmd_line",
            "lineage_paths",
            "window_tokens",
            "session_tokens",
            "sibling_tokens",
            "status_id",
            "class_uid",
            "event_type",
        ]
    )
    (found,) = moments_of(matches([{"match_uid": "m", "time": 5, **empty}]))
    assert (found.uid, found.time) == ("m", 5)
    assert (found.ancestry, found.window, found.session, found.siblings) == ((), (), (), ())
    assert found.parent


@given(text=hostile_text)
def test_hostile_text_in_a_row_stays_in_its_place(text: str) -> None:
    lists = ("lineage_paths", "window_tokens", "session_tokens", "sibling_tokens")
    row = {"match_uid": "m", "time": 1, "parent_cmd_line": text, "process_cmd_line": text}
    (found,) = moments_of(matches([{**row, **{name: [text, "b"] for name in lists}}]))
    assert (found.uid, found.workload) == ("m", "web")
    assert found.window == found.session == found.siblings == (text, "b")
    assert len(found.ancestry) == 2


def test_the_doer_tells_login_user_effective_user_and_terminal() -> None:
    people = [
        {"user_uid": "1000", "process_user_uid": "0", "process_terminal": "pts0"},
        {"user_uid": "1000", "process_user_uid": "0"},
        {"user_uid": "1000", "process_user_uid": "1000"},
        {"process_user_uid": "0"},
    ]
    found = moments_of(matches([{"match_uid": "m", "time": 1, **person} for person in people]))
    assert len({one.who for one in found}) == len(people)


@given(known=st.lists(moments(), min_size=1, max_size=6), asked=st.lists(moments(), max_size=6))
def test_the_matrix_has_a_row_a_moment_a_column_a_name_and_shares_in_0_to_1(
    known: list[Moment], asked: list[Moment]
) -> None:
    features = Features.fit(known)
    matrix = features.matrix(asked)
    assert matrix.shape == (len(asked), len(features.names))
    assert matrix.dtype == np.float32
    assert ((matrix >= 0) & (matrix <= 1)).all()
    dumped: Any = features.dump()
    same = Features.load(dumped)
    assert np.array_equal(same.matrix(asked), matrix)


def test_recent_events_weigh_more_and_the_last_one_weighs_one() -> None:
    window = tuple(f"execve t{number}" for number in range(64))
    features = Features.fit([moment(window=window)])
    (row,) = features.matrix([moment(window=window)])
    weights = [row[features.names.index(("before", token))] for token in window]
    assert weights[-1] == 1
    assert weights[0] > 0
    assert weights == sorted(weights)
    assert len(set(weights)) == len(weights)


def test_only_unseen_tokens_fill_the_unknown_column() -> None:
    features = Features.fit([moment(window=("a", "b"))])
    unknown = features.names.index(("before", None))
    known, half, strange = features.matrix(
        [moment(window=("a", "b")), moment(window=("zz", "b")), moment(window=("zz", "yy"))]
    )
    assert known[unknown] == 0
    assert 0 < half[unknown] < 1
    assert strange[unknown] == 1


def test_an_empty_window_is_no_unknown_window() -> None:
    features = Features.fit([moment()])
    (row,) = features.matrix([moment(window=(), session=(), siblings=())])
    assert not any(
        value
        for (section, _), value in zip(features.names, row, strict=True)
        if section in {"before", "session", "siblings"}
    )


def test_a_question_mark_as_token_is_not_taken_for_the_unknown() -> None:
    features = Features.fit([moment(parent="?"), moment(parent="?")])
    known, strange = features.matrix([moment(parent="?"), moment(parent="nginx")])
    assert len(set(features.names)) == len(features.names)
    assert not np.array_equal(known, strange)


def test_the_number_of_columns_is_bounded() -> None:
    many = [moment(window=tuple(f"t{n}-{k}" for k in range(50))) for n in range(100)]
    assert len(Features.fit(many).names) < 1_200


@pytest.mark.parametrize("section", sorted(sections_of(moment())))
def test_every_section_has_its_unknown_column(section: str) -> None:
    assert (section, None) in Features.fit([moment()]).names
