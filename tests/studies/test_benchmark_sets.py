"""Known sets keep their protocol: own clocks, dirt, floods and sessions; and so do its variants."""

from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.labelled import (
    HOUR,
    START,
    ait_columns,
    ait_rows,
    atomic_columns,
    check_shape,
    match_times,
    stored,
)

from foreseen.core.errors import ConfigurationError
from foreseen.studies.benchmark.dataset import PARTS, TEST
from foreseen.studies.benchmark.loaders.ancestry import DEPTH, ancestry_of
from foreseen.studies.benchmark.loaders.recognise import load
from foreseen.studies.benchmark.splits import contaminated, halves, leave_out, reviewed


def test_each_network_of_ait_has_its_own_clock(tmp_path: Path) -> None:
    data = load(stored(tmp_path, ait_columns()))
    check_shape(data)
    for net, start in (("one", START), ("two", START + 24 * HOUR)):
        own = data.column("cluster") == net
        times = data.events["time"].to_numpy()[data.matches["event"].to_numpy()]
        end = start + 57 * HOUR
        for part, first, last in (
            ("train", start, start + 0.7 * 57 * HOUR),
            ("cal", start + 0.7 * 57 * HOUR, end),
            ("test", end, end + 100 * HOUR),
        ):
            inside = times[own & (data.column("part") == part)]
            assert first * 1000 <= inside.min()
            assert inside.max() < last * 1000


def test_dirt_of_ait_stays_in_the_history_and_counts_nowhere(tmp_path: Path) -> None:
    data = load(stored(tmp_path, ait_columns()))
    test = data.column("part") == "test"
    assert set(data.column("group")[data.malicious & test]) == {
        f"{net}/{step}" for net in ("one", "two") for step in ("dirb", "crack_passwords")
    }
    assert set(data.column("group")[data.malicious & ~test]) == {None}
    rows = list(ait_rows())
    assert data.events.num_rows == len(rows)
    later = [
        r for r in rows if r[4] == "-" and r[0] >= START + 57 * HOUR + 24 * HOUR * (r[1] == "two")
    ]
    assert data.weights[test & ~data.malicious].sum() == len(later)


def test_floods_of_ait_are_capped_and_thinned_ones_stand_for_all(tmp_path: Path) -> None:
    columns = ait_columns()
    data = load(stored(tmp_path, columns))
    dirb = data.column("group") == "one/dirb"
    assert dirb.sum() == 20
    assert np.all(np.diff(data.matches["event"].to_numpy()[dirb]) <= 2)  # the first ones
    many = [row for row in ait_rows() for _ in range(8)]
    time, net, host, short, label = zip(*many, strict=True)
    columns = {"time": time, "net": net, "host": host, "short": short, "event_label": label}
    thin = load(stored(tmp_path, columns))
    history = thin.column("part") != "test"
    before = sum(
        8 for row in ait_rows() if row[0] < START + 57 * HOUR + 24 * HOUR * (row[1] == "two")
    )
    assert thin.weights[history].sum() == before
    each = Counter(
        zip(thin.column("cluster"), thin.column("rule"), thin.column("part"), strict=True)
    )
    assert max(each.values()) == 2_000
    assert thin.ambiguous > {"A-All-Evt"}


def test_sessions_of_atomic_are_counted_not_timed(tmp_path: Path) -> None:
    data = load(stored(tmp_path, atomic_columns()))
    check_shape(data)
    per_part = {part: len(set(data.column("cluster")[data.of_part(part)])) for part in PARTS}
    assert per_part == {"train": 20, "cal": 6, "test": 14}
    assert max(match_times(data, "cal")) < min(match_times(data, "test"))
    assert Counter(data.column("rule")) == {
        "wevtutil": 40,
        "conhost": 40,
        "sc": 80,
        "exec-from-temp": 40,
    }
    assert set(data.column("group")[data.malicious]) == {f"T{i}" for i in range(40)}


def test_a_test_that_runs_again_days_later_is_another_session(tmp_path: Path) -> None:
    columns = atomic_columns()
    columns["session"] = ["T0" if i >= 156 else f"T{i // 4}" for i in range(160)]
    data = load(stored(tmp_path, columns))
    assert set(data.column("cluster")[data.of_part("train")]) >= {"T0"}
    assert data.column("cluster")[-1] == "T0#2"
    assert data.column("part")[-1] == "test"


def test_leaving_out_a_network_tests_on_it_alone(tmp_path: Path) -> None:
    data = load(stored(tmp_path, ait_columns()))
    assert halves(data, by="cluster") == (frozenset({"one"}), frozenset({"two"}))
    cold = leave_out(data, {"two"}, by="cluster")
    assert set(cold.column("cluster")[cold.of_part("test")]) == {"two"}
    assert set(cold.column("cluster")[cold.of_part("train")]) == {"one"}
    assert set(cold.column("cluster")[cold.of_part("cal")]) == {"one"}
    assert cold.events is data.events
    assert set(cold.column("group")[cold.of_part("test")]) == {
        None,
        "two/dirb",
        "two/crack_passwords",
    }
    assert leave_out(data, {"two/mail", "two/web"}).matches.equals(cold.matches)
    with pytest.raises(ConfigurationError, match="three is no workload"):
        leave_out(data, {"three"})
    with pytest.raises(ConfigurationError, match="nothing to test or train"):
        leave_out(data, {"one", "two"}, by="cluster")


