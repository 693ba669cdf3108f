"""A lake in S3 is the lake of a folder: same rows, same cursors, same answers."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from tests.lake.object_store import BUCKET, options, s3_server

from foreseen.core.errors import (
    ConfigurationError,
    CorruptError,
    DeniedError,
    MalformedInputError,
    TransientError,
)
from foreseen.core.ids import TenantId
from foreseen.lake.asking.hunt import hunt
from foreseen.lake.lake import Cursor, Delivery, Lake, Progress, S3Options, Told
from foreseen.lake.tables import TABLES

Rows = Callable[..., pa.Table]
Place = Callable[[str], Lake]

_WRITER = """
import sys
import pyarrow as pa
from foreseen.core.errors import TransientError
from foreseen.lake.lake import Cursor, Lake, S3Options
from foreseen.lake.tables import TABLES
from foreseen.schema.arrow import batch_of

endpoint, address, name, commits = sys.argv[1:]
lake = Lake.open(address, s3=S3Options("us-east-1", "key", "the-secret", endpoint=endpoint))
print("open", flush=True)
found = lake.progress(name, ["events"])
for end in range((found.done or 0) + 3, int(commits) * 3 + 1, 3):
    rows = [{"tenant": "default", "stream": name, "seq": n, "time": n} for n in range(end - 3, end)]
    table = pa.Table.from_batches([batch_of(rows, TABLES["events"].schema)])
    while True:
        try:
            lake.commit({"events": table}, Cursor(name, end, end - 3))
        except TransientError:
            continue
        break
    print(end, flush=True)
"""


@pytest.fixture
def lake_at(s3_endpoint: str) -> Place:
    """Opens the lake below a prefix of the server's bucket."""
    return lambda prefix: Lake.open(f"s3://{BUCKET}/{prefix}", s3=options(s3_endpoint))


def writer(endpoint: str, address: str, name: str, commits: int) -> subprocess.Popen[str]:
    """A process that commits three rows at a time and prints how far it is."""
    return subprocess.Popen(
        [sys.executable, "-c", _WRITER, endpoint, address, name, str(commits)],
        stdout=subprocess.PIPE,
        text=True,
        env={name: value for name, value in os.environ.items() if not name.startswith("AWS")},
    )


def by_stream(lake: Lake) -> dict[str, list[int]]:
    rows = lake.read("events", ["stream", "seq"]).to_pydict()
    found: dict[str, list[int]] = {}
    for stream, seq in zip(rows["stream"], rows["seq"], strict=True):
        found.setdefault(stream, []).append(seq)
    return found


def ordered(rows: pa.Table) -> list[str]:
    return sorted(map(repr, rows.to_pylist()))


def filled(lake: Lake, rows: Rows) -> Lake:
    """Commits of several producers, some delivered twice, tables of all kinds."""
    for end in (10, 20, 20):
        batches = {name: rows(name, range(end - 10, end)) for name in ("events", "matches")}
        lake.commit(batches, Cursor("a", end, end - 10, time=end))
    more = [
        Delivery({"events": rows("events", range(5), stream=name)}, Cursor(name, 5, 0))
        for name in ("b", "c")
    ]
    lake.commit_all(more, told=Told("live", 99))
    lake.commit({"events": rows("events", range(3), tenant="other")}, Cursor("d", 3, 0))
    return lake


@pytest.mark.long
def test_a_lake_in_s3_tells_what_the_same_lake_in_a_folder_tells(
    tmp_path: Path, lake_at: Place, rows: Rows
) -> None:
    folder, bucket = filled(Lake.open(tmp_path), rows), filled(lake_at("same"), rows)
    predicate = (pc.field("seq") < 4) & (pc.field("tenant") == "default")
    for lake in (bucket, lake_at("same")):
        for name in TABLES:
            assert lake.read(name).equals(folder.read(name))
            assert lake.version(name) == folder.version(name)
            assert lake.progress("a", [name]) == folder.progress("a", [name])
            told = [list(each.since(name, 0, clock="live")) for each in (lake, folder)]
            assert told[0] == told[1]
        assert lake.read("events", ["seq"], predicate) == folder.read("events", ["seq"], predicate)
        assert lake.verify() == folder.verify()
        of_tenant = [len(each.files("events", TenantId("other"))) for each in (lake, folder)]
        assert of_tenant == [1, 1]
    assert all(name.startswith(f"s3://{BUCKET}/same/events/") for name in bucket.files("events"))


def test_a_cut_delivery_is_refused_in_s3_too(lake_at: Place, rows: Rows) -> None:
    lake = lake_at("cut")
    lake.commit({"events": rows("events", range(10))}, Cursor("a", 10, 0))
    assert lake_at("cut").progress("a", ["events", "matches"]) == Progress(None, 10)
    with pytest.raises(MalformedInputError, match="deliver up to 10 first"):
        lake.commit({"events": rows("events", range(15))}, Cursor("a", 15, 0))


