"""Upkeep of a lake in S3 is that of a folder."""

import time

import pyarrow as pa
import pytest
from tests.lake.object_store import BUCKET, options
from tests.lake.upkept import DAY, NOON, events, kept, matches, seqs

from foreseen.core.ids import DEFAULT_TENANT
from foreseen.lake.keeping.retention import Needs, Periods, Retention
from foreseen.lake.keeping.status import problems, status
from foreseen.lake.lake import Cursor, Lake


@pytest.mark.slow
def test_upkeep_merges_expires_and_forgets_in_a_bucket(s3_endpoint: str) -> None:
    lake = Lake.open(f"s3://{BUCKET}/upkeep", s3=options(s3_endpoint))
    old = NOON - 40 * DAY
    lake.commit(
        {"events": events(range(5), came=old), "matches": matches(range(5), came=old)},
        Cursor("a", 1),
    )
    for number in range(1, 5):
        batch = range(number * 5, number * 5 + 5)
        lake.commit({"events": events(batch), "matches": matches(batch)}, Cursor("a", number + 1))
    term = Periods(expire=int(time.time() * 1000) - NOON + 36 * DAY)
    retention = Retention({"events": term, "matches": term})
    needs = Needs(matches={"default": {"match-3"}})
    one = kept(lake, retention=retention, needs=needs)
    assert one.later == {}
    time.sleep(1)  # the first one's own commits are older than the second's time
    # Times in a bucket are whole seconds: the first may have seen its own commits as past already.
    other = kept(lake, retention=retention, needs=needs)
    assert sum(done.tables["events"].removed.files for done in (one, other)) > 0
    assert seqs(lake) == list(range(5, 25))
    assert seqs(lake, "matches") == [3, *range(5, 25)]
    again = Lake.open(f"s3://{BUCKET}/upkeep", s3=options(s3_endpoint))
    assert list(problems(again)) == []
    found = status(again)["events"]
    assert (found.files, found.orphans, found.replaced, found.cursors) == (1, 0, 0, {"a": 5})
    first = again.first_version("matches")
    assert first > 0
    told = [again.past("matches", DEFAULT_TENANT)]
    told += [commit.rows for commit in again.since("matches", first)]
    assert pa.concat_tables(told).sort_by("seq")["seq"].to_pylist() == [3, *range(5, 25)]
