"""Replays are made from recordings alone: the same events give the same bytes, however cut."""

import importlib.util
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from tests.recording import RECORDING, extract

from foreseen.core.errors import ConfigurationError
from foreseen.runners.parts import parts
from foreseen.runners.rules.files import shipped_documents
from foreseen.studies.replays.chain import Use
from foreseen.studies.replays.making import EVERYTHING, Sides, recorded_runs, with_everything
from foreseen.studies.replays.recorded import Recorded
from foreseen.studies.replays.sides import SIDES
from foreseen.studies.replays.stored import packed, recorded
from foreseen.studies.truth import read_truth

ROOT = Path(__file__).parents[2]
LINES = 18_000


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The beginning of the part that holds some attacks."""
    file = tmp_path_factory.mktemp("made") / "mixed.log"
    file.write_bytes(extract(LINES, "mixed"))
    return file


@pytest.fixture(scope="module")
def rules() -> Any:  # noqa: ANN401 (the rule set's type is of no interest here)
    return with_everything(shipped_documents())


def made(log: Path, rules: Any, lines: int = 30_000, sides: Sides = SIDES) -> list[Recorded]:  # noqa: ANN401 (as above)
    truth = read_truth(RECORDING / "labels.csv.zst")
    return recorded_runs(parts([str(log)], "auditd", lines=lines), rules, truth, sides)


@pytest.fixture(scope="module")
def runs(log: Path, rules: Any) -> list[Recorded]:  # noqa: ANN401 (as above)
    return made(log, rules)


def test_how_the_log_is_cut_does_not_matter(
    log: Path,
    rules: Any,  # noqa: ANN401 (as above)
    runs: list[Recorded],
) -> None:
    assert len(runs) >= 3
    assert packed(made(log, rules, lines=997)) == packed(runs)


def test_every_event_of_a_run_is_kept_with_what_shipped_rules_said(runs: list[Recorded]) -> None:
    for run in runs:
        assert len({deed.moment.uid for deed in run.deeds}) == len(run.deeds) > 3
        assert {deed.moment.rule for deed in run.deeds} == {""}
        assert any(deed.rules for deed in run.deeds)
        assert any(not deed.rules for deed in run.deeds)
        assert all(EVERYTHING not in deed.rules for deed in run.deeds)


def test_nothing_of_the_recorder_or_of_its_lines_ships(runs: list[Recorded]) -> None:
    names = {name for run in runs for deed in run.deeds for name in deed.columns}
    assert "process_cmd_line" in names
    assert names & {"raw", "tenant", "stream", "seq", "event_uid", "labels"} == set()


def test_own_places_hold_what_the_chain_did_before(runs: list[Recorded]) -> None:
    """Tokens at the chain's own places are those of its earlier events, in their order."""
    for run in runs:
        by_workload: dict[str, list[str]] = defaultdict(list)
        for deed in run.deeds:
            moment = deed.moment
            own = [moment.window[place] for place in deed.own.window]
            before = by_workload[moment.workload]
            assert own == before[len(before) - len(own) :]
            by_workload[moment.workload].append(moment.act.shape)


def test_a_chain_starts_below_processes_that_are_not_its_own(runs: list[Recorded]) -> None:
    for run in runs:
        assert [deed for deed in run.deeds if deed.own.ancestors == 0]


def test_failed_logins_are_known_of_every_session_that_a_chain_opened(
    runs: list[Recorded],
) -> None:
    deeds = [deed for run in runs for deed in run.deeds]
    assert {deed.moment.failures is None for deed in deeds if deed.own.opened} == {False}
    assert any(deed.own.opened for deed in deeds)
    assert not any(deed.own.opened for deed in deeds if "session_uid" not in deed.columns)


def test_a_chain_without_a_side_is_refused_by_name(
    log: Path,
    rules: Any,  # noqa: ANN401 (as above)
) -> None:
    with pytest.raises(ConfigurationError, match=r"port_listener.*sides\.py"):
        made(log, rules, sides={k: v for k, v in SIDES.items() if k != "port_listener"})


@pytest.mark.slow
def test_what_ships_is_what_this_code_makes_of_the_recordings() -> None:
    """Where it fails because code or recordings have changed: `make replays`."""
    script = ROOT / "scripts" / "make_replays.py"
    spec = importlib.util.spec_from_file_location("make_replays", script)
    assert spec
    assert spec.loader
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    found = [
        run
        for recording in ("linux-2026-11", "linux-2026-11-b")  # gates are not to know the third
        for run in program.runs_of(ROOT / "lab" / "recordings" / recording)
    ]
    for use in Use:
        assert tuple(run for run in found if run.use is use) == recorded(use)
