"""`foreseen export` as a person types it."""

from pathlib import Path

import pyarrow as pa
import pytest
from tests.cli.commands import foreseen

from foreseen.lake.lake import Cursor, Lake
from foreseen.schema.arrow import EVENT_SCHEMA, batch_of


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with ten events."""
    rows = [
        {
            "tenant": "default",
            "class_uid": 1007,
            "time": 1_790_035_200_000 + n,
            "event_uid": f"event-{n}",
            "raw": "raw",
        }
        for n in range(10)
    ]
    events = pa.Table.from_batches([batch_of(rows, EVENT_SCHEMA)])
    Lake.open(tmp_path / "data" / "lake").commit({"events": events}, Cursor("a", 1))
    return tmp_path / "data"


def test_an_export_says_what_it_wrote_and_a_second_one_the_same(data: Path, tmp_path: Path) -> None:
    asked = ("export", tmp_path / "out", "--data", data, "--json")
    first, second = foreseen(*asked), foreseen(*asked)
    assert first.code == 0
    assert first.rows == second.rows
    assert (first.rows[0]["rows"], first.rows[0]["files"]) == (10, 1)
    assert (tmp_path / "out" / first.rows[0]["manifest"]).exists()
    (path,) = (tmp_path / "out" / "ext").rglob("*.parquet")
    assert "ext/foreseen_1007/region=local/accountId=default/eventDay=20260922" in str(path)


@pytest.mark.parametrize("form", ["parquet", "arrow", "ndjson"])
def test_each_format_is_named_by_its_ending(data: Path, tmp_path: Path, form: str) -> None:
    ran = foreseen("export", tmp_path / "out", "--format", form, "--data", data)
    assert "10 rows in 1 files" in ran.out
    assert len(list((tmp_path / "out" / "ext").rglob(f"*.{form}"))) == 1


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--tables", "rollups"), 1, "no export of rollups"),
        (("--from", "2026-09-23", "--to", "2026-09-22"), 1, "ends before it begins"),
        (("--source", "a/b"), 1, "letters, digits"),
        (("--data", "nowhere"), 3, "no lake there"),
    ],
)
def test_what_cannot_be_exported_is_told(
    data: Path, tmp_path: Path, options: tuple[str, ...], code: int, message: str
) -> None:
    given = options if "--data" in options else (*options, "--data", str(data))
    ran = foreseen("export", tmp_path / "out", *given)
    assert ran.code == code
    assert message in ran.err


def test_a_bucket_without_keys_is_told(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    ran = foreseen("export", "s3://bucket/out", "--data", data)
    assert ran.code == 2
    assert "AWS_ACCESS_KEY_ID" in ran.err