def test_contamination_moves_whole_attacks_and_nothing_else(tmp_path: Path) -> None:
    data = load(stored(tmp_path, atomic_columns()))
    dirty = contaminated(data, share=0.2, seed=3)
    changed = dirty.column("part") != data.column("part")
    assert data.malicious[changed].all()
    moved = set(data.column("group")[changed])
    assert len(moved) == 3  # 20 % of the 14 attacks of test, rounded up
    assert not moved & set(dirty.column("group")[dirty.of_part("test")])
    assert set(dirty.column("part")[changed]) == {"train"}
    assert dirty.matches.drop_columns("part").equals(data.matches.drop_columns("part"))
    assert contaminated(data, share=0.2, seed=3).matches.equals(dirty.matches)
    with pytest.raises(ConfigurationError, match="cannot move"):
        contaminated(data, share=1.0)


def test_reviewed_history_teaches_no_known_attack_and_tests_all(tmp_path: Path) -> None:
    data = load(stored(tmp_path, atomic_columns()))
    clean = reviewed(data)
    history = clean.column("part") != TEST
    assert data.malicious[data.column("part") != TEST].any()
    assert not clean.malicious[history].any()
    assert len(clean.of_part(TEST)) == len(data.of_part(TEST))
    assert clean.events.equals(data.events)


def test_reviewed_history_keeps_the_dirt_that_nobody_has_to_find(tmp_path: Path) -> None:
    data = load(stored(tmp_path, ait_columns()))
    history = data.column("part") != TEST
    dirt = data.malicious & history
    assert dirt.any()
    assert reviewed(data).malicious[reviewed(data).column("part") != TEST].sum() == dirt.sum()


def test_ancestors_are_followed_as_far_as_the_data_have_them() -> None:
    own = pa.array(["a", "b", None, "d"])
    above = pa.array(["?", "a", "b", "d"])  # the last is its own parent
    images = pa.array(["init", "sshd", "bash", "loop"])
    lines = ancestry_of(own, above, images, np.array([0, 2, 3]))
    assert lines.to_pylist() == [["init"], ["bash", "sshd", "init"], ["loop"] * DEPTH]


@pytest.mark.long
def test_ait_ads_has_the_groups_of_its_reference(foreseen_data: Path) -> None:
    data = load(foreseen_data / "ait-ads" / "alerts.parquet")
    check_shape(data)
    test = data.column("part") == "test"
    hostile = test & data.malicious
    assert data.events.num_rows == 1_283_673
    assert len(set(data.column("group")[hostile])) == 30
    assert set(data.column("group")[data.malicious & ~test]) == {None}
    rows = data.matches["event"].to_numpy()[hostile]
    host = np.array(data.events["workload"].take(pa.array(rows)).to_pylist(), object)
    floods = zip(data.column("group")[hostile], data.column("rule")[hostile], host, strict=True)
    assert max(Counter(floods).values()) == 20


@pytest.mark.long
def test_weights_of_ait_ads_stand_for_every_row_that_is_no_step(foreseen_data: Path) -> None:
    path = foreseen_data / "ait-ads" / "alerts.parquet"
    data, table = load(path), pq.read_table(path, columns=["time", "net", "event_label"])
    time, net, label = (table[name].to_numpy() for name in table.column_names)
    expected: Counter[str] = Counter()
    for each in set(net):
        steps = time[(net == each) & ~np.isin(label, ["-", "dnsteal"])]
        test = (net == each) & (time >= steps.min() - 3 * HOUR)
        expected["test"] += int((test & (label == "-")).sum())
        expected["history"] += int(((net == each) & ~test).sum())
    in_test = data.column("part") == "test"
    assert data.weights[in_test & ~data.malicious].sum() == expected["test"]
    assert data.weights[~in_test].sum() == expected["history"]


def test_atomic_evtx_has_the_five_fixed_rules(foreseen_data: Path) -> None:
    data = load(foreseen_data / "atomic-evtx" / "process_creations.parquet")
    check_shape(data)
    assert data.events.num_rows == 20_943
    assert set(data.column("rule")) == {"conhost", "exec-from-temp", "rundll32", "sc", "wevtutil"}
    assert max(match_times(data, "train")) < min(match_times(data, "cal"))
    assert max(match_times(data, "cal")) < min(match_times(data, "test"))
    harness = np.array(data.matches["harness"].to_pylist(), bool)
    assert not (harness & data.malicious).any()
