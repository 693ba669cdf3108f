"""How far the pipeline has come in each partition of the intake."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine

from foreseen.control.cursors import checkpoint
from foreseen.core.ids import TenantId
from foreseen.lake.lake import Lake
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
    return extents_of(stores.control, stores.lake, stores.input.extent, tenant)


def extents_of(
    control: Engine, lake: Lake, extent: Callable[[int], tuple[int, int]], tenant: TenantId
) -> Sequence[Extent]:
    """The same for who does not work himself: `extent` tells the ends of a partition."""
    known = division(control, tenant)
    partitions = known.partitions if known else 1
    found = []
    for number in range(partitions):
        first, end = extent(number)
        name = place_of(tenant, number, partitions).name
        begun = checkpoint(control, tenant, name)
        done = lake.progress(name, TABLES).done
        found.append(Extent(first, end, max(first, done or 0, begun.version if begun else 0)))
    return found
