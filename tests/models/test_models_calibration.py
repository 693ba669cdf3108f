"""Calibration: shares in (0, 1] that fall as scores rise; an empty one expects nothing."""

import numpy as np
import orjson
from hypothesis import given
from hypothesis import strategies as st

from foreseen.models.calibration import Calibration

scores = st.lists(st.floats(-50, 50).map(lambda value: round(value, 1)), max_size=60)


@given(known=scores, asked=st.lists(st.floats(allow_nan=False), min_size=1))
def test_shares_lie_above_0_and_fall_as_scores_rise(known: list[float], asked: list[float]) -> None:
    shares = Calibration.of(known).shares(np.sort(np.asarray(asked)))
    assert ((shares > 0) & (shares <= 1)).all()
    assert (np.diff(shares) <= 0).all()


def test_a_share_counts_what_is_at_least_as_surprising_and_the_match_itself() -> None:
    calibration = Calibration.of([4.0, 1.0, 2.0, 2.0])
    asked = np.array([0.0, 1.0, 1.5, 2.0, 4.0, 5.0])
    assert calibration.shares(asked).tolist() == [1.0, 1.0, 4 / 5, 4 / 5, 2 / 5, 1 / 5]


def test_no_calibration_expects_nothing() -> None:
    assert (Calibration.of([]).shares(np.array([-9.0, 0.0, 9.0])) < 1e-6).all()


def test_a_score_that_is_no_number_is_not_expected() -> None:
    share = Calibration.of([1.0] * 99).shares(np.array([np.nan]))[0]
    assert not share > 0.02


@given(known=scores, asked=scores)
def test_what_is_loaded_answers_as_what_was_dumped(known: list[float], asked: list[float]) -> None:
    calibration = Calibration.of(known)
    loaded = Calibration.of(orjson.loads(orjson.dumps(calibration.dump())))
    same = loaded.shares(np.asarray(asked)) == calibration.shares(np.asarray(asked))
    assert same.all()


def test_beyond_all_of_the_calibration_the_distance_goes_on() -> None:
    calibration = Calibration.of([1.0, 5.0, 3.0])
    beyond = calibration.beyond(np.array([0.0, 5.0, 5.5, 45.0, np.nan]))
    assert beyond[:4].tolist() == [0.0, 0.0, 0.5, 40.0]
    assert np.isnan(beyond[4])
    assert Calibration.of([]).beyond(np.array([7.0])).tolist() == [0.0]
