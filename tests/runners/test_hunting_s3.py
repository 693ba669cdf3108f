"""A lake in S3 is asked from a sealed process too, whose network stays open."""

import pytest
from tests.lake.object_store import BUCKET, options, s3_server
from tests.runners import hunted
from tests.runners.hunted import OTHER, TENANT

from foreseen.core.errors import DeniedError
from foreseen.lake.lake import Cursor, Lake
from foreseen.runners.hunting import landlock
from foreseen.runners.hunting.pool import Asked, Pool

COUNT = "SELECT count(*) AS n FROM events"


@pytest.mark.long
def test_a_lake_in_a_bucket_is_asked_by_a_process_that_can_read_no_file_of_ours() -> None:
    with s3_server() as endpoint:
        how = options(endpoint)
        lake = Lake.open(f"s3://{BUCKET}/hunts", s3=how)
        lake.commit({"events": hunted.events(range(10))}, Cursor("a", 1))
        with Pool(lake, how) as pool:
            answer = pool.ask(TENANT, Asked(COUNT))
            assert answer.table.to_pylist() == [{"n": 10}]
            assert answer.seal.told == ("files" if landlock.abi() else "none")
            lake.commit({"events": hunted.events(range(10, 12))}, Cursor("a", 2))
            assert pool.ask(TENANT, Asked(COUNT)).table.to_pylist() == [{"n": 12}]
            assert pool.ask(OTHER, Asked(COUNT)).table.to_pylist() == [{"n": 0}]
            with pytest.raises(DeniedError):
                pool.ask(TENANT, Asked("SELECT * FROM read_text('/etc/resolv.conf')"))
