"""Neighbours: the nearest expected matches by name, the same after storage."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import orjson
import pytest
from tests.models.conformance import EXPECTED, LATER, STRANGE

from foreseen.models.members import neighbours
from foreseen.models.members.features import Features
from foreseen.models.members.neighbours import Neighbours
from foreseen.models.moments.moment import Moment

FEATURES = Features.fit(EXPECTED)
MATRIX = FEATURES.matrix(EXPECTED)
UIDS = [one.uid for one in EXPECTED]
ABOUT = [(one.uid, one.workload) for one in EXPECTED]
FITTED = Neighbours.fit(FEATURES.rows(EXPECTED), ABOUT, FEATURES, 0)


def test_a_known_match_has_one_like_itself_as_its_nearest() -> None:
    uids, distances = FITTED.nearest(MATRIX, 1)
    by_uid = {one.uid: one for one in EXPECTED}
    for (nearest,), (distance,), asked in zip(uids, distances, EXPECTED, strict=True):
        assert distance < 1e-4  # rows are kept rounded
        assert _plain(by_uid[nearest]) == _plain(asked)


def _plain(one: Moment) -> Moment:
    """A moment without what no feature tells: its name, its time, names in its command."""
    return replace(one, uid="", time=0, act=replace(one.act, exact=""))


def test_the_nearest_come_in_order_and_the_first_is_the_distance() -> None:
    matrix = FEATURES.matrix([*LATER, *STRANGE])
    uids, distances = FITTED.nearest(matrix, 3)
    assert distances.shape == (len(matrix), 3)
    assert (np.diff(distances, axis=1) >= 0).all()
    places = ["web"] * len(matrix)
    nearest = FITTED.distances(FEATURES.rows([*LATER, *STRANGE]), places, [()] * len(places))
    assert np.array_equal(distances[:, 0], nearest)
    assert all(len(set(three)) == 3 and set(three) <= set(UIDS) for three in uids)


def test_each_distance_is_that_of_the_match_it_names() -> None:
    matrix = FEATURES.matrix(STRANGE[:5])
    uids, distances = FITTED.nearest(matrix, 2)
    rows = dict(zip(UIDS, MATRIX, strict=True))
    weights = FITTED.dump()["weights"]
    for asked, names, away in zip(matrix, uids, distances, strict=True):
        for name, distance in zip(names, away, strict=True):
            one, two = asked * weights, rows[name] * weights
            cosine = one @ two / np.linalg.norm(one) / np.linalg.norm(two)
            assert distance == pytest.approx(1 - cosine, abs=0.02)  # rows are kept rounded


def test_fewer_references_than_asked_for_are_all_told() -> None:
    few = Neighbours.fit(FEATURES.rows(EXPECTED[:2]), ABOUT[:2], FEATURES, 0)
    uids, distances = few.nearest(MATRIX[:1], 9)
    assert set(uids[0]) == set(UIDS[:2])
    assert distances.shape == (1, 2)
    assert few.nearest(MATRIX[:0], 3)[0] == []


def test_names_stay_with_their_rows_where_only_some_are_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(neighbours, "MAX_REFERENCES", 40)
    some = Neighbours.fit(FEATURES.rows(EXPECTED), ABOUT, FEATURES, 3)
    kept = [uid for uid, _ in orjson.loads(orjson.dumps(some.dump()))["about"]]
    assert len(kept) == len(set(kept)) == 40
    rows = MATRIX[[UIDS.index(uid) for uid in kept]]
    uids, distances = some.nearest(rows, 1)
    assert [name for (name,) in uids] == kept
    assert (distances < 1e-3).all()


def test_stored_neighbours_name_the_same_matches() -> None:
    loaded = Neighbours.load(orjson.loads(orjson.dumps(FITTED.dump())))
    matrix = FEATURES.matrix(STRANGE)
    assert loaded.nearest(matrix, 3)[0] == FITTED.nearest(matrix, 3)[0]
    with pytest.raises(ValueError, match="names"):
        Neighbours.load({**FITTED.dump(), "about": [["one", "web"]]})


def moved(moments: Sequence[Moment], workload: str) -> list[Moment]:
    return [replace(one, uid=f"{workload}-{one.uid}", workload=workload) for one in moments]


def fitted(*parts: Sequence[Moment]) -> Neighbours:
    moments = [one for part in parts for one in part]
    about = [(one.uid, one.workload) for one in moments]
    return Neighbours.fit(FEATURES.rows(moments), about, FEATURES, 0)


def test_the_same_workload_is_looked_at_first() -> None:
    backups, renders = (
        [one for one in EXPECTED if ("backup" in one.parent) is wanted] for wanted in (True, False)
    )
    both = fitted(moved(backups, "db"), moved(renders, "web"))
    rows = FEATURES.rows(backups[:5])
    here = both.distances(rows, ["db"] * 5, [()] * 5)
    there = both.distances(rows, ["web"] * 5, [()] * 5)
    assert (here < 1e-4).all()
    assert (there > 0.3).all()


def test_what_one_other_workload_did_is_near_to_nobody() -> None:
    three = fitted(moved(EXPECTED[:60], "a"), moved(LATER[:60], "b"), moved(EXPECTED[:60], "c"))
    rows, others = FEATURES.rows(EXPECTED[:60]), ("a", "b", "c")
    by_three = three.distances(rows, ["new"] * 60, [others] * 60)
    by_two = three.distances(rows, ["new"] * 60, [("a", "b")] * 60)
    by_one = three.distances(rows, ["new"] * 60, [("a",)] * 60)
    assert (by_three < 1e-4).all()
    assert (by_two >= by_three).all()
    assert by_two.mean() > 0.02
    assert (by_one == 1).all()
