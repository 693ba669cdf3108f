"""The mark of a lake in S3 names whoever was first; stores without conditions have one as well."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import pytest
from tests.lake.object_store import BUCKET, options

from foreseen.core.errors import ConfigurationError, TransientError
from foreseen.lake.places.mark import NAME, marked, owner_of
from foreseen.lake.places.opening import place_at
from foreseen.lake.places.requests import send


@pytest.mark.parametrize("single_writer", [False, True])
def test_a_lake_in_s3_has_the_mark_of_whoever_was_first(
    s3_endpoint: str, *, single_writer: bool
) -> None:
    s3 = replace(options(s3_endpoint), single_writer=single_writer)
    place = place_at(f"s3://{BUCKET}/mark-{single_writer}", s3)
    assert owner_of(place) is None
    assert marked(place, s3, "one") == "one"
    assert marked(place, s3, "two") == "one"
    send(s3, "DELETE", f"{place.root}/{NAME}")


def test_of_servers_that_mark_at_the_same_time_one_has_the_lake(s3_endpoint: str) -> None:
    s3 = options(s3_endpoint)
    place = place_at(f"s3://{BUCKET}/raced", s3)
    with ThreadPoolExecutor(4) as servers:
        found = set(servers.map(partial(marked, place, s3), ("a", "b", "c", "d")))
    assert len(found) == 1
    assert owner_of(place) in found


def test_a_bucket_that_cannot_be_marked_is_told(s3_endpoint: str) -> None:
    place = place_at("s3://no-such-bucket/lake", options(s3_endpoint))
    with pytest.raises((ConfigurationError, TransientError), match=NAME):
        marked(place, options(s3_endpoint), "one")
