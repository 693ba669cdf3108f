"""Matches with what was decided of them, suppressed ones too: a page at a time, newest first.

Only keys are looked for in all files that may matter; whole rows are read of the page alone. Of
several words on a match the one that revises holds (`pipeline.predictions.last_words`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from foreseen.core.errors import NotFoundError
from foreseen.lake.asking.narrowed import Asker, Narrowed, Ranges, conditions_of, equal, narrowed
from foreseen.pipeline.predictions import last_words
from foreseen.schema.arrow import MATCH_SCHEMA

UNJUDGED = "unjudged"
"""Stands for matches without a decision: of the accepted history, or not yet reached."""

_USERS = ("user_name", "user_uid", "process_user_name", "process_user_uid", "auth_account")
_WORDS = """
    SELECT time, match_uid, rule_id, workload, outcome, basis, incident, suppression
    FROM predictions WHERE coalesce(revised, '') <> ''
    UNION ALL
    SELECT time, match_uid, rule_id, workload, outcome, basis, incident, suppression
    FROM predictions AS one WHERE coalesce(revised, '') = '' AND NOT EXISTS (
        SELECT 1 FROM predictions AS other
        WHERE other.match_uid = one.match_uid AND coalesce(other.revised, '') <> '')"""
_OURS = "list_contains($uids::VARCHAR[], match_uid) AND time BETWEEN $least AND $most"


@dataclass(frozen=True, slots=True)
class MatchFilter:
    """Which matches to list; None means any.

    Attributes:
        since: At or after this time, ms UTC.
        until: Before this time, ms UTC.
        rule: Of this rule.
        workload: Of this one.
        host: Of this one.
        stream: Of this one.
        user: Name or id of whoever logged in, of whom the process ran as, or of the account.
        outcome: `suppressed`, `alerted`, or `UNJUDGED`.
        basis: Decided for this reason.
        incident: Decided as of this one.
        suppression: Hidden by this suppression by hand.
    """

    since: int | None = None
    until: int | None = None
    rule: str | None = None
    workload: str | None = None
    host: str | None = None
    stream: str | None = None
    user: str | None = None
    outcome: str | None = None
    basis: str | None = None
    incident: str | None = None
    suppression: str | None = None

    @property
    def known(self) -> Ranges:
        """What files are left out by."""
        until = None if self.until is None else self.until - 1
        return {
            "time": (self.since, until),
            "workload": equal(self.workload),
            "rule_id": equal(self.rule),
        }

    @property
    def of_decisions(self) -> dict[str, object]:
        """What is asked of decisions."""
        outcome = None if self.outcome == UNJUDGED else self.outcome
        return {
            "outcome": outcome,
            "basis": self.basis,
            "incident": self.incident,
            "suppression": self.suppression,
        }


@dataclass(frozen=True, slots=True)
class MatchKey:
    """Place in the list: time of the match, ms UTC, and its uid."""

    time: int
    uid: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A match and the word on it that holds.

    Attributes:
        match: Row of the matches table, or some of its columns; of one that expired before its
            decision, what that says of it, and nulls.
        decision: Row of the predictions table; empty where it was not judged.
    """

    match: dict[str, Any]
    decision: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> MatchKey:
        """Its place."""
        return MatchKey(self.match["time"], self.match["match_uid"])


def match_list(
    asker: Asker,
    wanted: MatchFilter,
    *,
    columns: Sequence[str],
    after: MatchKey | None = None,
    limit: int = 50,
) -> list[Judged]:
    """A tenant's matches, newest first, of those with the same time the greatest uid.

    Args:
        asker: Who asks.
        wanted: Which.
        columns: Columns of the matches table; `time` and `match_uid` must be among them.
        after: Place after which it goes on; None: the newest.
        limit: Most matches.

    Raises:
        TooSlowError: Its time was over.
        CorruptError: A file of the lake cannot be read.
    """
    with narrowed(asker) as asked:
        asked.show("matches", "matches", {**wanted.known, "stream": equal(wanted.stream)})
        asked.show("predictions", "predictions", wanted.known)
        keys = _keys(asked, wanted, after, limit)
        return _judged(asked, keys, columns)


def judged_match(asker: Asker, uid: str) -> Judged:
    """One match with all its columns, and the word on it that holds.

    Args:
        asker: Who asks.
        uid: Its uid.

    Raises:
        NotFoundError: The tenant has no such match.
        TooSlowError: Its time was over.
        CorruptError: A file of the lake cannot be read.
    """
    with narrowed(asker) as asked:
        asked.show("matches", "matches")
        rows = asked.records("SELECT * FROM matches WHERE match_uid = $uid LIMIT 1", {"uid": uid})
        of_it = {name: equal(rows[0][name]) for name in ("time", "rule_id")} if rows else {}
        asked.show("predictions", "predictions", of_it)
        words = asked.rows("SELECT * FROM predictions WHERE match_uid = $uid", {"uid": uid})
    word = _by_uid(words).get(uid, {})
    if not rows and not word:
        raise NotFoundError(f"no match {uid}")
    return Judged(rows[0] if rows else _said_of_match(word, MATCH_SCHEMA.names), word)


