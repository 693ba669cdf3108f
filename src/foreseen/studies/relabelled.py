"""Matches that a rule as it is now would still make: what an edit excludes teaches no more."""

from collections.abc import Collection

import numpy as np
import pyarrow as pa

from foreseen.rules import RuleSet
from foreseen.schema.arrow import texts
from foreseen.schema.columns import MATCH_COLUMNS


def still_matching(
    matches: pa.Table, rules: RuleSet, besides: Collection[str] = frozenset()
) -> pa.Table:
    """Rows of the matches table that the rules as they are now would label so.

    Only rows that another rule set labelled are asked again. What cannot be asked stays as it is:
    rules that look at what matches do not keep (the raw line), and ids that are no rules of single
    events (correlations, rules that are gone).

    Args:
        matches: Rows with all columns of the matches table.
        rules: Rules in use.
        besides: Uids of matches that stay in any case: they say something else than what to learn.
    """
    labelled_by = np.array(texts(matches, "ruleset_hash"), str)
    names = np.array(texts(matches, "rule_id"), str)
    askable = [str(rule.id) for rule in rules.rules if not set(rule.columns) - _KEPT]
    others = (labelled_by != rules.hash) & (labelled_by != "")
    asked = others & np.isin(names, askable)
    if not asked.any():
        return matches
    holds = ~asked
    holds[asked] = _holds(matches.filter(pa.array(asked)), rules)
    holds |= np.isin(np.array(texts(matches, "match_uid"), str), sorted(besides))
    return matches.filter(pa.array(holds))


def _holds(rows: pa.Table, rules: RuleSet) -> list[bool]:
    """Whether each row's rule still matches its event."""
    held: list[bool] = []
    for batch in rows.combine_chunks().to_batches(max_chunksize=_ROWS):
        names, labels = texts(batch, "rule_id"), rules.label(batch).to_pylist()
        held += [name in (given or ()) for name, given in zip(names, labels, strict=True)]
    return held


_ROWS = 50_000
_KEPT = {column.name for column in MATCH_COLUMNS}
