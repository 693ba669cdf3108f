"""How many matches may teach now that could not when the models were trained: a count, in bulk.

It is asked while the pipeline runs, so nothing is folded and no match is looked at one by one. What
teaches in the end is decided by `studies.history` and the anchor when models are trained.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Engine

from foreseen.control import audit_sample, taint
from foreseen.core.decisions import Basis, Outcome
from foreseen.core.ids import TenantId
from foreseen.lake.lake import Lake
from foreseen.schema.arrow import texts
from foreseen.studies.history import QUARANTINE

Times = npt.NDArray[np.int64]
Truths = npt.NDArray[np.bool_]

_COLUMNS = ["match_uid", "host", "time", "ingested_time", "window_complete"]
_BACK = 5 * QUARANTINE  # of what was not ready at a training, and of the unrest before that


def fresh_lessons(lake: Lake, engine: Engine, tenant: TenantId, *, since: int) -> int:
    """Suppressed matches whose quarantine ended since a training, on hosts that stayed quiet.

    Args:
        lake: Matches and predictions.
        engine: The control database.
        tenant: Whose.
        since: When the models were trained, ms UTC.
    """
    own = pc.field("tenant") == tenant
    rows = lake.read("matches", _COLUMNS, own & (pc.field("ingested_time") >= since - _BACK))
    if not rows.num_rows:
        return 0
    came = _integers(rows, "ingested_time")
    # Measured as training measures it: against the latest that we had, then and now.
    then = int(came[came <= since].max(initial=since - 3 * QUARANTINE))
    ready = (came >= then - QUARANTINE) & (came < int(came.max()) - QUARANTINE)
    tainted = taint.tainted(engine, tenant) | audit_sample.audit_hits(engine, tenant)
    is_tainted = _are_in(rows, tainted)
    whole = rows.column("window_complete").fill_null(pa.scalar(value=False)).to_numpy()
    ready &= ~is_tainted & ~_unrest_around(rows, came, is_tainted | ~whole)
    candidates = rows.filter(pa.array(ready))
    return int(_are_in(candidates, _expected(lake, own, candidates)).sum())


def _expected(lake: Lake, own: pc.Expression, candidates: pa.Table) -> frozenset[str]:
    """Matches that a model expected, and that were never told."""
    if not candidates.num_rows:
        return frozenset()
    times = _integers(candidates, "time")
    near = (pc.field("time") >= int(times.min())) & (pc.field("time") <= int(times.max()))
    judged = lake.read("predictions", ["match_uid", "outcome", "basis"], own & near)
    expected = judged.filter(pc.field("basis") == Basis.EXPECTED.value)
    told = judged.filter(pc.field("outcome") == Outcome.ALERTED.value)
    return frozenset(texts(expected, "match_uid")) - frozenset(texts(told, "match_uid"))


def _unrest_around(rows: pa.Table, came: Times, unrest: Truths) -> Truths:
    """Whether a match's host had unrest less than a quarantine before or after it."""
    _, hosts = np.unique(np.array(texts(rows, "host"), str), return_inverse=True)
    since_first = came - came.min() + QUARANTINE
    # One number a host and time, so that one search finds its neighbours on the same host alone.
    places = hosts.astype(np.int64) * (since_first.max() + 2 * QUARANTINE) + since_first
    disturbed = np.sort(places[unrest])
    first = np.searchsorted(disturbed, places - QUARANTINE, "left")
    return np.asarray(first < np.searchsorted(disturbed, places + QUARANTINE, "right"), np.bool_)


def _are_in(rows: pa.Table, uids: frozenset[str]) -> Truths:
    found = pc.is_in(rows.column("match_uid"), pa.array(sorted(uids), pa.string()))
    return np.asarray(found.to_numpy(), np.bool_)


def _integers(rows: pa.Table, name: str) -> Times:
    return np.asarray(rows.column(name).to_numpy(), np.int64)
