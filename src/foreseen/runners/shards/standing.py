"""How far the pipeline has come in each partition of the intake."""

from collections.abc import Sequence
from dataclasses import dataclass

from foreseen.control.cursors import checkpoint
from foreseen.core.ids import TenantId
from foreseen.runners.installation import Stores
from foreseen.runners.shards.committing import place_of
from foreseen.runners.shards.dividing import division
from foreseen.runners.shards.partition import TABLES


@dataclass(frozen=True, slots=True)
class Extent:
    """A partition of the intake.

    Attributes:
        first: Smallest offset that can be read.
        end: Offset after the last entry.
        consumed: The lake has everything before this offset.
    """

    first: int
    end: int
    consumed: int


def extents(stores: Stores, tenant: TenantId) -> Sequence[Extent]:
    """What each partition holds, and how far it was worked off.

    Args:
        stores: The stores.
        tenant: Organisation.

    Raises:
        CorruptError: The division into shards cannot be read.
        TransientError: The control database is locked.
    """
    known = division(stores.control, tenant)
    partitions = known.partitions if known else 1
    return [_extent(stores, tenant, number, partitions) for number in range(partitions)]


def _extent(stores: Stores, tenant: TenantId, number: int, partitions: int) -> Extent:
    first, end = stores.input.extent(number)
    name = place_of(tenant, number, partitions).name
    begun = checkpoint(stores.control, tenant, name)
    done = stores.lake.progress(name, TABLES).done
    return Extent(first, end, max(first, done or 0, begun.version if begun else 0))
