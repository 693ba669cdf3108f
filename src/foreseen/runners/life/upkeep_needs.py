"""What the lake's upkeep must leave alone, however old it is: asked of the control database."""

from collections import defaultdict

from sqlalchemy import Engine, and_, select

from foreseen.control.alert_tables import AlertMemberRow
from foreseen.control.cursors import version_of
from foreseen.control.database import reading
from foreseen.control.tables import AlertRow
from foreseen.control.tenants import tenants
from foreseen.core.alerts import AlertStatus
from foreseen.lake.keeping.retention import Needs
from foreseen.runners.judging import NAME as JUDGE


def needs_of(engine: Engine) -> Needs:
    """Commits that a judge has not seen, and matches of alerts that nobody has dismissed.

    Raises:
        TransientError: The database is locked.
    """
    seen = min((version_of(engine, tenant, JUDGE) or 0 for tenant in tenants(engine)), default=0)
    held: dict[str, set[str]] = defaultdict(set)
    own = (AlertMemberRow.tenant == AlertRow.tenant, AlertMemberRow.alert == AlertRow.uid)
    wanted = (
        select(AlertMemberRow.tenant, AlertMemberRow.match)
        .join(AlertRow, and_(*own))
        .where(AlertRow.status != AlertStatus.DISMISSED.value)
    )
    with reading(engine) as session:
        for tenant, match in session.execute(wanted):
            held[tenant].add(match)
    return Needs({"matches": seen}, held)
