"""A store that lets two writers win loses acknowledged rows: it is asked first, and refused."""

import importlib
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, urlsplit

import pyarrow as pa
import pytest
from tests.lake.object_store import BUCKET, Proxy, options, proxy

from foreseen.core.errors import ConfigurationError, TransientError
from foreseen.lake.lake import Cursor, Lake, S3Options
from foreseen.lake.places.conditional_writes import Probe
from foreseen.lake.places.lease import Leases
from foreseen.lake.places.place import Place
from foreseen.lake.places.requests import send, signature
from foreseen.lake.places.s3 import in_bucket
from foreseen.lake.store import TableStore
from foreseen.lake.tables import TABLES

Rows = Callable[..., pa.Table]


def single(endpoint: str) -> S3Options:
    return S3Options("us-east-1", "key", "the-secret", endpoint=endpoint, single_writer=True)


def unguarded(endpoint: str, prefix: str) -> TableStore:
    """A table that is written to without asking the store first."""
    place = in_bucket(f"s3://{BUCKET}/{prefix}", options(endpoint), lambda _: None)
    return TableStore.open(TABLES["events"], place)


def raced(spoiled: Proxy, prefix: str, rows: Rows) -> tuple[int, list[int]]:
    """Two writers whose commits meet: rows acknowledged, and numbers in the table afterwards."""
    unguarded(spoiled.endpoint, prefix)
    stores = [unguarded(spoiled.endpoint, prefix) for _ in range(2)]
    acknowledged = []

    def write(number: int) -> None:
        cursor = Cursor(f"writer-{number}", 10)
        parts = [(rows("events", range(number * 10, number * 10 + 10)), cursor)]
        stores[number].append(parts, None, lambda _: None)
        acknowledged.append(10)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(2)]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    held = unguarded(spoiled.endpoint, prefix).dataset().to_table(["seq"])["seq"].to_pylist()
    return sum(acknowledged), sorted(int(seq or 0) for seq in held)


def test_without_conditions_of_writes_acknowledged_rows_are_lost(
    s3_endpoint: str, tmp_path: Path, rows: Rows
) -> None:
    with proxy(s3_endpoint, tmp_path, ignores_conditions=True, meeting=5.0) as spoiled:
        acknowledged, held = raced(spoiled, "lossy", rows)
    assert (acknowledged, len(held)) == (20, 10)


@pytest.mark.long
def test_with_them_the_same_race_loses_nothing(
    s3_endpoint: str, tmp_path: Path, rows: Rows
) -> None:
    with proxy(s3_endpoint, tmp_path, ignores_conditions=False, meeting=2.0) as spoiled:
        acknowledged, held = raced(spoiled, "kept", rows)
        written = [line.split() for line in spoiled.noted() if "_delta_log" in line]
    kinds = {kind for method, kind, path in written if method == "PUT" and path.endswith(".json")}
    assert kinds == {"conditional"}
    assert (acknowledged, held) == (20, list(range(20)))


def test_a_store_that_ignores_conditions_is_refused_before_anything_is_written(
    s3_endpoint: str, tmp_path: Path, rows: Rows
) -> None:
    Lake.open(f"s3://{BUCKET}/good", s3=options(s3_endpoint)).commit(
        {"events": rows("events", range(5))}, Cursor("a", 5, 0)
    )
    with proxy(s3_endpoint, tmp_path, ignores_conditions=True) as spoiled:
        with pytest.raises(ConfigurationError, match=r"lose acknowledged rows.*single_writer=True"):
            Lake.open(f"s3://{BUCKET}/fresh", s3=options(spoiled.endpoint))
        lake = Lake.open(f"s3://{BUCKET}/good", s3=options(spoiled.endpoint))
        assert lake.read("events", ["seq"])["seq"].to_pylist() == [0, 1, 2, 3, 4]  # reads may go on
        with pytest.raises(ConfigurationError, match="ignores conditional writes"):
            lake.commit({"events": rows("events", [5])}, Cursor("a", 6, 5))
        assert not any("_delta_log" in line for line in spoiled.noted() if line.startswith("PUT"))
    assert Lake.open(f"s3://{BUCKET}/good", s3=options(s3_endpoint)).version("events") == 1


def test_the_probe_leaves_nothing_behind_and_asks_once(s3_endpoint: str, tmp_path: Path) -> None:
    with proxy(s3_endpoint, tmp_path, ignores_conditions=False) as counted:
        probe = Probe(options(counted.endpoint))
        place = in_bucket(f"s3://{BUCKET}/probed", options(counted.endpoint), probe)
        for _ in range(3):
            place.admit(place)
        assert len(counted.noted()) == 6  # four at once, one more, and the object is removed
    left = place_of(s3_endpoint, "probed").files.get_file_info(f"{BUCKET}/probed")
    assert left.type.name == "NotFound"


