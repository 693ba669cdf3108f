"""What rules did over time: their matches, alerted and suppressed, in equal spans."""

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from foreseen.core.decisions import Outcome
from foreseen.core.ids import TenantId
from foreseen.lake.asking.relations import show
from foreseen.lake.lake import Lake

_SQL = """
SELECT rule_id, least((first - $since) * $spans // ($until - $since), $spans - 1) AS span,
       count(*) FILTER (alerted), count(*) FILTER (NOT alerted)
FROM (SELECT rule_id, match_uid, min(time) AS first, bool_or(outcome = $word) AS alerted
      FROM predictions WHERE time >= $since AND time < $until GROUP BY rule_id, match_uid)
GROUP BY ALL
"""


@dataclass(frozen=True, slots=True)
class Course:
    """Judged matches of a rule, a value a span, the earliest first."""

    alerted: list[int]
    suppressed: list[int]


def rule_courses(
    lake: Lake, tenant: TenantId, *, since: int, until: int, spans: int
) -> Mapping[str, Course]:
    """Of each rule with a judged match in a time what became of its matches.

    A match that was judged twice counts once, as alerted if it ever was.

    Args:
        lake: Where predictions are.
        tenant: Whose.
        since: Beginning of the time, ms UTC.
        until: Its end, which is not in it.
        spans: Into how many equal spans it is cut.
    """
    found: dict[str, Course] = {}
    if not lake.files("predictions", tenant):
        return found
    values = {"since": since, "until": until, "spans": spans, "word": Outcome.ALERTED.value}
    with duckdb.connect() as database:
        show(database, lake, "predictions", tenant)
        rows = database.execute(_SQL, values).fetchall()
    for rule, span, alerted, suppressed in rows:
        course = found.setdefault(str(rule), Course([0] * spans, [0] * spans))
        course.alerted[span], course.suppressed[span] = int(alerted), int(suppressed)
    return found
