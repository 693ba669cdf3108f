"""The latest benign matches of each rule on each workload: all that transplanting needs."""

from collections.abc import Collection
from typing import Any

import numpy as np
import pyarrow as pa

from foreseen.rules.engine.kernels import compute as pc
from foreseen.rules.engine.kernels import truth_of
from foreseen.schema.arrow import integers


def latest(matches: pa.Table, most: int, kept: Collection[str] = ()) -> pa.Table:
    """Rows of the matches table: of each rule and workload the latest ones, in the order given.

    Args:
        matches: Rows with `rule_id`, `workload`, `time` and `match_uid`.
        most: Rows of a rule on a workload.
        kept: Uids of rows that stay whatever their time is.
    """
    codes = np.zeros(matches.num_rows, np.int64)
    for name in ("rule_id", "workload"):
        column: Any = matches.column(name).combine_chunks()
        encoded = column.fill_null("").dictionary_encode()
        codes = codes * (len(encoded.dictionary) + 1) + encoded.indices.to_numpy()
    times = np.asarray(integers(matches, "time"), np.int64)
    order = np.lexsort((times, codes))
    ordered = codes[order]
    after = np.searchsorted(ordered, ordered, side="right") - 1 - np.arange(len(order))
    wanted = np.zeros(matches.num_rows, np.bool_)
    wanted[order] = after < most
    if kept:
        named = pc.is_in(matches.column("match_uid"), pa.array(sorted(kept), pa.string()))
        wanted |= truth_of(named)
    return matches.filter(pa.array(wanted))
