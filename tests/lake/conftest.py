"""Rows for the lake's tests."""

from collections.abc import Callable, Iterable, Iterator

import pyarrow as pa
import pytest
from tests.lake.object_store import s3_server

from foreseen.lake.tables import TABLES
from foreseen.schema.arrow import batch_of

Rows = Callable[..., pa.Table]


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """An S3-compatible server that keeps conditions of writes; a prefix of its bucket a test."""
    with s3_server() as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def rows() -> Rows:
    """Maker of rows of a table: `rows("events", range(3), stream="a")`."""

    def make(table: str, seqs: Iterable[int], **columns: object) -> pa.Table:
        schema = TABLES[table].schema
        made = [
            {
                "tenant": "default",
                "stream": "host/boot",
                "workload": "web",
                "seq": seq,
                "offset": seq,
                "source": "s",
                "time": 1_790_000_000_000 + seq,
                "ingested_time": 1_790_000_000_000 + seq,
                "event_uid": f"event-{seq}",
                "match_uid": f"match-{seq}",
                "rule_id": "rule",
                "labels": ["rule"] if seq % 2 else None,
                "window_seqs": [seq - 1],
            }
            | columns
            for seq in seqs
        ]
        return pa.Table.from_batches([batch_of(made, schema)])

    return make
