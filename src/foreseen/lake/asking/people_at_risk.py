"""Whose matches alerted: people by how many rules told of them, and how surprising that was."""

from typing import Any

from foreseen.lake.asking.narrowed import Asker, narrowed
from foreseen.lake.asking.person_names import KEY, NAME, NAMED, WITHIN

DECIDED = f"""
    SELECT match_uid, surprise, outcome FROM predictions WHERE {WITHIN}
    QUALIFY row_number() OVER (
        PARTITION BY match_uid ORDER BY coalesce(revised, '') <> '' DESC, outcome) = 1"""  # noqa: S608 (of ours)
"""What holds of each match: a word that revises another one (pipeline.predictions.last_words)."""

ALERTED = f"SELECT match_uid, surprise FROM ({DECIDED}) WHERE outcome = 'alerted'"  # noqa: S608 (of ours)
"""Matches that alerted."""

_AT_RISK = f"""
    SELECT name, count(*) AS rules, sum(matches)::BIGINT AS matches, sum(surprise) AS surprise,
        max(last_time) AS last_time
    FROM (
        SELECT {NAME} AS name, rule_id, count(*) AS matches,
            coalesce(max(surprise), 0.0) AS surprise, max(time) AS last_time
        FROM matches JOIN ({ALERTED}) USING (match_uid)
            LEFT JOIN ({NAMED}) AS named ON {KEY} = named.key
        WHERE {WITHIN} GROUP BY 1, 2)
    WHERE name IS NOT NULL
    GROUP BY name ORDER BY rules DESC, surprise DESC, name LIMIT $most"""  # noqa: S608 (of ours)


def people_at_risk(
    asker: Asker, between: tuple[int, int], *, limit: int = 10
) -> list[dict[str, Any]]:
    """People whose matches alerted in a time, those of most rules first.

    `surprise` is the sum, over these rules, of the greatest of each, in bits; a rule without a
    model adds none.

    Args:
        asker: Who asks.
        between: First time, and time after the last, ms UTC.
        limit: Most people.

    Raises:
        TooSlowError: Its time was over.
        CorruptError: A file of the lake cannot be read.
    """
    since, until = between
    known = {"time": (since, until - 1)}
    with narrowed(asker) as asked:
        for table in ("events", "matches", "predictions"):
            asked.show(table, table, known)
        return asked.records(_AT_RISK, {"since": since, "until": until, "most": limit})
