"""`foreseen lab record`: what it says where it cannot record."""

from pathlib import Path

import pytest
from tests.cli.commands import foreseen


def test_without_root_it_says_why_and_records_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("foreseen.lab.host.os.geteuid", lambda: 1000)
    ran = foreseen("lab", "record", tmp_path / "out", "--part", "train=1")
    assert ran.code == 1
    assert "error: recording needs root" in ran.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("part", ["foo=1", "train", "train=soon", "train=0"])
def test_a_part_that_cannot_be_is_a_usage_error(tmp_path: Path, part: str) -> None:
    ran = foreseen("lab", "record", tmp_path / "out", "--part", part)
    assert ran.code == 2
    assert part in ran.err
