"""An export has every wanted row once, in Security Lake's layout, however often it is begun."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.lake.object_store import BUCKET, options, s3_server

from foreseen.core.errors import CorruptError, MalformedInputError, TransientError
from foreseen.core.ids import DEFAULT_TENANT, TenantId
from foreseen.lake.asking.cancel import Cancel, Watch
from foreseen.lake.exporting.export import Exported, export
from foreseen.lake.exporting.plan import Format, Wanted
from foreseen.lake.lake import Cursor, Lake
from foreseen.lake.places.opening import place_at
from foreseen.lake.places.place import Place
from foreseen.lake.places.s3 import S3Options

Rows = Callable[..., pa.Table]
DAY = 86_400_000
FIRST = 1_790_035_200_000  # 2026-09-22, midnight
HOSTILE = 'it\'s "quoted" \x00 \N{PILE OF POO} %_'


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory, rows: Rows) -> Lake:
    """Four days of two classes, some events without a class, and another tenant's."""
    made = Lake.open(tmp_path_factory.mktemp("lake"))
    for day in range(4):
        parts = [
            rows(
                "events",
                [day * 100 + n],
                class_uid=(1007, 4001, None)[n % 3],
                activity_id=1,
                time=FIRST + day * DAY + n * 1000,
                ingested_time=FIRST + day * DAY + n * 1000,
                event_uid=f"{day}-{n}",
                process_pid=n,
                process_cmd_line=HOSTILE if n == 0 else None,
                lineage=["a", "b"] if n == 0 else None,
                event_key="key" if n == 0 else None,
                resource_name="bucket" if n == 1 else None,
                unmapped={"Field": ["x", "y"]} if n == 0 else None,
            )
            for n in range(9)
        ]
        made.commit({"events": pa.concat_tables(parts)}, Cursor("a", day + 1))
    made.commit({"events": rows("events", range(3), tenant="other")}, Cursor("b", 1))
    made.commit({"quarantine": rows("quarantine", range(3))}, Cursor("b", 2))
    return made


def _export(lake: Lake, folder: Path, watch: Watch | None = None, /, **wanted: Any) -> Exported:  # noqa: ANN401 (fields of Wanted)
    return export(lake, DEFAULT_TENANT, Wanted(**wanted), place_at(folder, None), watch)


def _files(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((folder / "ext").rglob("*"))
        if path.is_file()
    }


def _uids(folder: Path) -> list[str]:
    return _named(pq.read_table(path) for path in (folder / "ext").rglob("*.parquet"))


def _named(tables: Iterable[pa.Table]) -> list[str]:
    return sorted(row["metadata"]["uid"] for table in tables for row in table.to_pylist())


def test_the_layout_is_one_source_a_class_and_one_folder_a_day(lake: Lake, tmp_path: Path) -> None:
    told = _export(lake, tmp_path, region="eu-central-1", account="123456789012", source="fs")
    assert (told.rows, told.files, told.complete) == (36, 12, True)
    folders = {str(Path(name).parent) for name in _files(tmp_path)}
    assert folders == {
        f"ext/fs_{kind}/region=eu-central-1/accountId=123456789012/eventDay=202609{day}"
        for kind in (0, 1007, 4001)
        for day in (22, 23, 24, 25)
    }


def test_every_event_of_the_tenant_is_there_once(lake: Lake, tmp_path: Path) -> None:
    _export(lake, tmp_path)
    assert _uids(tmp_path) == sorted(f"{day}-{n}" for day in range(4) for n in range(9))


def test_bounds_take_in_the_first_time_and_leave_out_the_last(lake: Lake, tmp_path: Path) -> None:
    _export(lake, tmp_path, since=FIRST + 8000, until=FIRST + DAY + 1000)
    assert _uids(tmp_path) == ["0-8", "1-0"]


