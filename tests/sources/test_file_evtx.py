"""Binary Windows event logs give one line a record, and say what of them is damaged."""

import gzip
import os
import warnings
from collections.abc import Sequence
from pathlib import Path

import orjson
import pytest

from foreseen.core.records import Line, Quarantined, Reason
from foreseen.parsers import registry
from foreseen.sources.file import read

DATA = Path(os.environ.get("FORESEEN_DATA", Path(__file__).parents[3] / "shared" / "data"))
LOGS = sorted((DATA / "sigma-regression").rglob("*.evtx"))
HEADER, CHUNK = 4096, 1 << 16
needs_logs = pytest.mark.skipif(not LOGS, reason=f"no event logs below {DATA}; set FORESEEN_DATA")


def cut(paths: Sequence[Path]) -> tuple[list[Line], list[Quarantined]]:
    lines: list[Line] = []
    quarantined: list[Quarantined] = []
    names = [str(path) for path in paths]
    for batch in read(names, recognise=registry.sniff, stands_alone=registry.stands_alone):
        lines += batch.lines
        quarantined += batch.quarantined
    return lines, quarantined


def said(lines: Sequence[Line]) -> list[object]:
    """Which records they are and what is in them; tools write times and texts differently."""
    events = [orjson.loads(line.data)["Event"] for line in lines]
    return [(one["System"]["EventRecordID"], one["System"]["Channel"]) for one in events]


def several() -> Path:
    """A log of more than one record."""
    return next(path for path in LOGS if len(cut([path])[0]) > 1)


@needs_logs
def test_records_are_those_that_the_data_sets_json_has() -> None:
    for path in LOGS[:40]:
        lines, quarantined = cut([path])
        expected, _ = cut([path.with_suffix(".json")])
        assert quarantined == []
        assert said(lines) == said(expected)


@needs_logs
def test_records_are_told_apart_by_offset_and_number(tmp_path: Path) -> None:
    packed = tmp_path / "packed"
    packed.write_bytes(gzip.compress(several().read_bytes()))
    lines, _ = cut([several(), packed, several()])
    count = len(lines) // 3
    assert [line.number for line in lines] == [*range(1, count + 1)] * 3
    assert len({line.offset for line in lines}) == len(lines)
    assert [line.offset for line in lines] == sorted(line.offset for line in lines)
    assert [line.data for line in lines[:count]] == [line.data for line in lines[count:-count]]


@needs_logs
def test_other_files_beside_event_logs_are_read(tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_bytes(b'{"a": 1}\n')
    lines, quarantined = cut([other, LOGS[0], other])
    assert quarantined == []
    assert lines[0].data == lines[-1].data == b'{"a": 1}'
    assert lines[-1].offset == len(other.read_bytes()) + LOGS[0].stat().st_size


@needs_logs
def test_a_damaged_record_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    log = bytearray(several().read_bytes())
    whole, _ = cut([several()])
    second = log.index(b"**\0\0", log.index(b"**\0\0") + 4)
    log[second + 24 : second + 40] = b"\xff" * 16
    damaged = tmp_path / "damaged.evtx"
    damaged.write_bytes(log)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lines, quarantined = cut([damaged])
    assert [one.reason for one in quarantined] == [Reason.DAMAGED_RECORD]
    assert len(lines) == len(whole) - 1
    assert quarantined[0].line.path == str(damaged)
    assert quarantined[0].line.number == 2


@needs_logs
@pytest.mark.parametrize("kept", [HEADER - 1, HEADER, HEADER + 100, HEADER + CHUNK - 5000])
def test_a_log_that_is_cut_off_never_passes_for_whole(tmp_path: Path, kept: int) -> None:
    part = tmp_path / "part.evtx"
    part.write_bytes(several().read_bytes()[:kept])
    whole, _ = cut([several()])
    lines, quarantined = cut([part])
    assert [line.data for line in lines] == [line.data for line in whole[: len(lines)]]
    assert quarantined
    assert all(one.reason is Reason.DAMAGED_RECORD for one in quarantined)


@pytest.mark.parametrize(
    "log", [b"ElfFile\0", b"ElfFile\0" + bytes(9000), b"ElfFile\0" + b"ElfChnk\0" * 20_000]
)
def test_what_only_begins_like_an_event_log_is_quarantined(tmp_path: Path, log: bytes) -> None:
    path = tmp_path / "false.evtx"
    path.write_bytes(log)
    lines, quarantined = cut([path])
    assert lines == []
    assert {one.reason for one in quarantined} == {Reason.DAMAGED_RECORD}
