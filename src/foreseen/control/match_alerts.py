"""Which alerts matches are in."""

from collections.abc import Sequence

from sqlalchemy import Engine, select

from foreseen.control.alert_tables import AlertMemberRow
from foreseen.control.database import reading
from foreseen.core.ids import TenantId

_AT_ONCE = 500  # of the parameters of a query


def alerts_of(engine: Engine, tenant: TenantId, matches: Sequence[str]) -> dict[str, str]:
    """Uid of the alert that each match is in; matches of none are left out.

    A match that is in a story and in an alert of its rule is in the one with the smaller uid.
    """
    found: dict[str, str] = {}
    with reading(engine) as session:
        for start in range(0, len(matches), _AT_ONCE):
            query = (
                select(AlertMemberRow.match, AlertMemberRow.alert)
                .where(
                    AlertMemberRow.tenant == tenant,
                    AlertMemberRow.match.in_(matches[start : start + _AT_ONCE]),
                )
                .order_by(AlertMemberRow.match, AlertMemberRow.alert.desc())
            )
            found.update((match, alert) for match, alert in session.execute(query))
    return found
