"""Where the lake lies is kept once for the installation."""

from pathlib import Path

from sqlalchemy import Engine

from foreseen.control.database import opened
from foreseen.control.store_places import keep_lake_place, lake_place


def test_the_address_kept_last_is_the_one_that_is_told(tmp_path: Path, engine: Engine) -> None:
    assert lake_place(engine) is None
    keep_lake_place(engine, "lake", now=1)
    keep_lake_place(engine, "s3://bucket/lake", now=2)
    with opened(tmp_path / "control.db") as again:
        assert lake_place(again) == "s3://bucket/lake"
