"""Decisions as rows of the predictions table: the proof that is kept of every match.

Late evidence adds a row to that of the first decision: the row that says why it is `revised` holds.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import pyarrow as pa

from foreseen.core.decisions import Basis, Decision, Evidence, Outcome, Prediction
from foreseen.core.ids import ContentHash, EventUid, RuleId, TenantId
from foreseen.pipeline.late import Revision
from foreseen.schema.arrow import PREDICTION_SCHEMA, batch_of, integers, texts


def predictions_table(
    matches: pa.Table, decisions: Sequence[Decision], revisions: Sequence[Revision] = ()
) -> pa.RecordBatch:
    """Decisions as rows of the predictions table, one a match, and those that replace earlier ones.

    Args:
        matches: Rows of the matches table.
        decisions: One a match, in order.
        revisions: Matches that were decided once more.
    """
    times, workloads = integers(matches, "time"), texts(matches, "workload")
    rows = [
        _row(decision, time, workload)
        for decision, time, workload in zip(decisions, times, workloads, strict=True)
    ]
    rows += [_row(each.verdict.decision, each.time, each.workload) for each in revisions]
    return batch_of(rows, PREDICTION_SCHEMA)


def last_words(predictions: pa.Table) -> pa.Table:
    """Of rows of the predictions table with `match_uid` and `revised`, those that hold.

    A row that revises goes before one that does not; of the same kind the later one in the table.
    """
    uids, revised = texts(predictions, "match_uid"), texts(predictions, "revised")
    last: dict[str, int] = {}
    for row, uid in enumerate(uids):
        if revised[row] or not revised[last.get(uid, row)]:
            last[uid] = row
    return predictions.take(pa.array(sorted(last.values()), pa.int64()))


def decision_of(row: Mapping[str, Any]) -> Decision:
    """The decision that a row of the predictions table keeps; of whose history it does not tell."""
    return Decision(
        tenant=TenantId(row["tenant"]),
        match_uid=row["match_uid"],
        event_uid=EventUid(row["event_uid"]),
        rule=RuleId(row["rule_id"]),
        outcome=Outcome(row["outcome"]),
        basis=Basis(row["basis"]),
        prediction=_prediction_of(row),
        incident=row["incident"],
        artefacts=orjson.loads(row["artefacts"] or "{}"),
        suppression=row["suppression"],
        elsewhere=tuple(row["elsewhere"] or ()),
        revised=row["revised"] or "",
    )


def _prediction_of(row: Mapping[str, Any]) -> Prediction | None:
    if row["model"] is None or row["probability"] is None:
        return None
    return Prediction(
        probability=row["probability"],
        surprise=row["surprise"],
        evidence=tuple(Evidence(**each) for each in orjson.loads(row["evidence"] or "[]")),
        model=ContentHash(row["model"]),
    )


def _row(decision: Decision, time: int, workload: str) -> dict[str, object]:
    prediction = decision.prediction
    evidence = [] if prediction is None else [
        {"member": e.member, "surprise": e.surprise, "sentence": e.sentence}
        for e in prediction.evidence
    ]  # fmt: skip
    return {
        "tenant": decision.tenant,
        "match_uid": decision.match_uid,
        "event_uid": decision.event_uid,
        "rule_id": decision.rule,
        "workload": workload,
        "time": time,
        "outcome": decision.outcome.value,
        "basis": decision.basis.value,
        "probability": prediction.probability if prediction else None,
        "surprise": prediction.surprise if prediction else None,
        "evidence": orjson.dumps(evidence).decode(),
        "model": prediction.model if prediction else None,
        "incident": decision.incident,
        "suppression": decision.suppression,
        "artefacts": orjson.dumps(decision.artefacts, option=orjson.OPT_SORT_KEYS).decode(),
        "elsewhere": list(decision.elsewhere),
        "revised": decision.revised,
    }
