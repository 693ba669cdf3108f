"""The lake says what lies in it, and what is wrong with which file."""

from pathlib import Path

import pytest
from tests.lake.upkept import AT_ONCE, NOON, events, filled, kept

from foreseen.lake.keeping.horizon import Keeping
from foreseen.lake.keeping.status import problems, status
from foreseen.lake.lake import Cursor, Lake


def test_status_tells_rows_files_versions_and_producers(tmp_path: Path) -> None:
    lake = filled(tmp_path, 6)
    lake.commit({"events": events(range(0))}, Cursor("b", 77))
    (tmp_path / "events/data/orphan.parquet").write_bytes(b"left by a kill")
    found = status(lake)["events"]
    assert (found.rows, found.files, found.small) == (30, 6, 6)
    assert (found.version, found.first, found.entries, found.checkpoint) == (7, 0, 8, None)
    assert (found.oldest, found.newest) == (NOON, NOON + 29)
    assert (found.replaced, found.orphans) == (0, 1)
    assert found.cursors == {"a": 6, "b": 77}
    kept(lake, keeping=Keeping(checkpoint=1))
    found = status(Lake.open(tmp_path))["events"]
    assert (found.rows, found.files, found.replaced) == (30, 1, 6)
    assert found.checkpoint == found.version
    assert found.cursors == {"a": 6, "b": 77}
    kept(lake, keeping=AT_ONCE)
    found = status(lake)["events"]
    assert (found.replaced, found.orphans, found.first) == (0, 0, found.checkpoint)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-10])


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 0x40
    path.write_bytes(data)


def _other(path: Path) -> None:
    path.write_bytes(b"x" * path.stat().st_size)


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (Path.unlink, "it is gone"),
        (_cut, "the log says"),
        (_flip, "cannot be read"),
        (_other, "cannot be read"),
    ],
)
def test_a_harmed_file_is_named_with_the_difference(
    tmp_path: Path, harm: object, message: str
) -> None:
    lake = filled(tmp_path, 3, size=200)
    assert list(problems(lake)) == []
    path = Path(lake.files("events")[1])
    assert callable(harm)
    harm(path)
    (found,) = problems(lake)
    assert (found.table, found.file) == ("events", str(path))
    assert message in found.message


def test_any_flipped_byte_of_a_file_is_seen_or_changes_no_row(tmp_path: Path) -> None:
    lake = filled(tmp_path, 1, size=40)
    before = lake.read("events")
    path = Path(lake.files("events")[0])
    whole = path.read_bytes()
    for place in range(0, len(whole), max(len(whole) // 60, 1)):
        data = bytearray(whole)
        data[place] ^= 0x10
        path.write_bytes(data)
        if not list(problems(lake)):
            assert lake.read("events").equals(before), place


def test_rows_of_another_tenant_in_a_file_are_told(tmp_path: Path) -> None:
    lake = Lake.open(tmp_path)
    store = lake.stores["events"]
    parts = {"part_tenant": "default", "part_day": "2026-09-21"}
    store.log(store.write([(dict(parts), events(range(3), tenant="other"))]))
    (found,) = problems(lake)
    assert "holds rows of 'other', not 'default'" in found.message
