"""The attack replays that ship with the product.

They are data of this package, a file for each use, split by technique: a *gate* set that every new
model must catch; a *sealed* set that nothing but the ledger reads, so that no model is ever chosen
by it; and *imitations* of benign jobs, whose bound stands apart.
"""

from functools import cache

from foreseen.rules import RuleSet
from foreseen.studies.replays.chain import Own, Replay, Use
from foreseen.studies.replays.recorded import as_labelled, as_matched
from foreseen.studies.replays.stored import recorded

__all__ = ["Own", "Replay", "Use", "replays_under", "shipped_replays"]


@cache
def shipped_replays(use: Use = Use.GATE) -> tuple[Replay, ...]:
    """Replays of one use as the shipped rules match them. Only the ledger asks for sealed ones.

    Raises:
        CorruptError: A file is missing, damaged or does not have its checksum; it is named.
    """
    return tuple(as_matched(run) for run in recorded(use))


def replays_under(rules: RuleSet, use: Use = Use.GATE) -> tuple[Replay, ...]:
    """Replays of one use as these rules match them. Only the ledger asks for sealed ones.

    Raises:
        CorruptError: As for `shipped_replays`.
    """
    return as_labelled(recorded(use), rules)
