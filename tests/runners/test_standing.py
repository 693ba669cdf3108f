"""How far the pipeline is behind is told as the lake has it."""

from pathlib import Path

import pytest
from tests.recording import extract
from tests.runners.installation import body, drain, opened

from foreseen.core.ids import DEFAULT_TENANT
from foreseen.runners.shards import partition
from foreseen.runners.shards.standing import Extent, extents


def test_the_pipeline_is_behind_until_the_lake_has_everything(tmp_path: Path) -> None:
    with opened(tmp_path) as stores:
        assert extents(stores, DEFAULT_TENANT) == [Extent(0, 0, 0)]
        end = stores.intake.append([body(extract(50))])
        assert extents(stores, DEFAULT_TENANT) == [Extent(0, end, 0)]
    drain(tmp_path)
    with opened(tmp_path) as stores:
        assert extents(stores, DEFAULT_TENANT) == [Extent(0, end, end)]
        longer = stores.intake.append([body(b"x")])
        assert extents(stores, DEFAULT_TENANT) == [Extent(0, longer, end)]


def test_a_shard_that_numbers_very_many_streams_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(partition, "_MANY_STREAMS", 2)
    with opened(tmp_path) as stores:
        stores.intake.append([body(extract(1_500))])
    drain(tmp_path)
    said = [each.getMessage() for each in caplog.records if each.name == "foreseen.shards"]
    assert len(said) == 1
    assert "streams, and keeps the last number of each" in said[0]
