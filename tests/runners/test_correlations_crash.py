"""Correlations fire once, at whatever moment the process is killed."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from tests.runners.counting import calm_installation, drained, fill, replayed, told
from tests.runners.installation import Held, held, opened

from foreseen.control.alert_commit import commit_decisions
from foreseen.lake.lake import Lake
from foreseen.runners.judging import Judge


@pytest.fixture(scope="session")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Held:
    """What an installation holds when nothing disturbed it."""
    return calm_installation(tmp_path_factory.mktemp("calm"))


class Killed(BaseException):
    """The process is gone at this moment."""


def killing(place: str, time: int) -> Callable[[str], None]:
    passed = [0]

    def failpoint(name: str) -> None:
        passed[0] += name == place
        if name == place and passed[0] == time:
            raise Killed

    return failpoint


@pytest.mark.long
@pytest.mark.parametrize("time", [1, 2, 3, 4])
@pytest.mark.parametrize("place", ["after_matches", "before_predictions", "after_predictions"])
def test_killed_between_commits_it_fires_once(
    tmp_path: Path, calm: Held, place: str, time: int
) -> None:
    with opened(tmp_path, killing(f"lake.{place}", time)) as stores:
        fill(stores)
        with suppress(Killed):
            drained(stores)
    with opened(tmp_path) as stores:
        drained(stores)
    assert held(tmp_path) == calm


@pytest.mark.parametrize("time", [1, 2])
def test_killed_before_the_control_database_it_fires_once(
    tmp_path: Path, calm: Held, monkeypatch: pytest.MonkeyPatch, time: int
) -> None:
    passed = [0]

    def dies(*arguments: object, now: int) -> bool:
        passed[0] += 1
        if passed[0] == time:
            raise Killed
        return commit_decisions(*arguments, now=now)  # type: ignore[arg-type]

    monkeypatch.setattr("foreseen.runners.judging.commit_decisions", dies)
    with opened(tmp_path) as stores:
        fill(stores)
        with pytest.raises(Killed):
            drained(stores)
        drained(stores)
    assert held(tmp_path) == calm


@pytest.mark.long
@pytest.mark.parametrize("place", ["lake.after_matches", "lake.after_predictions"])
def test_a_replay_killed_at_its_end_ends_as_one_that_was_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    (tmp_path / "whole").mkdir()
    whole = replayed(tmp_path / "whole")
    finish, open_lake, ending = Judge.finish, Lake.open, [False]

    def dies(name: str) -> None:
        if ending[0] and name == place:
            raise Killed

    def dying(judge: Judge) -> int:
        ending[0] = True
        return finish(judge)

    monkeypatch.setattr(Judge, "finish", dying)
    monkeypatch.setattr(Lake, "open", lambda path: open_lake(path, failpoint=dies))
    with pytest.raises(Killed):
        replayed(tmp_path)
    monkeypatch.undo()
    again = replayed(tmp_path)
    assert told(again.alerts) == told(whole.alerts)
    for table in ("matches", "predictions"):
        assert again.lake.read(table).num_rows == whole.lake.read(table).num_rows
    assert told(replayed(tmp_path).alerts) == told(whole.alerts)  # and once more
