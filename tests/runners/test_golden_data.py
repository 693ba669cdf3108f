"""A data folder that an earlier version left goes on: nothing lost, nothing twice."""

import json
import tarfile
from pathlib import Path

import pytest
from tests.recording import extract
from tests.runners.installation import bodies_of, drain, fill, held

_FIXTURES = Path(__file__).parents[1] / "fixtures"
_GOLDEN = [
    path.parent
    for path in sorted(_FIXTURES.glob("lake-*/expected.json"))
    if "alerts" in json.loads(path.read_bytes())
]
_LINES, _CUTS = 600, 60


@pytest.mark.parametrize("folder", _GOLDEN, ids=lambda folder: folder.name)
def test_what_waited_in_the_intake_is_worked_off_once(folder: Path, tmp_path: Path) -> None:
    expected = json.loads((folder / "expected.json").read_bytes())
    with tarfile.open(folder / "data.tar.xz") as archive:
        archive.extractall(tmp_path / "golden", filter="data")
    before = held(tmp_path / "golden")
    assert sorted(alert.uid for alert in before.alerts) == expected["alerts"]
    drain(tmp_path / "golden")
    fill(tmp_path / "fresh", bodies_of(extract(_LINES), range(0, _LINES, _CUTS)))
    drain(tmp_path / "fresh")
    old, new = held(tmp_path / "golden"), held(tmp_path / "fresh")
    uids = old.events["event_uid"].to_pylist()
    assert len(uids) == len(set(uids))
    assert set(before.events["event_uid"].to_pylist()) < set(uids)
    assert {alert.uid for alert in before.alerts} <= {alert.uid for alert in old.alerts}
    assert old.events.num_rows <= new.events.num_rows
