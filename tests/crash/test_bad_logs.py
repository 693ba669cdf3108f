"""Damage to the intake log, foreign files, odd clocks and odd folders: an error or a recovery."""

import logging
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.recording import extract
from tests.runners.installation import bodies_of, drain, fill, held

from foreseen.control.database import open_database
from foreseen.core.errors import ConfigurationError, CorruptError
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.intake.log import Entry, EntryKind, IntakeLog, LogLimits
from foreseen.runners.server import stores
from foreseen.schema.arrow import texts

_NOW = 1_800_000_000_000
_SMALL = LogLimits(segment=300)
_PROGRAM = "from foreseen.cli.main import main; main()"


def entry(data: bytes, received: int = _NOW, kind: EntryKind = EntryKind.DATA) -> Entry:
    return Entry(DEFAULT_TENANT, "agent", "p", "auditd", received, data, kind)


def filled(folder: Path, texts: Sequence[bytes], limits: LogLimits = _SMALL) -> list[Path]:
    """A log with these entries; its segments."""
    with IntakeLog.open(folder, limits=limits) as log:
        for text in texts:
            log.append([entry(text)])
    return sorted(folder.glob("*.log"))


def texts_of(folder: Path) -> list[bytes]:
    with IntakeLog.open(folder, limits=_SMALL) as log:
        return [each.entry.data for each in log.read(log.first, 1 << 30)]


def test_what_is_cut_off_the_end_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    last = filled(tmp_path, [b"kept", b"torn"], LogLimits())[-1]
    last.write_bytes(last.read_bytes()[:-1])
    with caplog.at_level(logging.WARNING):
        assert texts_of(tmp_path) == [b"kept"]
    assert f"{last}: " in caplog.text
    assert "were cut off" in caplog.text


def test_a_newest_segment_of_another_log_is_an_error_and_stays_as_it_is(tmp_path: Path) -> None:
    ours = filled(tmp_path / "ours", [b"%d" % n * 100 for n in range(9)])
    theirs = filled(tmp_path / "theirs", [b"another" * n for n in range(20)])
    ours[-1].write_bytes(foreign := theirs[-1].read_bytes())
    with pytest.raises(CorruptError, match=f"{ours[-1].name}: .*another log"):
        IntakeLog.open(tmp_path / "ours", limits=_SMALL)
    assert ours[-1].read_bytes() == foreign


def test_a_newest_segment_that_is_no_log_is_an_error_and_stays_as_it_is(tmp_path: Path) -> None:
    last = filled(tmp_path, [b"one", b"two"])[-1]
    last.write_bytes(text := b"these are notes of a person, and no records\n" * 5)
    with pytest.raises(CorruptError, match=f"{last.name}: .*no record"):
        IntakeLog.open(tmp_path)
    assert last.read_bytes() == text


def test_a_first_record_that_was_torn_is_cut_off(tmp_path: Path) -> None:
    last = filled(tmp_path, [b"one" * 50])[-1]
    whole = last.read_bytes()
    for size in (1, 20, 40, len(whole) - 1):
        last.write_bytes(whole[:size])
        assert texts_of(tmp_path) == []
    last.write_bytes(bytes(4096))
    assert texts_of(tmp_path) == []


def test_a_missing_middle_segment_is_an_error(tmp_path: Path) -> None:
    segments = filled(tmp_path, [b"%d" % n * 100 for n in range(9)])
    segments[1].unlink()
    with pytest.raises(CorruptError, match="next segment starts"):
        IntakeLog.open(tmp_path)


def test_files_with_other_names_are_left_alone(tmp_path: Path) -> None:
    filled(tmp_path, [b"one"], LogLimits())
    notes = tmp_path / "notes.log"
    notes.write_text("not ours")
    assert texts_of(tmp_path) == [b"one"]
    assert notes.read_text() == "not ours"


def test_a_flipped_byte_in_an_old_segment_stops_the_worker_with_the_place(tmp_path: Path) -> None:
    bodies = bodies_of(extract(200), range(0, 200, 20))
    with IntakeLog.open(tmp_path / "intake", limits=LogLimits(segment=5_000)) as log:
        for each in bodies:
            log.append([entry(each)])
    oldest = min((tmp_path / "intake").glob("*.log"))
    content = bytearray(oldest.read_bytes())
    content[len(content) // 2] ^= 4
    oldest.write_bytes(content)
    with pytest.raises(CorruptError, match=rf"{oldest.name}: the record at byte \d+"):
        drain(tmp_path)


@pytest.mark.parametrize("harm", ["newest segment gone", "newest segment cut", "folder gone"])
def test_a_log_that_ends_before_what_was_read_of_it_is_refused(tmp_path: Path, harm: str) -> None:
    fill(tmp_path, bodies_of(extract(300), range(0, 300, 50)))
    drain(tmp_path)
    newest = max((tmp_path / "intake").glob("*.log"))
    if harm == "newest segment cut":
        newest.write_bytes(newest.read_bytes()[:-10])
    else:
        newest.unlink()
    with pytest.raises(CorruptError, match="was worked off up to"), stores(tmp_path):
        pytest.fail("new entries would be taken for old ones")


def test_clocks_that_jump_back_lose_and_double_nothing(tmp_path: Path) -> None:
    bodies = bodies_of(extract(1_500), range(0, 1_500, 100))
    jumps = [0, 5_000, -86_400_000, 10, -(_NOW), 86_400_000 * 400, -1, 3_000]
    with IntakeLog.open(tmp_path / "intake") as log:
        for number, each in enumerate(bodies):
            received = _NOW + jumps[number % len(jumps)]
            log.append([entry(each, received), entry(b"", received - 7, EntryKind.TICK)])
        log.append([entry(b"", kind=EntryKind.END)])
    drain(tmp_path)
    found = held(tmp_path)
    raws = [str(raw) for raw in found.events["raw"].to_pylist()]
    assert sum(raw.count("\n") + 1 for raw in raws) + found.quarantine.num_rows == 1_500
    uids = texts(found.matches, "match_uid")
    assert sorted(texts(found.predictions, "match_uid")) == sorted(uids)
    assert len(set(uids)) == len(uids) > 0


def up(data: Path) -> tuple[int, str]:
    """Exit code and messages of a server that does not come up."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, "up", "--data", str(data), "--port", "0"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.mark.slow
def test_a_second_server_on_a_folder_says_why_it_does_not_start(tmp_path: Path) -> None:
    open_database(tmp_path / "control.db").dispose()
    with IntakeLog.open(tmp_path / "intake"):
        code, said = up(tmp_path)
    assert code == 2
    assert "another process has this log open" in " ".join(said.split())
    assert "Traceback" not in said


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "intake").write_text("a file where the folder should be")
    with pytest.raises(ConfigurationError, match=r"intake: cannot be used as a log .*--data"):
        IntakeLog.open(tmp_path / "intake")


def test_two_threads_that_open_one_log_leave_one_owner(tmp_path: Path) -> None:
    opened: list[IntakeLog] = []
    refused: list[ConfigurationError] = []

    def take() -> None:
        try:
            opened.append(IntakeLog.open(tmp_path))
        except ConfigurationError as error:
            refused.append(error)

    threads = [threading.Thread(target=take) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(opened), len(refused)) == (1, 5)
    opened[0].close()
