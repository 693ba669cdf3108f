"""Retained history as the matches of two sides: saved where they must be alike, else anew."""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import duckdb
import numpy as np
import pyarrow as pa

from foreseen.core.crew import ALONE, Crew
from foreseen.core.ids import RuleId, TenantId
from foreseen.lake.asking.relations import show
from foreseen.lake.cursors import judge_of
from foreseen.lake.lake import Lake
from foreseen.models.moments.windows import FORKS
from foreseen.rules import RuleSet
from foreseen.rules.engine.kernels import compute as pc
from foreseen.studies.what_if_labels import Relabelling, Sides, asked, labelling

if TYPE_CHECKING:
    from foreseen.schema.arrow import AnyLists

DAY = 86_400_000


@dataclass(frozen=True, slots=True)
class Retained:
    """What the lake holds of a tenant's events.

    Attributes:
        events: How many.
        first: Earliest event time, ms UTC; None without events.
        last: Latest event time, ms UTC.
        by_rules: How many each rule set labelled, by its hash.
        cut_streams: Streams whose first events are not retained.
    """

    events: int
    first: int | None
    last: int | None
    by_rules: Mapping[str, int]
    cut_streams: int


@dataclass(frozen=True, slots=True)
class Both:
    """Rows of the matches table of one part of history, by both rule sets, in the judge's order.

    Attributes:
        before: By the rules before the edit.
        after: By the rules after it.
        share: Part of all history that is done with it, 0..1.
    """

    before: pa.Table
    after: pa.Table
    share: float


@dataclass(slots=True)
class Work:
    """What is done, for the record.

    Attributes:
        tenant: Whose history it is.
        trusting: Whether labels count that these very rules gave.
        relabelled: Events of which all rules were asked again, because others had labelled them.
        events: Events that were read.
        in_order: Whether the order of commits across streams was still known.
    """

    tenant: TenantId
    trusting: bool
    relabelled: int = 0
    events: int = 0
    in_order: bool = True


def retained(lake: Lake, tenant: TenantId) -> Retained:
    """What there is of one tenant; reads four columns."""
    if not lake.files("events", tenant):
        return Retained(0, None, None, {}, 0)
    with duckdb.connect() as database:
        show(database, lake, "events", tenant)
        groups = database.execute(
            "SELECT coalesce(ruleset_hash, ''), count(*), min(time), max(time)"
            " FROM events GROUP BY 1 ORDER BY 1"
        ).fetchall()
        cut = database.execute(
            "SELECT count(*) FROM (SELECT stream FROM events GROUP BY stream HAVING min(seq) > 1)"
        ).fetchone()
    first = min(group[2] for group in groups)
    last = max(group[3] for group in groups)
    by_rules = {name: count for name, count, _, _ in groups}
    return Retained(sum(by_rules.values()), first, last, by_rules, cut[0] if cut else 0)


def saved_matches(
    lake: Lake, tenant: TenantId, change: Relabelling, found: Retained
) -> list[pa.Table] | None:
    """Matches as the lake has them, by commit, if those of both sides must be the same.

    That is so when these very rules labelled all that is retained, no rule labels anew, and no
    fork loses its last label: an unlabelled fork is not in the windows of later matches.
    """
    if change.fresh.rules or set(found.by_rules) - {change.before.rules.hash}:
        return None
    first = lake.first_version("matches")
    commits = [
        commit.rows
        for commit in lake.since("matches", first, tenant=tenant)
        if judge_of(tenant) not in commit.producers  # firings: each side counts for itself
    ]
    if first:
        commits.insert(0, _without_firings(lake.past("matches", tenant), change.before.rules))
    if change.gone and any(_loses_forks(rows, change.gone) for rows in commits):
        return None
    return commits