@pytest.mark.slow
def test_three_processes_that_write_at_once_lose_nothing(s3_endpoint: str, lake_at: Place) -> None:
    address, commits, names = f"s3://{BUCKET}/three", 6, ("one", "two", "three")
    writers = [writer(s3_endpoint, address, name, commits) for name in names]  # all create it, too
    said = [each.communicate()[0].split() for each in writers]
    assert [each.returncode for each in writers] == [0, 0, 0]
    assert [lines[-1] for lines in said] == ["18", "18", "18"]
    lake = lake_at("three")
    assert by_stream(lake) == {name: list(range(3 * commits)) for name in names}
    assert lake.verify()["events"] == 3 * 3 * commits


@pytest.mark.slow
def test_a_killed_writer_goes_on_without_loss_or_duplicate(
    s3_endpoint: str, lake_at: Place
) -> None:
    address, acknowledged = f"s3://{BUCKET}/killed", 0
    for lines in (3, 5):
        with writer(s3_endpoint, address, "a", 1_000) as process:
            assert process.stdout is not None
            for line in (process.stdout.readline() for _ in range(lines + 1)):
                acknowledged = max(acknowledged, int(line) if line != "open\n" else 0)
            process.kill()
    lake = lake_at("killed")
    seqs = by_stream(lake)["a"]
    assert seqs == list(range(len(seqs)))
    assert len(seqs) >= acknowledged >= 18
    lake.verify()


@pytest.mark.long
def test_hunting_in_s3_answers_as_in_a_folder_behind_the_same_walls(
    tmp_path: Path, lake_at: Place, rows: Rows
) -> None:
    folder, bucket = filled(Lake.open(tmp_path), rows), filled(lake_at("hunt"), rows)
    for sql in (
        "SELECT stream, count(*) AS n, max(seq) AS last FROM events GROUP BY ALL ORDER BY ALL",
        "SELECT seq, rule_id, window_seqs FROM matches WHERE seq BETWEEN 3 AND 5 ORDER BY 1",
        "SELECT * FROM predictions",
        "SELECT e.seq FROM events e JOIN matches m USING (event_uid) WHERE e.unmapped IS NULL",
    ):
        assert ordered(hunt(bucket, sql, 100)) == ordered(hunt(folder, sql, 100))
    other = hunt(bucket, "SELECT count(*) AS n FROM events", 1, tenant=TenantId("other"))
    assert other.to_pylist() == [{"n": 3}]
    foreign = bucket.files("events", TenantId("other"))[0]
    for source in (f"read_parquet('{foreign}')", "read_text('/etc/passwd')"):
        with pytest.raises(DeniedError):
            hunt(bucket, f"SELECT * FROM {source}", 1)  # noqa: S608 (a test's own)
    with pytest.raises(MalformedInputError, match="exactly one SELECT"):
        hunt(bucket, f"COPY (SELECT 1) TO 's3://{BUCKET}/x.parquet'", 1)


def test_a_file_that_is_gone_is_told_with_its_name(lake_at: Place, rows: Rows) -> None:
    lake = filled(lake_at("gone"), rows)
    name = lake.files("events")[0]
    lake.place.files.delete_file(name.removeprefix("s3://"))
    with pytest.raises(CorruptError, match="the log names this file and it is gone"):
        lake.verify()
    with pytest.raises(CorruptError, match="cannot be read"):
        list(lake.since("events", 0))


@pytest.mark.parametrize(
    ("address", "error", "message"),
    [
        ("s3://nowhere/lake", ConfigurationError, "check bucket, keys and region.*NoSuchBucket"),
        ("s3://", ConfigurationError, "names no place"),
        ("gs://bucket/lake", ConfigurationError, "in a folder or in s3://BUCKET/PREFIX"),
    ],
)
def test_addresses_that_lead_nowhere_are_told(
    s3_endpoint: str, address: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        Lake.open(address, s3=options(s3_endpoint))


@pytest.mark.long
def test_a_store_that_does_not_answer_is_a_transient_error() -> None:
    with pytest.raises(TransientError, match="does not answer"):
        Lake.open(f"s3://{BUCKET}/lake", s3=options("http://127.0.0.1:9"))


@pytest.mark.long
def test_a_store_that_stops_answering_is_a_transient_error_too(rows: Rows) -> None:
    with s3_server() as endpoint:
        lake = Lake.open(f"s3://{BUCKET}/short", s3=options(endpoint))
        lake.commit({"events": rows("events", range(5))}, Cursor("a", 5, 0))
    with pytest.raises(TransientError, match="does not answer"):
        lake.commit({"events": rows("events", range(5, 9))}, Cursor("a", 9, 5))
    with pytest.raises(TransientError, match="does not answer"):
        lake.version("events")


def test_s3_without_keys_says_which_variables_to_set() -> None:
    with pytest.raises(ConfigurationError, match="AWS_ACCESS_KEY_ID"):
        Lake.open(f"s3://{BUCKET}/lake")


def test_an_endpoint_that_is_no_address_is_refused() -> None:
    for text in ("s3.example.org", "ftp://s3.example.org", "https://s3.example.org/bucket"):
        with pytest.raises(ConfigurationError, match="write it like https://"):
            options(text)


def test_secrets_never_print(lake_at: Place) -> None:
    s3 = S3Options("eu-west-1", "AKIDEXAMPLE", "the-secret", "the-token")
    lake = lake_at("secrets")
    for text in (repr(s3), str(s3), repr(lake.place), repr(lake.stores)):
        assert not any(word in text for word in ("AKIDEXAMPLE", "the-secret", "the-token"))
