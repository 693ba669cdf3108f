"""Decisions as rows of the predictions table: the proof that is kept of every match."""

from collections.abc import Sequence

import orjson
import pyarrow as pa

from foreseen.core.decisions import Decision
from foreseen.schema.arrow import PREDICTION_SCHEMA, batch_of, integers, texts


def predictions_table(matches: pa.Table, decisions: Sequence[Decision]) -> pa.RecordBatch:
    """Decisions as rows of the predictions table, one a match."""
    times, workloads = integers(matches, "time"), texts(matches, "workload")
    rows = [
        _row(decision, time, workload)
        for decision, time, workload in zip(decisions, times, workloads, strict=True)
    ]
    return batch_of(rows, PREDICTION_SCHEMA)


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
    }
