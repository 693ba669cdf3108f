"""What an edit would do to the recall on attack replays: chains that it loses, chains that it wins.

The replays are the gate set. The sealed one would answer better, once: whoever edits until the
answer pleases has tuned to it, and its bound is worth nothing from then on. So law 5 gives the
sealed set to the ledger alone.
"""

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from foreseen.core.ids import RuleId, TenantId
from foreseen.lake.lake import Lake
from foreseen.models.moments.moment import Moment, moments_of
from foreseen.pipeline.by_hand import hidden_by_hand
from foreseen.schema.arrow import texts
from foreseen.studies.replays.chain import Replay, Use
from foreseen.studies.replays.composed import PARENT, PLACE, rows_of, still_matched
from foreseen.studies.replays.recall import Recall, Terms, recall_on
from foreseen.studies.replays.recorded import deed_of
from foreseen.studies.replays.replay import replays_under
from foreseen.studies.replays.stored import recorded
from foreseen.studies.replays.surroundings import latest
from foreseen.studies.replays.transplant import transplants
from foreseen.studies.what_if_labels import Labelling
from foreseen.studies.what_if_shape import RecallChange, Side

_OF_A_RULE = 200
"""Benign matches of a rule on a workload, the latest, that attacks are put beside."""


def recall_change(
    lake: Lake, before: Side, after: Side, accepted_until: int | None
) -> RecallChange:
    """Attack chains of the gate set that each side would tell of, put at the same places.

    Args:
        lake: Its matches are the surroundings.
        before: The side before the edit.
        after: The side after it.
        accepted_until: Only matches before it are surroundings, ms UTC; None: all are.
    """
    benign = _benign(lake, before.judge.tenant, accepted_until)
    runs = _by_either(before, after)
    here = transplants(runs, _surroundings(benign, runs))
    beside = {spot.beside.uid for replay in here.replays for spot in replay.spots}
    taken = benign.filter(
        pc.is_in(benign.column("match_uid"), pa.array(sorted(beside), pa.string()))
    )
    known = {row["match_uid"]: row for row in taken.select(_TAKEN).to_pylist()}
    rows = rows_of(here.replays, recorded(Use.GATE), known)
    ours, theirs = (_recall(here.replays, rows, side) for side in (before, after))
    return RecallChange(
        before=ours,
        after=theirs,
        lost=tuple(sorted(set(theirs.lost) - set(ours.lost))),
        won=tuple(sorted(set(ours.lost) - set(theirs.lost))),
        impossible=here.impossible,
    )


_TAKEN = ["match_uid", *PLACE, *PARENT]


def _benign(lake: Lake, tenant: TenantId, accepted_until: int | None) -> pa.Table:
    own = pc.field("tenant") == tenant
    if accepted_until is not None:
        own &= pc.field("time") < accepted_until
    return latest(lake.read("matches", None, own), _OF_A_RULE)


def _surroundings(matches: pa.Table, runs: Sequence[Replay]) -> dict[RuleId, list[Moment]]:
    """Benign matches by rule; a rule without any is put beside those of others of its recorder.

    A rule that the edit adds has matched nothing yet, and one that only attacks match never will.
    """
    found: dict[RuleId, list[Moment]] = {}
    by_product: dict[str, list[Moment]] = {}
    told = zip(moments_of(matches), texts(matches, "product"), strict=True)
    for moment, product in sorted(told, key=lambda each: (each[0].time, each[0].uid)):
        found.setdefault(RuleId(moment.rule), []).append(moment)
        by_product.setdefault(product, []).append(moment)
    products = {
        deed.moment.uid: str(deed.columns.get("product"))
        for run in recorded(Use.GATE)
        for deed in run.deeds
    }
    for moment in (moment for run in runs for moment in run.moments):
        others = by_product.get(products[deed_of(moment)])
        if others and moment.rule not in found:
            found[RuleId(moment.rule)] = others
    return dict(sorted(found.items()))


def _by_either(before: Side, after: Side) -> list[Replay]:
    """Each run with what either side matches of it, so that both are put at the same places."""
    both = zip(replays_under(before.rules), replays_under(after.rules), strict=True)
    return [_merged(ours, theirs) for ours, theirs in both]


def _merged(ours: Replay, theirs: Replay) -> Replay:
    found = {
        moment.uid: (moment, own)
        for replay in (ours, theirs)
        for moment, own in zip(replay.moments, replay.own, strict=True)
    }
    ordered = sorted(found.values(), key=lambda each: (each[0].time, each[0].uid))
    return replace(
        ours,
        moments=tuple(moment for moment, _ in ordered),
        own=tuple(own for _, own in ordered),
    )


def _recall(replays: Sequence[Replay], rows: pa.RecordBatch, side: Side) -> Recall:
    """Recall of one side: its rules, its suppressions by hand, its models."""
    judge = side.judge
    matched = still_matched(replays, rows, Labelling(side.rules, side.sets).of(rows))
    hidden, _ = hidden_by_hand(pa.Table.from_batches([rows]), judge.suppressions)
    terms = Terms(
        policy=judge.policy,
        stages=judge.stages,
        unmarked=frozenset(name for name, rule in judge.rules.items() if not rule.foresee),
        silent=frozenset(judge.correlations.silent),
        hidden=frozenset(hidden),
    )
    return recall_on(judge.foresight, matched, terms)[None]
