"""Whether the intake log still holds what the other stores know of it."""

from foreseen.control.cursors import checkpoint
from foreseen.core.errors import CorruptError
from foreseen.core.ids import TenantId
from foreseen.runners.installation import Stores
from foreseen.runners.shards.committing import place_of
from foreseen.runners.shards.dividing import division
from foreseen.runners.shards.partition import TABLES


def refuse_a_shorter_log(stores: Stores, tenant: TenantId, place: str) -> None:
    """Do nothing if the log reaches as far as it was worked off.

    Offsets name events for ever. Where the log's newest part was lost, new entries would get
    offsets of old ones, and be taken for worked off.

    Args:
        stores: Open stores.
        tenant: Organisation.
        place: Of the log, for the message.

    Raises:
        CorruptError: It ends before.
    """
    known = division(stores.control, tenant)
    for number in range(known.partitions if known else 0):
        name = place_of(tenant, number, known.partitions if known else 0).name
        kept = checkpoint(stores.control, tenant, name)
        reached = stores.lake.progress(name, TABLES).reached or 0
        worked = max(reached, kept.version if kept else 0)
        end = stores.input.extent(number)[1]
        if worked > end:
            raise CorruptError(
                f"{place}: the log ends at offset {end} and was worked off up to "
                f"{worked}: its newest segment is missing or cut; restore the folder from a backup"
            )
