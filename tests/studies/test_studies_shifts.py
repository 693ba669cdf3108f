"""How often and where rules match lately, and how probabilities lie, beside when models learned."""

from pathlib import Path

import numpy as np
import pytest
from tests.models.histories import matches

from foreseen.core.ids import TenantId
from foreseen.lake.lake import Cursor, Lake
from foreseen.models.calibration import Calibration
from foreseen.studies.shifts import LEAST, shifts, spread_of

OWN = TenantId("default")
DAY = 24 * 60 * 60 * 1000
ACCEPTED = 1_800_000_000_000
RULE = "download_tool"


def lake_of(folder: Path, *parts: tuple[int, int, str], **columns: object) -> Lake:
    """A lake with some matches each from a time on, one a minute, of a workload."""
    rows = [
        {
            "event_uid": f"e-{workload}-{start}-{number}",
            "match_uid": f"m-{workload}-{start}-{number}",
            "rule_id": RULE,
            "workload": workload,
            "time": start + number * 60_000,
            **columns,
        }
        for start, count, workload in parts
        for number in range(count)
    ]
    lake = Lake.open(folder / "lake")
    lake.commit({"matches": matches(rows)}, Cursor("test", 1))
    return lake


def test_matches_are_counted_on_both_sides_of_the_accepted_time(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, (ACCEPTED - 2 * DAY, 200, "web"), (ACCEPTED + DAY, 100, "web"))
    found = shifts(lake, OWN, ACCEPTED, 0)[RULE]
    assert (found.learned, found.lately) == (200, 100)
    assert found.days_before == pytest.approx(2)
    assert found.days == pytest.approx(1 + 99 / (24 * 60))
    assert found.places == pytest.approx(0, abs=1e-9)


def test_lately_are_only_the_days_that_are_looked_at(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, (ACCEPTED, 100, "web"), (ACCEPTED + 9 * DAY, 60, "web"))
    assert shifts(lake, OWN, ACCEPTED, ACCEPTED + 8 * DAY)[RULE].lately == 60


def test_another_mix_of_workloads_is_a_shift_and_few_matches_tell_nothing(tmp_path: Path) -> None:
    before = [(ACCEPTED - DAY, 500, "web"), (ACCEPTED - DAY, 500, "db")]
    moved = lake_of(tmp_path / "moved", *before, (ACCEPTED, 450, "web"), (ACCEPTED, 50, "db"))
    same = lake_of(tmp_path / "same", *before, (ACCEPTED, 240, "web"), (ACCEPTED, 260, "db"))
    few = lake_of(tmp_path / "few", *before, (ACCEPTED, LEAST - 1, "web"))
    told = [shifts(lake, OWN, ACCEPTED, 0)[RULE].places for lake in (moved, same, few)]
    assert told[0] is not None
    assert told[0] > 0.25
    assert told[1] is not None
    assert told[1] < 0.1
    assert told[2] is None


def test_a_workload_that_is_new_has_a_finite_index(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, (ACCEPTED - DAY, 100, "web"), (ACCEPTED, 100, "new"))
    places = shifts(lake, OWN, ACCEPTED, 0)[RULE].places
    assert places is not None
    assert 0.25 < places < 100


def test_matches_of_other_organisations_are_no_shift(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, (ACCEPTED, 100, "web"), tenant="other")
    assert shifts(lake, OWN, ACCEPTED, 0) == {}


def test_probabilities_as_calibrated_are_stable_and_smaller_ones_are_not() -> None:
    chance = np.random.default_rng(1)
    calibration = Calibration.of(chance.random(5_000))
    same = spread_of(calibration, calibration.shares(chance.random(2_000)))
    odder = spread_of(calibration, calibration.shares(chance.random(2_000) ** 0.2))
    assert same.stability is not None
    assert same.stability < 0.02
    assert odder.stability is not None
    assert odder.stability > 0.25
    assert odder.lately[0] > 3 * odder.calibrated[0]
    for found in (same, odder):
        assert sum(found.calibrated) == pytest.approx(1)
        assert sum(found.lately) == pytest.approx(1)
        assert len(found.upto) == len(found.lately) == len(found.calibrated) == 10


def test_scores_that_are_alike_make_fewer_bins_and_no_fault() -> None:
    calibration = Calibration.of([0.0] * 90 + [1.0] * 10)
    found = spread_of(calibration, np.array([1.0] * 60 + [0.05] * 10 + [np.nan]))
    assert found.judged == 71
    assert sum(found.lately) == pytest.approx(1)
    assert list(found.upto) == sorted(set(found.upto))


def test_without_calibration_or_matches_nothing_is_told() -> None:
    found = spread_of(Calibration.of([]), np.array([]))
    assert (found.judged, found.stability, sum(found.lately)) == (0, None, 0)