def both_saved(commits: list[pa.Table], gone: frozenset[RuleId]) -> Iterator[Both]:
    """Saved matches, and those of them that stay."""
    for done, rows in enumerate(commits, start=1):
        stays = pc.invert(pc.is_in(rows.column("rule_id"), pa.array(sorted(gone), pa.string())))
        yield Both(rows, rows.filter(stays) if gone else rows, done / len(commits))


def both_anew(
    lake: Lake, change: Relabelling, found: Retained, work: Work, crew: Crew = ALONE
) -> Iterator[Both]:
    """Matches of both sides from the events, with the shard's own windows.

    Args:
        lake: The lake.
        change: The edit.
        found: What is retained.
        work: Says whose events and whether their labels count; what was done is counted there.
        crew: Who asks the rules; windows need what came before, so they are made here.
    """
    sides, ahead = Sides(change), deque[tuple[pa.RecordBatch, bool]]()

    def pieces() -> Iterator[tuple[pa.RecordBatch, bool]]:
        for events in batches(lake, work):
            own = pc.equal(events.column("ruleset_hash"), change.before.rules.hash)
            ahead.append((events, work.trusting and bool(pc.all(own).as_py())))
            yield ahead[-1]

    own_labels = not set(found.by_rules) - {change.before.rules.hash}
    question = asked(change, all_trusted=work.trusting and own_labels)
    for labels, fresh in crew.each(labelling, question, pieces()):
        events, trusted = ahead.popleft()
        work.events += events.num_rows
        work.relabelled += 0 if trusted else events.num_rows
        known = cast("AnyLists", events.column("labels")) if labels is None else labels
        before, after = sides.take(events, known, fresh)
        yield Both(before, after, work.events / max(found.events, 1))


def _without_firings(rows: pa.Table, rules: RuleSet) -> pa.Table:
    """Matches of rules that look at one event."""
    names = pa.array(sorted(rules.correlations.places), pa.string())
    return rows.filter(pc.invert(pc.is_in(rows.column("rule_id"), names)))


def _loses_forks(rows: pa.Table, gone: frozenset[RuleId]) -> bool:
    forks = rows.filter(pc.is_in(rows.column("event_type"), pa.array(FORKS)))
    loses = pc.is_in(forks.column("rule_id"), pa.array(sorted(gone), pa.string()))
    kept = set(forks.filter(pc.invert(loses)).column("event_uid").to_pylist())
    return any(uid not in kept for uid in forks.filter(loses).column("event_uid").to_pylist())


def batches(lake: Lake, work: Work) -> Iterator[pa.RecordBatch]:
    """Events as committed; where the oldest commits are forgotten, by day, each stream in order."""
    if lake.first_version("events"):
        work.in_order = False
        yield from _by_day(lake, work.tenant)
        return
    for commit in lake.since("events", 0, tenant=work.tenant):
        yield _one(commit.rows)


def _by_day(lake: Lake, tenant: TenantId) -> Iterator[pa.RecordBatch]:
    own = pc.field("tenant") == tenant
    came = lake.read("events", ["ingested_time"], own).column("ingested_time")
    for day in sorted(set((pc.divide(came, DAY)).to_pylist())):
        within = (pc.field("ingested_time") >= day * DAY) & (
            pc.field("ingested_time") < (day + 1) * DAY
        )
        yield _one(lake.read("events", None, own & within))


def _one(rows: pa.Table) -> pa.RecordBatch:
    """Rows as one batch, each stream in the order of its numbers.

    A commit over several days lies in several files, which part what was in order.
    """
    rows = rows.combine_chunks()
    stream = rows.column("stream").combine_chunks().dictionary_encode().indices.to_numpy()
    order = np.argsort(stream, kind="stable")
    seq = rows.column("seq").to_numpy()[order]
    same = stream[order][1:] == stream[order][:-1]
    if (seq[1:] < seq[:-1])[same].any():
        rows = rows.sort_by([("stream", "ascending"), ("seq", "ascending")]).combine_chunks()
    return rows.to_batches()[0]
