"""Begin an organisation's shards where the stores stand, divided as is asked for."""

from foreseen.core.errors import ConfigurationError, TransientError
from foreseen.pipeline.shard import ShardArtefacts
from foreseen.rules import RuleSet
from foreseen.rules.assignment import Assignment
from foreseen.runners.installation import Installation
from foreseen.runners.links.link import Elsewhere
from foreseen.runners.shards.committing import Committer, place_of
from foreseen.runners.shards.dividing import Division, divide, division
from foreseen.runners.shards.group import InTurn, ShardGroup
from foreseen.runners.shards.messages import Orders
from foreseen.runners.shards.partition import Partition
from foreseen.runners.shards.remote import RemoteShards
from foreseen.runners.shards.serving import BeginShard


def begun(installation: Installation, rules: RuleSet) -> tuple[Committer, ShardGroup]:
    """Shards at their snapshots, and who commits what they give.

    Where the stores know another division, its shards first work what the log holds, so that all
    are at one place; then the new ones take over there.

    Raises:
        ConfigurationError: A broker has another number of partitions than before.
        CorruptError: A snapshot cannot be read.
        TransientError: A store cannot be used now.
    """
    stores, tenant, sharding = installation.stores, installation.tenant, installation.sharding
    known, count = division(stores.control, tenant), stores.input.divided(sharding.shards)
    if known is None:
        divide(stores.control, tenant, None, count, 0)
    elif known.partitions != count and stores.input.in_records:
        raise ConfigurationError(
            f"the broker has {count} partitions and had {known.partitions}: offsets of one mean"
            " nothing in another; go on with the former ones, or begin with an empty data folder"
        )
    elif known.partitions != count:
        at = _gathered(installation, rules, known)
        divide(stores.control, tenant, known, count, at)
    committer = Committer(stores.lake, stores.control, tenant, count)
    if sharding.elsewhere is None:
        return committer, _in_turn(installation, rules, committer)
    return committer, _elsewhere(installation, rules, committer, sharding.elsewhere)


def _gathered(installation: Installation, rules: RuleSet, known: Division) -> int:
    """All shards of a division at the log's end, with their snapshots there."""
    stores = installation.stores
    committer = Committer(stores.lake, stores.control, installation.tenant, known.partitions)
    shards = _in_turn(installation, rules, committer)
    while works := shards.ready():
        committer.commit(works)
    stopped = shards.stop()
    for each in stopped:
        committer.keep(each.partition, each.cursor, each.snapshot)
    cursors = {each.cursor for each in stopped}
    if len(cursors) > 1:
        raise TransientError("the log grows while its shards are divided anew; retry")
    return cursors.pop()


def _in_turn(installation: Installation, rules: RuleSet, committer: Committer) -> InTurn:
    stores, tenant, settings = installation.stores, installation.tenant, installation.settings

    def artefacts(newer: RuleSet) -> ShardArtefacts:
        assignment = Assignment(settings.rule_sets, newer.rules)
        return ShardArtefacts(tenant, newer, settings.workloads, assignment)

    count, current = committer.partitions, artefacts(rules)
    partitions = [
        Partition(
            place_of(tenant, number, count),
            stores.input.stretches(number, count),
            committer.start(number, stores.input.extent(number)),
            current,
        )
        for number in range(count)
    ]
    return InTurn(partitions, artefacts)


def _elsewhere(
    installation: Installation, rules: RuleSet, committer: Committer, elsewhere: Elsewhere
) -> RemoteShards:
    stores, tenant, settings = installation.stores, installation.tenant, installation.settings
    count, orders = committer.partitions, Orders.of(tenant, rules, settings)
    begins = [
        BeginShard(
            stores.input.feed(number, count),
            place_of(tenant, number, count),
            committer.start(number, stores.input.extent(number)),
            orders,
        )
        for number in range(count)
    ]
    return RemoteShards(elsewhere(begins), tenant, settings, lambda: stores.input.end)
