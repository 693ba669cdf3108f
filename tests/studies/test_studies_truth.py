"""Ground truth: read whole or refused with its place."""

from pathlib import Path

import pytest
import zstandard
from tests.models.histories import matches

from foreseen.core.errors import MalformedInputError
from foreseen.studies.truth import Attack, attacks_of, part_starts, read_runs, read_truth

HEADER = "part,node,time,serial,chain,run,technique"
ROW = "test,web-1,1795287616.540,15101,cron,test-cron-0,T1053"


def labels(folder: Path, content: bytes) -> Path:
    path = folder / "labels.csv.zst"
    path.write_bytes(content)
    return path


def test_labels_are_read_by_host_and_serial(tmp_path: Path) -> None:
    path = labels(tmp_path, zstandard.compress(f"{HEADER}\n{ROW}\n".encode()))
    truth = read_truth(path)
    assert truth == {("web-1", "15101"): Attack("cron", "test-cron-0", "T1053")}
    rows: list[dict[str, object]] = [
        {"host": "web-1", "original_uid": "15101"},
        {"host": "web-1", "original_uid": "15102"},
        {"host": "db-1", "original_uid": "15101"},
        {"host": "web-1", "original_uid": None},
    ]
    assert [attack is not None for attack in attacks_of(matches(rows), truth)] == [
        True,
        False,
        False,
        False,
    ]


def test_every_frame_of_the_file_is_read(tmp_path: Path) -> None:
    head, row = (zstandard.compress(f"{text}\n".encode()) for text in (HEADER, ROW))
    assert len(read_truth(labels(tmp_path, head + row))) == 1


WHOLE = zstandard.compress("\n".join([HEADER, *[ROW] * 5_000]).encode())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"plain text",
        WHOLE[:-10],
        WHOLE[: len(WHOLE) // 2],
        WHOLE + b"more",
        zstandard.compress(b"\xff\xfe\x00bad"),
        zstandard.compress(b""),
        zstandard.compress(b"part,node,serial,chain,run\n"),
        zstandard.compress(f"{HEADER}\ntest,web-1,1\n".encode()),
        zstandard.compress(f"{HEADER}\n{ROW},more\n".encode()),
        zstandard.compress(f'{HEADER}\n"{ROW}\n'.encode()),
        zstandard.compress(f"{HEADER}\n{ROW}{'x' * 200_000}\n".encode()),
    ],
)
def test_what_is_no_table_of_labels_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = labels(tmp_path, content)
    with pytest.raises(MalformedInputError, match=r"labels\.csv\.zst"):
        read_truth(path)


def test_a_file_that_is_cut_off_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(MalformedInputError, match="cut off"):
        read_truth(labels(tmp_path, WHOLE[:-10]))


def test_runs_and_starts_are_read(tmp_path: Path) -> None:
    runs, parts = tmp_path / "runs.json", tmp_path / "parts.json"
    runs.write_text(
        '[{"part":"test","run":"r1","chain":"c"},{"part":"train","run":"r2","chain":"c"}]'
    )
    parts.write_text('[{"part":"train","start":10.5},{"part":"test","start":20}]')
    assert read_runs(runs, "test") == {"r1": "c"}
    assert part_starts(parts) == {"train": 10_500, "test": 20_000}


@pytest.mark.parametrize(
    "content", ["", "{", "5", "null", '{"a":1}', "[1]", "[{}]", '[{"part":"test"}]', "\x00"]
)
def test_broken_lists_are_refused_by_name(tmp_path: Path, content: str) -> None:
    path = tmp_path / "list.json"
    path.write_text(content)
    for reader in (lambda: read_runs(path, "test"), lambda: part_starts(path)):
        with pytest.raises(MalformedInputError, match=r"list\.json"):
            reader()


@pytest.mark.parametrize("start", ['"soon"', "null", '"inf"', '"nan"', "{}"])
def test_a_start_that_is_no_time_is_refused(tmp_path: Path, start: str) -> None:
    path = tmp_path / "parts.json"
    path.write_text(f'[{{"part":"test","start":{start}}}]')
    with pytest.raises(MalformedInputError, match="start"):
        part_starts(path)
