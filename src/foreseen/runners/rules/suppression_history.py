"""Past matches of a data folder, for suppressions to be tried on."""

import pyarrow.compute as pc
from sqlalchemy import Engine

from foreseen.control.taint import grave
from foreseen.core.ids import TenantId
from foreseen.lake.lake import Lake
from foreseen.rules.suppression.lint import History


def history_of(
    lake: Lake | None, engine: Engine, tenant: TenantId, *, share: float
) -> History | None:
    """Matches that the lake holds; None without a lake.

    Args:
        lake: The lake; None: there is none yet.
        engine: The control database.
        tenant: Whose.
        share: Part of a rule's matches above which a suppression hides too much, 0..1.
    """
    if lake is None:
        return None
    matches = lake.read("matches", None, pc.field("tenant") == tenant)
    return History(matches, grave(engine, tenant), share)