def test_events_are_ocsf_objects(lake: Lake, tmp_path: Path) -> None:
    _export(lake, tmp_path, until=FIRST + DAY)
    (process,) = (tmp_path / "ext/foreseen_1007").rglob("*.parquet")
    (network,) = (tmp_path / "ext/foreseen_4001").rglob("*.parquet")
    first = pq.read_table(process).to_pylist(maps_as_pydicts="lossy")[0]
    assert first["process"]["cmd_line"] == HOSTILE
    assert first["process"]["ancestry"] == [{"uid": "a"}, {"uid": "b"}]
    assert (first["category_uid"], first["type_uid"], first["severity_id"]) == (1, 100701, 1)
    assert (first["metadata"]["version"], first["metadata"]["labels"]) == ("1.8.0", ["key"])
    assert first["unmapped"]["fields"] == {"Field": ["x", "y"]}
    second = pq.read_table(network).to_pylist()[0]
    assert second["actor"]["process"]["pid"] == 1
    assert second["resources"] == [{"type": None, "name": "bucket", "namespace": None}]
    assert second["dst_endpoint"] is None


def test_other_engines_read_it_as_one_table(lake: Lake, tmp_path: Path) -> None:
    _export(lake, tmp_path)
    with duckdb.connect() as database:
        found = database.sql(
            "SELECT eventDay, count(*), min(process.pid) FROM read_parquet($files, "
            "hive_partitioning = true) GROUP BY 1 ORDER BY 1",
            params={"files": f"{tmp_path}/ext/foreseen_1007/**/*.parquet"},
        ).fetchall()
    assert [(str(day), count, pid) for day, count, pid in found] == [
        (f"202609{day}", 3, 0) for day in (22, 23, 24, 25)
    ]


def test_arrow_and_json_hold_the_same_events(lake: Lake, tmp_path: Path) -> None:
    for form in (Format.PARQUET, Format.ARROW, Format.NDJSON):
        assert _export(lake, tmp_path / form, format=form).rows == 36
    arrow = (tmp_path / "arrow").rglob("*.arrow")
    uids = _named(pa.ipc.open_file(path.read_bytes()).read_all() for path in arrow)
    lines = [
        orjson.loads(line)
        for path in (tmp_path / "ndjson").rglob("*.ndjson")
        for line in path.read_bytes().splitlines()
    ]
    assert uids == _uids(tmp_path / "parquet") == sorted(line["metadata"]["uid"] for line in lines)
    assert all(None not in line.values() for line in lines)


def test_tables_without_a_class_leave_as_they_are(lake: Lake, tmp_path: Path) -> None:
    told = _export(lake, tmp_path, tables=("events", "quarantine"))
    (path,) = (tmp_path / "ext/foreseen_quarantine").rglob("*.parquet")
    assert told.rows == 39
    assert pq.read_table(path).schema.names == lake.read("quarantine").schema.names


def test_a_second_run_writes_nothing_anew(lake: Lake, tmp_path: Path) -> None:
    first = _export(lake, tmp_path)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "ext").rglob("*.parquet")}
    assert _export(lake, tmp_path) == first
    after = {path: path.stat().st_mtime_ns for path in (tmp_path / "ext").rglob("*.parquet")}
    assert after == before


@pytest.mark.parametrize("stop_after", [0, 1, 2, 3])
def test_a_stopped_export_goes_on_and_ends_like_one_that_was_not(
    lake: Lake, tmp_path: Path, stop_after: int
) -> None:
    cancel = Cancel()

    def told(done: float, _total: float) -> None:
        if done >= stop_after:
            cancel()

    part = _export(lake, tmp_path / "stopped", Watch(told, cancel))
    assert not part.complete
    assert part.manifest == ""
    assert not list((tmp_path / "stopped").rglob("*.part"))
    whole = _export(lake, tmp_path / "stopped")
    assert whole.complete
    assert _export(lake, tmp_path / "once").rows == whole.rows
    assert _files(tmp_path / "stopped") == _files(tmp_path / "once")


