"""How far the pipeline is behind is told as the lake has it."""

from pathlib import Path

from tests.recording import extract
from tests.runners.installation import body, drain, opened

from foreseen.core.ids import DEFAULT_TENANT
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
