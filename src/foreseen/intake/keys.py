"""Which partition an entry belongs to: what must stay in order has one writer.

A stream gets its sequence numbers in one place only, so all sources that may report of one host
have to come to the same shard. They share the *key*, the part of their name before the first `/`:
`web-1/auditd` and `web-1/app` stay together, `web-2/auditd` may go elsewhere.
"""

import hashlib
from collections.abc import Sequence

from foreseen.core.ids import TenantId
from foreseen.intake.entries import Entry, EntryKind


def key_of(source: str) -> str:
    """The part of a source's name that its host's other sources share."""
    return source.partition("/")[0]


def partition_of_source(tenant: TenantId, source: str, partitions: int) -> int:
    """Number of the partition, from 0, of all that a source sends: the same on every machine."""
    name = key_of(source).encode("utf-8", "surrogatepass")
    digest = hashlib.blake2b(name, key=_digest_key(tenant), digest_size=8).digest()
    return int.from_bytes(digest, "big") % partitions


def partition_of(entry: Entry, partitions: int) -> int:
    """Number of the partition of data, or of the end of a source; a tick has none of its own."""
    return partition_of_source(entry.tenant, entry.source, partitions)


def partitions_of(entry: Entry, partitions: int) -> Sequence[int]:
    """Partitions that an entry goes to: one; for a tick all, for time passes in each of them."""
    if entry.kind is EntryKind.TICK:
        return range(partitions)
    return (partition_of(entry, partitions),)


def _digest_key(tenant: TenantId) -> bytes:
    """At most 64 bytes that stand for a tenant."""
    return hashlib.blake2b(tenant.encode("utf-8", "surrogatepass"), digest_size=32).digest()