def test_what_comes_and_what_is_compacted_meanwhile_changes_nothing(
    tmp_path: Path, rows: Rows
) -> None:
    lake = Lake.open(tmp_path / "lake")
    for number in range(3):
        lake.commit(
            {"events": rows("events", range(number * 5, number * 5 + 5))}, Cursor("a", number + 1)
        )
    cancel = Cancel()
    _export(lake, tmp_path / "out", Watch(lambda done, _: cancel() if done >= 1 else None, cancel))
    lake.compact()
    lake.commit({"events": rows("events", range(100, 105))}, Cursor("a", 9))
    assert _export(lake, tmp_path / "out").rows == 15
    assert _uids(tmp_path / "out") == sorted(f"event-{n}" for n in range(15))


def test_a_file_that_is_gone_since_is_told(tmp_path: Path, rows: Rows) -> None:
    lake = Lake.open(tmp_path / "lake")
    lake.commit({"events": rows("events", range(5))}, Cursor("a", 1))
    cancel = Cancel()
    cancel()
    _export(lake, tmp_path / "out", Watch(cancel=cancel))
    Path(lake.files("events")[0]).unlink()
    with pytest.raises(CorruptError, match="gone since the export began"):
        _export(lake, tmp_path / "out")


def test_rows_never_come_in_two_exports_of_one_folder(lake: Lake, tmp_path: Path) -> None:
    _export(lake, tmp_path, until=FIRST + DAY)
    _export(lake, tmp_path, since=FIRST + DAY, until=FIRST + 2 * DAY)
    for bounds in ({}, {"since": FIRST + DAY - 1}, {"until": FIRST + 1}):
        with pytest.raises(MalformedInputError, match="would come twice"):
            _export(lake, tmp_path, **bounds)
    assert len(_uids(tmp_path)) == 18


def test_the_manifest_lists_what_is_there(lake: Lake, tmp_path: Path) -> None:
    told = _export(lake, tmp_path)
    manifest = orjson.loads((tmp_path / told.manifest).read_bytes())
    there = {name: (tmp_path / name).stat().st_size for name in _files(tmp_path)}
    assert {file["path"]: file["bytes"] for file in manifest["files"]} == there
    assert sum(file["rows"] for file in manifest["files"]) == told.rows == 36


def test_an_unknown_tenant_exports_nothing(lake: Lake, tmp_path: Path) -> None:
    place = place_at(tmp_path, None)
    assert export(lake, TenantId("nobody"), Wanted(), place).rows == 0
    assert export(lake, TenantId("other"), Wanted(), place).rows == 3


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"tables": ("rollups",)}, "no export of rollups"),
        ({"tables": ()}, "no export of nothing"),
        ({"since": 5, "until": 5}, "ends before it begins"),
        ({"source": "../../etc"}, "source '../../etc'"),
        ({"account": "a/b"}, "account 'a/b'"),
        ({"region": ""}, "region ''"),
    ],
)
def test_a_request_that_cannot_be_is_told_why(
    lake: Lake, tmp_path: Path, wanted: dict[str, Any], message: str
) -> None:
    with pytest.raises(MalformedInputError, match=message):
        _export(lake, tmp_path, **wanted)


def test_a_place_that_cannot_be_written_to_is_named(lake: Lake, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(TransientError, match="cannot write there"):
        _export(lake, tmp_path / "file")


@pytest.fixture(scope="module")
def store() -> Iterator[S3Options]:
    """An S3-compatible server of its own."""
    with s3_server() as endpoint:
        yield options(endpoint)


def test_an_export_to_a_bucket_holds_the_same_files(
    lake: Lake, tmp_path: Path, store: S3Options
) -> None:
    place = place_at(f"s3://{BUCKET}/out", store)
    cancel = Cancel()
    watch = Watch(lambda done, _: cancel() if done >= 2 else None, cancel)
    assert not export(lake, DEFAULT_TENANT, Wanted(), place, watch).complete
    told = export(lake, DEFAULT_TENANT, Wanted(), place)
    assert _export(lake, tmp_path).rows == told.rows == 36
    assert _in_bucket(place, _files(tmp_path)) == _files(tmp_path)


def _in_bucket(place: Place, names: dict[str, str]) -> dict[str, str]:
    found = {}
    for name in names:
        with place.files.open_input_stream(f"{place.root}/{name}") as file:
            found[name] = hashlib.sha256(file.read()).hexdigest()
    return found
