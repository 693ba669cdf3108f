"""Which matches a suppression by hand hides; where that cannot be said, none is hidden (law 4)."""

from collections.abc import Mapping

import pyarrow as pa

from foreseen.rules.suppression.suppressions import SuppressionSet
from foreseen.schema.arrow import texts

SUBJECT = "suppressions by hand"
"""How a failure of them is named among those of models."""


def hidden_by_hand(
    matches: pa.Table, suppressions: SuppressionSet | None
) -> tuple[Mapping[str, str], Mapping[str, Exception]]:
    """Ids of suppressions by the `match_uid` of what they hide, and what went wrong, if anything.

    Args:
        matches: Rows of the matches table.
        suppressions: Those in force; None hides nothing.
    """
    if suppressions is None:
        return {}, {}
    try:
        applied = suppressions.applied(matches)
    except Exception as error:  # noqa: BLE001 (law 4: whatever goes wrong here, matches alert)
        return {}, {SUBJECT: error}
    uids = texts(matches, "match_uid")
    return {uid: name for uid, name in zip(uids, applied, strict=True) if name is not None}, {}
