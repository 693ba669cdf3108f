"""A lab recording as a data set: its own windows, its truth, and the ablation without a window."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import orjson
import pytest
import zstandard
from tests.recording import RECORDING, extract, time_of

from foreseen.cli.recordings import Recording, read_recording
from foreseen.core.errors import NotFoundError
from foreseen.studies.benchmark.ablation import WithoutWindow
from foreseen.studies.benchmark.contest import Contest, Order, contest
from foreseen.studies.benchmark.dataset import CALIBRATE, TEST, TRAIN, Dataset
from foreseen.studies.benchmark.ours import Ours
from foreseen.studies.benchmark.paired import paired, pairs_json, pairs_sheet
from foreseen.studies.benchmark.pairs import Pair
from foreseen.studies.benchmark.splits import reviewed
from foreseen.studies.truth import read_truth

LINES = 25_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped recording's first lines of train and test."""
    path = tmp_path_factory.mktemp("recording")
    for part in ("train", "test"):
        (path / f"{part}.log.zst").write_bytes(zstandard.compress(extract(LINES, part)))
    for name in ("labels.csv.zst", "parts.json"):
        shutil.copy(RECORDING / name, path)
    return path


@pytest.fixture(scope="module")
def recording(folder: Path) -> Recording:
    """It, read."""
    return read_recording(folder, mixed=False)


@pytest.fixture(scope="module")
def data(recording: Recording) -> Dataset:
    """Its matches."""
    return recording.recorded.data


@pytest.fixture(scope="module")
def held(data: Dataset) -> Contest:
    """Ours on it."""
    return contest(reviewed(data), [Ours()], Order(0.02))


def test_every_match_has_the_moment_that_the_pipeline_saw(data: Dataset) -> None:
    uids = data.column("uid")
    assert len(set(zip(uids, data.column("rule"), strict=True))) == data.matches.num_rows
    assert {data.moments[uid].rule for uid in uids} == set(data.column("rule"))
    assert any(data.moments[uid].window for uid in uids)


def test_methods_learn_from_before_the_test_part_only(data: Dataset, folder: Path) -> None:
    begins = time_of(extract(LINES, "test").splitlines()[0])
    times = data.events["time"].to_numpy()[data.matches["event"].to_numpy()]
    parts = data.column("part")
    assert times[parts == TEST].min() >= begins > times[parts != TEST].max()
    assert times[parts == TRAIN].min() < times[parts == CALIBRATE].min()
    assert folder.name == data.name


def test_attacks_are_those_of_the_labels(data: Dataset, recording: Recording, folder: Path) -> None:
    truth = read_truth(folder / "labels.csv.zst")
    places = [truth.get(recording.recorded.places[uid]) for uid in data.column("uid")]
    assert data.malicious.any()
    assert [attack is not None for attack in places] == data.malicious.tolist()
    assert [attack.chain if attack else None for attack in places] == data.column("group").tolist()
    runs = {a.run for a in places if a}
    assert runs == {c for c, m in zip(data.column("cluster"), data.malicious, strict=True) if m}


def test_without_the_window_nothing_that_came_before_matters(data: Dataset) -> None:
    before = {
        uid: replace(moment, window=("never seen",) * 9, siblings=(), session=("odd",), ancestry=())
        for uid, moment in data.moments.items()
    }
    changed = replace(data, moments=before)
    scored = [WithoutWindow()(each, budget=0.02, seed=0) for each in (data, changed)]
    assert np.array_equal(scored[0].scores, scored[1].scores)
    ours = Ours()(data, budget=0.02, seed=0)
    assert not np.array_equal(ours.scores, scored[0].scores)


def test_pairs_are_told_apart_by_the_scores_of_each_method(
    data: Dataset, recording: Recording, held: Contest
) -> None:
    pair = _pair(data, recording)
    found = paired(held, reviewed(data), recording.recorded.places, [pair])
    (overall, by_rule, by_lead) = pairs_json(found)
    assert (overall["pairs"], overall["missing"]) == (1, 0)
    assert overall["roc"] in {0.0, 0.5, 1.0}
    assert (by_rule["rule"], by_lead["before"]) == (pair.rule, "a test")
    assert pairs_sheet(found).rows[0][0] == "foreseen"


def test_a_pair_that_no_rule_matched_is_told_as_missing(
    data: Dataset, recording: Recording, held: Contest
) -> None:
    pair = replace(_pair(data, recording), malicious=("web-1", "0"))
    (overall, *_) = pairs_json(paired(held, reviewed(data), recording.recorded.places, [pair]))
    assert (overall["pairs"], overall["missing"], overall["roc"]) == (0, 1, None)


def test_a_folder_that_lacks_a_file_is_refused_by_its_name(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "cut")
    (tmp_path / "cut" / "labels.csv.zst").unlink()
    with pytest.raises(NotFoundError, match=r"labels\.csv\.zst: no such file"):
        read_recording(tmp_path / "cut", mixed=False)
    with pytest.raises(NotFoundError, match=r"mixed\.log\.zst"):
        read_recording(folder, mixed=True)


def test_pairs_of_a_folder_are_read(folder: Path, tmp_path: Path, recording: Recording) -> None:
    assert recording.pairs == []
    shutil.copytree(folder, tmp_path / "paired")
    row = {
        "pair": "1",
        "rule": "r",
        "before": "login",
        "same_ancestors": True,
        "quiet": True,
        "malicious": {"node": "web-1", "serial": "1"},
        "benign": {"node": "web-1", "serial": "2"},
    }
    (tmp_path / "paired" / "pairs.json").write_bytes(orjson.dumps([row]))
    (pair,) = read_recording(tmp_path / "paired", mixed=False).pairs
    assert (pair.malicious, pair.benign) == (("web-1", "1"), ("web-1", "2"))


def _pair(data: Dataset, recording: Recording) -> Pair:
    """An attack's match of the test part and a benign one of the same rule."""
    test, rules, uids = data.column("part") == TEST, data.column("rule"), data.column("uid")
    bad = int(np.flatnonzero(test & data.malicious)[0])
    good = int(np.flatnonzero(test & ~data.malicious & (rules == rules[bad]))[0])
    places = recording.recorded.places
    return Pair(
        name="1",
        rule=str(rules[bad]),
        before="a test",
        same_ancestors=True,
        quiet=True,
        malicious=places[uids[bad]],
        benign=places[uids[good]],
    )
