"""The audit sample: which suppressed matches a person is asked about, and what they look like."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import pyarrow.compute as pc

from foreseen.core.errors import NotFoundError
from foreseen.core.ids import RuleId, TenantId
from foreseen.lake.lake import Lake
from foreseen.models.ledger import drawn_order
from foreseen.schema.arrow import integers, texts
from foreseen.studies.last_words import Words, last_words

PER_DAY = 2
"""Matches of a rule that are drawn for each day on which its model suppressed any."""

_COLUMNS = ["match_uid", "host", "workload", "user_name", "user_uid", "process_user_name"]
_COLUMNS += ["process_cmd_line", "process_path", "parent_cmd_line", "file_path", "dst_ip"]
_COLUMNS += ["api_operation"]


@dataclass(frozen=True, slots=True)
class Sampled:
    """A suppressed match that was drawn for audit.

    Attributes:
        match: Its uid.
        rule: Rule that matched.
        time: When it happened, ms UTC.
        host: Where.
        workload: On which workload.
        who: Accounts that it is about, login user first.
        what: What it did: command line, else file, destination or call.
        parent: Its parent's command line.
        probability: What its model said.
    """

    match: str
    rule: RuleId
    time: int
    host: str
    workload: str
    who: tuple[str, ...]
    what: str
    parent: str
    probability: float | None


def to_answer(
    lake: Lake,
    tenant: TenantId,
    answered: Collection[str],
    *,
    per_day: int = PER_DAY,
    rule: RuleId | None = None,
) -> list[Sampled]:
    """Drawn matches without an answer, by rule, each rule's in the order in which they are drawn.

    Args:
        lake: Matches and predictions.
        tenant: Whose.
        answered: Matches that people have spoken on.
        per_day: Matches of a rule that are drawn for each day on which its model suppressed any.
        rule: Only matches of this rule.
    """
    words = last_words(lake, tenant)
    drawn = {
        uid: name
        for name, each in words.items()
        if rule in {None, name}
        for uid in sample(each, per_day)
    }
    return _shown(lake, tenant, {uid: n for uid, n in drawn.items() if uid not in answered})


def sample(words: Words, per_day: int) -> list[str]:
    """A rule's drawn matches: so many for each day with suppressed ones, from all of them.

    The days set how many are drawn and not which: else a match of a busy day would be drawn less
    often than one of a quiet day, and the share over all would be no plain mean.
    """
    return list(islice(drawn_order(words.expected), per_day * len(words.days)))


def suppressed_match(lake: Lake, tenant: TenantId, uid: str) -> Sampled:
    """One match that a model suppressed.

    Raises:
        NotFoundError: There is no such match, or no model suppressed it.
    """
    for rule, words in last_words(lake, tenant).items():
        if uid in words.expected:
            return _shown(lake, tenant, {uid: rule})[0]
    raise NotFoundError(
        f"no match {uid} that a model suppressed; 'foreseen models audit list' shows what is asked"
    )


def _shown(lake: Lake, tenant: TenantId, drawn: Mapping[str, RuleId]) -> list[Sampled]:
    if not drawn:
        return []
    own = (pc.field("tenant") == tenant) & pc.field("match_uid").isin(list(drawn))
    rows = {row["match_uid"]: row for row in lake.read("matches", _COLUMNS, own).to_pylist()}
    judged = lake.read("predictions", ["match_uid", "time", "probability"], own)
    said = dict(zip(texts(judged, "match_uid"), judged["probability"].to_pylist(), strict=True))
    times = dict(zip(texts(judged, "match_uid"), integers(judged, "time"), strict=True))
    return [
        _sampled(uid, rule, times[uid], rows.get(uid, {}), said[uid]) for uid, rule in drawn.items()
    ]


def _sampled(
    uid: str, rule: RuleId, time: int, row: Mapping[str, object], probability: float | None
) -> Sampled:
    """Where retention has taken the match itself, only what was judged of it is left."""
    return Sampled(
        match=uid,
        rule=rule,
        time=time,
        host=str(row.get("host") or "?"),
        workload=str(row.get("workload") or "?"),
        who=tuple(dict.fromkeys(_texts(row, ("user_name", "user_uid", "process_user_name")))),
        what=next(iter(_texts(row, _TOLD)), "?"),
        parent=str(row.get("parent_cmd_line") or ""),
        probability=probability,
    )


_TOLD = ("process_cmd_line", "file_path", "dst_ip", "api_operation", "process_path")


def _texts(row: Mapping[str, object], names: Sequence[str]) -> list[str]:
    return [str(row[name]) for name in names if row.get(name)]
