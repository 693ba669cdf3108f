"""A person over time: what they did, which matches of theirs alerted, and what is new of late."""

from dataclasses import dataclass
from typing import Any

from foreseen.core.decisions import Outcome
from foreseen.lake.asking.narrowed import Asker, Narrowed, narrowed
from foreseen.lake.asking.past import DESTINATIONS, FOLDERS, PROGRAMS, Compared, Kind, Past
from foreseen.lake.asking.people_at_risk import ALERTED, DECIDED
from foreseen.lake.asking.person_names import FAILURE, LOGIN, OF_PERSON, person_values

_EVENTS = f"""
    SELECT (time // $length) * $length AS time, count(*) AS events,
        count(*) FILTER (class_uid = {LOGIN}) AS logins,
        count(*) FILTER (class_uid = {LOGIN} AND status_id = {FAILURE}) AS failed
    FROM events WHERE {OF_PERSON} GROUP BY 1"""  # noqa: S608 (of ours)
_MATCHES = f"""
    SELECT (time // $length) * $length AS time, count(*) AS matches,
        count(*) FILTER (outcome = '{Outcome.SUPPRESSED}') AS suppressed,
        count(*) FILTER (outcome = '{Outcome.ALERTED}') AS alerted
    FROM matches LEFT JOIN ({DECIDED}) USING (match_uid) WHERE {OF_PERSON} GROUP BY 1"""  # noqa: S608 (of ours)
_ALERTED = f"""
    SELECT match_uid FROM matches JOIN ({ALERTED}) USING (match_uid) WHERE {OF_PERSON}
    ORDER BY time DESC, match_uid LIMIT $most"""  # noqa: S608 (of ours)
_PAST = Past(
    OF_PERSON,
    {
        "program": PROGRAMS,
        "host": Kind("true", "host"),
        "source": Kind(f"class_uid = {LOGIN}", "src_ip"),
        "destination": DESTINATIONS,
        "folder": FOLDERS,
    },
)


@dataclass(frozen=True, slots=True)
class PersonBucket:
    """What somebody did from a time on, ms UTC.

    Attributes:
        logins: Events of the class of logins, and `failed` those of them that failed.
        matches: Their matches; of these `suppressed` were hidden and `alerted` were not.
    """

    time: int
    events: int = 0
    logins: int = 0
    failed: int = 0
    matches: int = 0
    suppressed: int = 0
    alerted: int = 0


def course_of_person(
    asker: Asker, name: str, between: tuple[int, int], length: int
) -> list[PersonBucket]:
    """What somebody did over time, the oldest first; buckets without anything are left out.

    Args:
        asker: Who asks.
        name: Name, account or id.
        between: First time, and time after the last, ms UTC.
        length: Of a bucket, ms.

    Raises:
        TooSlowError: Its time was over.
        CorruptError: A file of the lake cannot be read.
    """
    with narrowed(asker) as asked:
        values = {**_shown(asked, name, between), "length": length}
        told: dict[int, dict[str, Any]] = {}
        for sql in (_EVENTS, _MATCHES):
            for row in asked.records(sql, values):
                told.setdefault(row["time"], {}).update(row)
    return [PersonBucket(**told[time]) for time in sorted(told)]


def alerted_of_person(asker: Asker, name: str, between: tuple[int, int], *, most: int) -> list[str]:
    """Uids of somebody's matches that alerted, the newest first; arguments and errors as above."""
    with narrowed(asker) as asked:
        values = {**_shown(asked, name, between), "most": most}
        return [row["match_uid"] for row in asked.records(_ALERTED, values)]


def person_against_past(
    asker: Asker, name: str, between: tuple[int, int], split: int, *, limit: int = 20
) -> tuple[list[Compared], int | None]:
    """What somebody did of late that they had not done before, and what they do no more.

    Args:
        asker: Who asks.
        name: Name, account or id.
        between: Begin of their past, and end of what is of late, ms UTC.
        split: When their past ends.
        limit: Most new and most missed ones of each kind.

    Returns:
        Programs, machines, sources of logins, destinations and folders, and the time of the first
        event.

    Raises:
        TooSlowError: Its time was over.
        CorruptError: A file of the lake cannot be read.
    """
    with narrowed(asker) as asked:
        asked.show("events", "events", {"time": (between[0], between[1] - 1)})
        return _PAST.compared(asked, person_values(asked, name, between), split, limit)


def _shown(asked: Narrowed, name: str, between: tuple[int, int]) -> dict[str, object]:
    for table in ("events", "matches", "predictions"):
        asked.show(table, table, {"time": (between[0], between[1] - 1)})
    return person_values(asked, name, between)