def first_of(asker: Asker, uids: Sequence[str], between: tuple[int, int]) -> dict[str, Any] | None:
    """The first of some matches that is still in the lake; None where all are gone.

    Args:
        asker: Who asks.
        uids: Their uids, in the order in which they are wanted.
        between: First and last time of them, ms UTC.
    """
    values = {"uids": list(uids), "least": between[0], "most": between[1]}
    with narrowed(asker) as asked:
        asked.show("matches", "matches", {"time": between})
        found = asked.records(
            f"SELECT * FROM matches WHERE {_OURS} "  # noqa: S608 (of ours)
            "ORDER BY list_position($uids::VARCHAR[], match_uid) LIMIT 1",
            values,
        )
    return found[0] if found else None


def matches_of(
    asker: Asker,
    uids: Sequence[str],
    between: tuple[int, int],
    *,
    columns: Sequence[str],
) -> list[Judged]:
    """Some matches by their uids, those that are still in the lake, in no order.

    Args:
        asker: Who asks.
        uids: Their uids.
        between: First and last time of them, ms UTC.
        columns: Columns of the matches table; `time` and `match_uid` must be among them.
    """
    values = {"uids": list(uids), "least": between[0], "most": between[1]}
    with narrowed(asker) as asked:
        asked.show("matches", "matches", {"time": between})
        asked.show("predictions", "predictions", {"time": between})
        return list(_rows(asked, values, columns).values())


def _keys(
    asked: Narrowed, wanted: MatchFilter, after: MatchKey | None, limit: int
) -> list[MatchKey]:
    """Places of the page.

    Decisions have the time, rule and workload of their matches: where no more is asked of these,
    the newest are found without a join, in memory that does not grow with the tables.
    """
    values: dict[str, object] = {"wanted": limit}
    must = _bounds(wanted, after, values)
    of_match = _of_match(wanted, values)
    of_words = conditions_of(wanted.of_decisions, values)
    source = "matches"
    if of_words and not of_match:
        source, must = f"({_WORDS})", [*must, *of_words]
    elif of_words:
        words = f"SELECT match_uid FROM ({_WORDS}) WHERE {' AND '.join(of_words)}"  # noqa: S608 (of ours)
        must.append(f"match_uid IN ({words})")
    if wanted.outcome == UNJUDGED:
        must.append("match_uid NOT IN (SELECT match_uid FROM predictions WHERE match_uid <> '')")
    found = asked.records(
        f"SELECT time, match_uid FROM {source} WHERE {' AND '.join([*must, *of_match])} "  # noqa: S608 (values apart)
        f"ORDER BY time DESC, match_uid DESC LIMIT $wanted",
        values,
    )
    return [MatchKey(row["time"], row["match_uid"]) for row in found]


def _bounds(wanted: MatchFilter, after: MatchKey | None, values: dict[str, object]) -> list[str]:
    """Conditions that matches and decisions have in common."""
    fixed = {"rule_id": wanted.rule, "workload": wanted.workload}
    must = ["time IS NOT NULL", *conditions_of(fixed, values)]
    for bound, value in (("time >= $since", wanted.since), ("time < $until", wanted.until)):
        if value is not None:
            must.append(bound)
            values[bound.rpartition("$")[2]] = value
    if after is not None:
        values |= {"after": after.time, "after_uid": after.uid}
        must.append("time <= $after AND (time < $after OR match_uid < $after_uid)")
    return must


def _of_match(wanted: MatchFilter, values: dict[str, object]) -> list[str]:
    """Conditions that only matches know."""
    must = conditions_of({"host": wanted.host, "stream": wanted.stream}, values)
    if wanted.user is not None:
        values["user"] = wanted.user
        must.append(f"({' OR '.join(f'{name} = $user' for name in _USERS)})")
    return must


def _judged(asked: Narrowed, keys: Sequence[MatchKey], columns: Sequence[str]) -> list[Judged]:
    """The matches of keys in their order; of one that expired, what its decision says of it."""
    if not keys:
        return []
    values: dict[str, object] = {
        "uids": [key.uid for key in keys],
        "least": keys[-1].time,
        "most": keys[0].time,
    }
    found = _rows(asked, values, columns)
    return [found[key.uid] for key in keys]


def _rows(asked: Narrowed, values: dict[str, object], columns: Sequence[str]) -> dict[str, Judged]:
    """Matches by uid, with the words on them."""
    named = ", ".join(f'"{name}"' for name in columns)
    rows = asked.records(f"SELECT {named} FROM matches WHERE {_OURS}", values)  # noqa: S608 (of ours)
    words = _by_uid(asked.rows(f"SELECT * FROM predictions WHERE {_OURS}", values))  # noqa: S608 (of ours)
    expired = {uid: Judged(_said_of_match(word, columns), word) for uid, word in words.items()}
    return expired | {
        row["match_uid"]: Judged(row, words.get(row["match_uid"], {})) for row in rows
    }


def _said_of_match(word: Mapping[str, Any], columns: Sequence[str]) -> dict[str, Any]:
    """What a decision says of a match that expired before it."""
    return {name: word.get(name) for name in columns}


def _by_uid(words: pa.Table) -> dict[str, dict[str, Any]]:
    return {row["match_uid"]: row for row in last_words(words).to_pylist()}
