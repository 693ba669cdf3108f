"""Scores by hand: what was suppressed, what was found, and runs that left no match are missed."""

import pyarrow as pa
import pytest
from tests.models.histories import act_of, moment

from foreseen.core.errors import MalformedInputError
from foreseen.models.moments.moment import Moment
from foreseen.schema.arrow import MATCH_SCHEMA, batch_of
from foreseen.studies.baselines import (
    BASELINES,
    alert_on_all,
    allowlist,
    exact_allowlist,
    first_seen,
    parent_child,
)
from foreseen.studies.score import Score, score
from foreseen.studies.truth import Attack

SHELL_1 = Attack("web_shell", "web_shell-1", "T1505")
SHELL_2 = Attack("web_shell", "web_shell-2", "T1505")
CRON = Attack("cron", "cron-1", "T1053")
RUNS = {
    "web_shell-1": "web_shell",
    "web_shell-2": "web_shell",
    "cron-1": "cron",
    "ptrace-1": "ptrace",
}


def test_shares_chains_and_runs_by_hand() -> None:
    found = score(
        [True, True, True, False, True, False, True],
        [None, None, None, None, SHELL_1, SHELL_1, SHELL_2],
        RUNS,
    )
    assert found == Score(
        benign=4,
        suppressed=3,
        attacks=3,
        alerted=1,
        chains={"cron": (0, 1), "ptrace": (0, 1), "web_shell": (1, 2)},
    )
    assert found.benign_suppressed == 0.75
    assert found.chains_found == 1
    assert found.runs == (1, 4)


def test_a_run_without_any_match_counts_as_missed() -> None:
    assert score([], [], RUNS).runs == (0, 4)
    assert score([], [], RUNS).benign_suppressed == 0.0


def test_one_alert_finds_a_run_however_much_is_suppressed() -> None:
    for alerting in (0, 50, 99):
        silenced = [number != alerting for number in range(100)]
        assert score(silenced, [CRON] * 100, {"cron-1": "cron"}).runs == (1, 1)


def test_a_label_of_an_unknown_run_is_refused() -> None:
    with pytest.raises(MalformedInputError, match="cron-1"):
        score([True], [CRON], {})


def test_a_score_needs_an_answer_for_every_match() -> None:
    with pytest.raises(ValueError, match=r"shorter|longer"):
        score([True], [], RUNS)


def job(command: str, parent: str = "cron", number: int = 0, **changed: object) -> Moment:
    return moment(number, act=act_of(command), ancestry=(parent,), **changed)


def test_alert_on_all_suppresses_nothing() -> None:
    assert alert_on_all([job("curl a")], [job("curl a")] * 3, 0.5) == [False] * 3


def test_the_allowlist_knows_commands_word_for_word_on_any_workload() -> None:
    later = [
        job("curl a"),
        job("curl a", workload="db"),
        job("curl b"),
        job("curl a", rule="exec_from_tmp"),
    ]
    assert allowlist([job("curl a")], later, 0.02) == [True, True, False, False]


def test_first_seen_knows_the_program_on_its_own_workload() -> None:
    later = [
        job("curl -x b"),
        job("curl a", workload="db"),
        job("wget a"),
        job("curl a", rule="exec_from_tmp"),
    ]
    assert first_seen([job("curl a")], later, 0.02) == [True, False, False, False]


def test_parent_child_sets_its_threshold_on_the_later_part_of_the_history() -> None:
    # early, 70: 60 curl under cron, 10 wget under cron; later, 30: 28 curl, 2 tar that early lacks
    early = [job("curl a", number=n) for n in range(60)]
    early += [job("wget a", number=n) for n in range(60, 70)]
    late = [job("curl a", number=n) for n in range(70, 98)]
    late += [job("tar a", number=n) for n in (98, 99)]
    asked = [job("curl b"), job("wget b"), job("tar b"), job("curl b", "nginx"), job("scp b")]
    # budget 10 %: 3 of 30 may alert, the fourth rarest of the later part was seen 60 times
    assert parent_child(early + late, asked, 0.1) == [True, False, False, False, False]
    # budget 3 %: none may alert, the rarest was never seen: whatever was seen at all is suppressed
    assert parent_child(early + late, asked, 0.03) == [True, True, True, False, False]
    # what only the later part saw was new then: it sets no threshold that early habits must meet
    novel = [job("tar a", number=n) for n in range(70, 100)]
    assert parent_child(early + novel, [job("wget b")], 0.1) == [True]
    assert parent_child((early + late)[::-1], asked, 0.1) == [True, False, False, False, False]


@pytest.mark.parametrize("method", BASELINES.values(), ids=BASELINES.keys())
def test_a_baseline_answers_every_match_and_suppresses_nothing_without_history(
    method: object,
) -> None:
    assert callable(method)
    assert method([], [job("curl a")] * 4, 0.02) == [False] * 4
    assert method([job("curl a")] * 5, [], 0.02) == []


def test_the_exact_allowlist_forgives_no_letter() -> None:
    columns = ("rule_id", "process_cmd_line", "file_path", "dst_ip", "dst_port")
    row: dict[str, object] = dict(
        zip(columns, ("curl", "curl -s h/1", None, None, None), strict=True)
    )
    later = [row, {**row, "process_cmd_line": "curl -s h/2"}, {**row, "dst_port": 80}]
    found = exact_allowlist(batch([row]), batch(later))
    assert found == [True, False, False]


def batch(rows: list[dict[str, object]]) -> pa.Table:
    return pa.Table.from_batches([batch_of(rows, MATCH_SCHEMA)])
