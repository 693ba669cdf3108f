"""Who somebody is: SQL that gives events a name where they have the number of a login alone."""

from foreseen.lake.asking.narrowed import Narrowed

LOGIN, FAILURE = 3002, 2
"""OCSF's class of logins, and its status of what failed."""

LONGEST_NAME = 100
"""Letters of a name by which people are told apart in a list."""

WITHIN = "time >= $since AND time < $until"
KEY = "concat(stream, chr(31), user_uid)"
"""A login's number, which means something on its machine alone."""

# Audit records of processes have the number of whoever logged in, and no name. A session's first
# record with an account has the name of its owner; later ones may have that of root, after a sudo.
NAMED = f"""
    SELECT key, arg_max(account, (sessions, account)) AS account FROM (
        SELECT key, account, count(*) AS sessions FROM (
            SELECT arg_min({KEY}, (time, seq)) AS key, arg_min(auth_account, (time, seq)) AS account
            FROM events WHERE {WITHIN} AND class_uid = {LOGIN}
                AND status_id IS DISTINCT FROM {FAILURE}
                AND auth_account <> '' AND user_uid <> '' AND session_uid <> ''
            GROUP BY stream, session_uid)
        GROUP BY key, account)
    GROUP BY key"""  # noqa: S608 (of ours)
"""Keys with the accounts that most of their sessions began with."""

NAME = f"""left(coalesce(nullif(user_name, ''), named.account, nullif(auth_account, ''),
    nullif(user_uid, '')), {LONGEST_NAME})"""
"""Of a row that is joined with `NAMED` as `named`."""

_IDS = f"SELECT key FROM ({NAMED}) WHERE account = $name ORDER BY key"  # noqa: S608 (of ours)
OF_PERSON = (
    f"{WITHIN} AND (user_name = $name OR user_uid = $name OR auth_account = $name "
    f"OR process_user_name = $name OR {KEY} IN (SELECT unnest($ids)))"
)
"""Rows of one person within a time; its parameters are `person_values`."""


def person_values(asked: Narrowed, name: str, between: tuple[int, int]) -> dict[str, object]:
    """The parameters of `OF_PERSON`; `asked` shows `events`.

    Args:
        asked: Where events are asked for.
        name: Name, account or id.
        between: First time, and time after the last, ms UTC.

    Raises:
        TooSlowError: Its time was over.
        CorruptError: A file of the lake cannot be read.
    """
    since, until = between
    values: dict[str, object] = {"since": since, "until": until, "name": name}
    return {**values, "ids": [row["key"] for row in asked.records(_IDS, values)]}