def place_of(endpoint: str, prefix: str) -> Place:
    return in_bucket(f"s3://{BUCKET}/{prefix}", options(endpoint), lambda _: None)


def test_a_probe_that_is_denied_says_what_to_check(s3_endpoint: str) -> None:
    place = in_bucket("s3://nowhere/lake", options(s3_endpoint), Probe(options(s3_endpoint)))
    with pytest.raises(ConfigurationError, match=r"NoSuchBucket.*check bucket, keys and region"):
        place.admit(place)
    silent = options("http://127.0.0.1:9")
    place = in_bucket(f"s3://{BUCKET}/lake", silent, Probe(silent))
    with pytest.raises(TransientError, match="does not answer"):
        place.admit(place)


@pytest.mark.slow
def test_a_single_writer_may_write_there_and_a_second_one_is_noticed(
    s3_endpoint: str, tmp_path: Path, rows: Rows
) -> None:
    with proxy(s3_endpoint, tmp_path, ignores_conditions=True) as spoiled:
        address, s3 = f"s3://{BUCKET}/single", single(spoiled.endpoint)
        lake = Lake.open(address, s3=s3)
        lake.commit({"events": rows("events", range(5))}, Cursor("a", 5, 0))
        second = Lake.open(address, s3=s3)
        assert second.read("events", ["seq"]).num_rows == 5
        with pytest.raises(ConfigurationError, match=r"another process writes here.*single_writer"):
            second.commit({"events": rows("events", range(5))}, Cursor("b", 5, 0))
        lake.commit({"events": rows("events", range(5, 9))}, Cursor("a", 9, 5))
        assert second.read("events", ["seq"])["seq"].to_pylist() == list(range(9))


def test_a_lease_is_renewed_while_it_is_used_and_free_after_its_end(s3_endpoint: str) -> None:
    place, clock = place_of(s3_endpoint, "leased"), [1_000.0]
    old, new = (
        Leases(owner=name, now=lambda: clock[0], wait=lambda _: None) for name in ("old", "new")
    )
    for _ in range(5):
        old.hold(place)
        clock[0] += 30
        with pytest.raises(ConfigurationError, match="wait if it has ended"):
            new.hold(place)
    clock[0] += 61
    new.hold(place)
    with pytest.raises(ConfigurationError, match="another process writes here"):
        old.hold(place)


def test_of_two_that_take_a_free_lease_at_once_one_steps_back(s3_endpoint: str) -> None:
    place = place_of(s3_endpoint, "both")
    second = Leases(owner="second", wait=lambda _: None)
    first = Leases(owner="first", wait=lambda _: second_writes())

    def second_writes() -> None:
        place.files.delete_file(f"{place.root}/_foreseen_writer.json")  # it saw no lease either
        second.hold(place)

    with pytest.raises(ConfigurationError, match="another process writes here"):
        first.hold(place)


@pytest.mark.parametrize("token", [None, "a/token+with=signs"])
@pytest.mark.parametrize("path", ["bucket/key", "bucket/a b/ü'(1)/=&~*"])
def test_requests_are_signed_as_amazons_own_library_signs_them(
    token: str | None, path: str
) -> None:
    s3 = S3Options("eu-west-1", "AKIDEXAMPLE", "a/secret+key", token)
    names = ("auth", "awsrequest", "credentials")
    auth, request, credentials = (importlib.import_module(f"botocore.{name}") for name in names)
    url = urlsplit("http://s3.eu-west-1.amazonaws.com/" + quote(path, safe="/-_.~"))
    asked = request.AWSRequest("PUT", url.geturl(), data=b"body")
    keys = credentials.Credentials(s3.access_key, s3.secret_key, token)
    auth.S3SigV4Auth(keys, "s3", s3.region).add_auth(asked)
    now = datetime.strptime(asked.headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    own = signature(s3, "PUT", url, b"body", now)
    assert own["Authorization"] == asked.headers["Authorization"]


def test_odd_names_reach_the_store_as_they_are(s3_endpoint: str) -> None:
    key = f"{BUCKET}/odd/a b+ü%2F'()"
    assert send(options(s3_endpoint), "PUT", key, b"text").status == 200
    with place_of(s3_endpoint, "odd").files.open_input_stream(key) as file:
        assert file.read() == b"text"
