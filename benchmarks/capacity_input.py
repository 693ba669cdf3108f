"""Recorded lines of auditd as senders post them and as shards take them."""

from collections.abc import Iterator

from foreseen.core.ids import DEFAULT_TENANT
from foreseen.core.records import Line
from foreseen.intake.entries import Entry, encode
from foreseen.pipeline.shard import Lines
from recorded_hosts import Body, bodies

LINES = 60_000
BATCH_BYTES = 4 << 20
NOW = 1_800_000_000_000


def recorded_bodies() -> Iterator[Body]:
    """One pass over the recorded lines."""
    left = LINES
    for body in bodies(LINES):
        if left <= 0:
            return
        left -= body.lines
        yield body


def batches() -> Iterator[list[Lines]]:
    """Stretches of 4 MB, as a shard takes them."""
    batch: list[Lines] = []
    size = place = 0
    for body in recorded_bodies():
        lines = []
        for number, data in enumerate(body.data.splitlines(), 1):
            lines.append(Line(body.host, place, number, "bench", data, NOW))
            place += len(data) + 1
        batch.append(Lines(f"{body.host}/auditd", "auditd", lines))
        size += len(body.data)
        if size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def entry_of(body: Body) -> Entry:
    """A body as the intake takes it."""
    return Entry(DEFAULT_TENANT, f"{body.host}/auditd", "p", "auditd", NOW, body.data)


def logged_bytes() -> int:
    """Bytes of the bodies in the intake log, without the header of a record."""
    return sum(len(encode(entry_of(body))) for body in recorded_bodies())
