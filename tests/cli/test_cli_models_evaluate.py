"""`foreseen models evaluate` as a person types it, on a file in the documented form."""

from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.cli.commands import foreseen

from foreseen.cli.models_evaluate import CALIBRATION_PICTURE, RECALL_PICTURE
from foreseen.studies.benchmark import baselines

SIMPLE = "alert-all,exact allowlist,PARENT > CHILD FREQUENCY"
STEP = 60_000
PARTS = ("train", "cal", "test")


def events(*, part: bool) -> pa.Table:
    """Three hundred events of two hosts: jobs that come again and again, and at last attacks."""
    rng = np.random.default_rng(1)
    rows = []
    for number in range(300):
        known, attack = rng.integers(0, 4), number >= 240 and number % 2 == 0
        rows.append(
            {
                "time": 1767225600000 + number * STEP,
                "workload": ("web", "shop")[number % 4 // 2],
                "rule": "curl" if number % 5 else "wget",
                "label": "web-shell" if attack else "-",
                "parent": "sh" if attack else "cron",
                "child": "curl",
                "command": f"curl -o /tmp/{number} bad" if attack else f"curl ok{'abcd'[known]}",
                "harness": known == 3 and not attack,
                "session": f"login-{number // 10}",
                **({"part": PARTS[min(number // 100, 2)]} if part else {}),
            }
        )
    return pa.Table.from_pylist(rows)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set as a file, with its own parts."""
    path = tmp_path_factory.mktemp("set") / "made.parquet"
    pq.write_table(events(part=True), path)
    return path


def test_json_is_one_object_with_a_row_for_every_method_and_rule(file: Path) -> None:
    ran = foreseen("models", "evaluate", file, "--methods", SIMPLE, "--budget", "0.05", "--json")
    assert (ran.code, ran.err) == (0, "")
    (told,) = ran.rows
    methods = ["alert all", "exact allowlist", "parent > child frequency"]
    assert [(row["method"], row["rule"]) for row in told["rows"]] == [
        (method, rule) for method in methods for rule in (None, "curl", "wget")
    ]
    every, exact, _ = (row for row in told["rows"] if row["rule"] is None)
    assert (every["benign_matches"], every["malicious_matches"]) == (70, 30)
    assert (every["benign_suppressed"], every["malicious_recall"]) == (0, 1)
    assert (exact["benign_suppressed"], exact["malicious_recall"]) == (1, 1)  # no list knows it
    assert told["budget"] == 0.05
    assert set(told["groups_found"]) == set(methods)
    for row in told["rows"]:
        found = told["groups_found"][row["method"]]["found"]
        assert row["rule"] or row["groups_found"] == found


def test_ours_runs_beside_all_that_is_installed_and_what_is_not_is_named(file: Path) -> None:
    ran = foreseen("models", "evaluate", file, "--json", "--methods", "foreseen,deeplog,trigram")
    (told,) = ran.rows
    missing = baselines.absent()
    assert ran.code == 0
    answered = [each["method"] for each in told["methods"]]
    assert answered == ["foreseen", *(["DeepLog"] if "DeepLog" not in missing else []), "trigram"]
    for failed in told["failed"]:
        assert failed["reason"] == missing[failed["method"]]
        assert f"left out: {failed['method']}: {failed['reason']}" in ran.err
    assert [each["against"] for each in told["differences"]] == answered[1:]


def test_people_get_tables_on_stdout(file: Path) -> None:
    ran = foreseen("models", "evaluate", file, "--methods", SIMPLE)
    assert (ran.code, ran.err) == (0, "")
    for promised in ("alert all", "exact allowlist", "100.00 %", "70 benign and 30 malicious"):
        assert promised in ran.out


def test_nobody_named_a_budget_it_is_as_fine_as_calibration_can_tell(
    file: Path, tmp_path: Path
) -> None:
    rows = events(part=True).to_pylist()
    later = [
        row | {"time": row["time"] + again, "session": f"{row['session']}-{again}"}
        for row in rows
        for again in range(10)
        if row["part"] == "cal"
    ]
    pq.write_table(pa.Table.from_pylist([*rows, *later]), tmp_path / "larger.parquet")
    typed = ("models", "evaluate", "--methods", "alert all", "--json")
    budgets = [
        foreseen(*typed, one).rows[0]["budget"] for one in (file, tmp_path / "larger.parquet")
    ]
    assert budgets == [0.01, 0.005]


def test_times_split_a_file_without_parts_and_come_together(tmp_path: Path) -> None:
    path = tmp_path / "made.parquet"
    pq.write_table(events(part=False), path)
    ends = ("--train-until", "2026-01-01T01:40:00", "--calibrate-until", "2026-01-01T03:20:00")
    typed = ("models", "evaluate", path, "--methods", "alert all", "--json")
    (told,) = foreseen(*typed, *ends).rows
    assert (told["rows"][0]["benign_matches"], told["rows"][0]["malicious_matches"]) == (70, 30)
    assert foreseen(*typed, *ends[:2]).code == 2
    assert foreseen(*typed, *ends[:3], "2026-01-01T01:00:00").code == 2
    assert foreseen(*typed, "--train-until", "soon", *ends[2:]).code == 2


def test_the_harness_can_be_left_out(file: Path) -> None:
    typed = ("models", "evaluate", file, "--methods", "alert all", "--json")
    (both,), (apart,) = foreseen(*typed).rows, foreseen(*typed, "--without-harness").rows
    benign = sum(
        row["label"] == "-" and not row["harness"]
        for row in events(part=True).to_pylist()
        if row["part"] == "test"
    )
    assert 0 < benign < 70
    assert both["rows_without_harness"][0]["benign_matches"] == benign
    assert apart["rows"][0]["benign_matches"] == benign
    assert (both["harness_counts"], apart["harness_counts"]) == (True, False)
    assert apart["rows_without_harness"] is None


def test_pictures_are_written_where_asked(file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "pictures"
    typed = ("models", "evaluate", file, "--methods", SIMPLE, "--json", "--pictures", folder)
    ran = foreseen(*typed)
    assert ran.code == 0
    assert len(ran.rows) == 1
    for name in (RECALL_PICTURE, CALIBRATION_PICTURE):
        assert str(folder / name) in ran.err
        assert ET.parse(folder / name).getroot().tag.endswith("svg")  # noqa: S314 (made here)


def test_the_same_seed_gives_the_same_figures(file: Path) -> None:
    typed = ("models", "evaluate", file, "--methods", "foreseen,trigram", "--json", "--seed", "4")
    (first,), (second,) = foreseen(*typed).rows, foreseen(*typed).rows
    for told in (first, second):
        for each in told["methods"]:
            del each["cpu_seconds"], each["microseconds_per_match"]
    assert orjson.dumps(first) == orjson.dumps(second)


def test_mistakes_end_with_the_right_code_and_say_what_to_do(file: Path, tmp_path: Path) -> None:
    unknown = foreseen("models", "evaluate", file, "--methods", "alert all,magic")
    assert unknown.code == 2
    assert "no method 'magic'" in unknown.err
    assert "parent-child-frequency" in unknown.err
    assert foreseen("models", "evaluate", file, "--methods", " , ").code == 2
    assert foreseen("models", "evaluate", file, "--budget", "2").code == 2
    assert foreseen("models", "evaluate", tmp_path / "none.parquet").code == 3
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"no parquet")
    assert foreseen("models", "evaluate", broken).code == 1


def test_where_no_method_answers_the_command_fails(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def out_of_memory(*_: object, **__: object) -> None:
        raise MemoryError("too large")

    monkeypatch.setattr(baselines.AlertAll, "__call__", out_of_memory)
    ran = foreseen("models", "evaluate", file, "--methods", "alert all", "--json")
    assert (ran.code, ran.out) == (1, "")
    assert "left out: alert all: MemoryError: too large" in ran.err


def test_names_from_a_file_cannot_steer_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "made.parquet"
    table = events(part=True)
    rules = pa.array(["[red]\x1b[2J"] * len(table))
    pq.write_table(table.set_column(table.schema.get_field_index("rule"), "rule", rules), path)
    ran = foreseen("models", "evaluate", path, "--methods", "alert all")
    assert ran.code == 0
    assert "\x1b" not in ran.out
    assert "[red]" in ran.out
