"""Compiled rules on a batch, in two passes: a quick one of what is telling, then the exact one."""

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa

from foreseen.rules.engine.kernels import Codes, array_of
from foreseen.rules.engine.loosened import loosened
from foreseen.rules.engine.matcher import Matcher
from foreseen.rules.engine.plans import Wanted
from foreseen.rules.engine.scan import Store
from foreseen.rules.places import EventKind, Place


class Engine:
    """Labels batches.

    The first pass asks *loosened* rules without their least telling atoms; only events that one of
    those matches are asked the whole rule.
    """

    def __init__(
        self, wanted: Sequence[Wanted], store: Store | None = None, *, fallback: bool = False
    ) -> None:
        """For rules in order; a rule is its place in it.

        Args:
            wanted: Gates and tree of each rule.
            store: Keeps compiled databases between runs.
            fallback: Answer without Hyperscan.
        """
        first = list(wanted)
        loose = []
        for rule, each in enumerate(wanted):
            tree = loosened(each.tree)
            if tree is not None:
                first[rule] = Wanted(each.gates, tree)
                loose.append(rule)
        self._first = Matcher(first, store, fallback=fallback)
        self._exact = Matcher([wanted[rule] for rule in loose], store, fallback=fallback)
        self._loose: Codes = np.array(loose, np.int64)
        self._is_loose = np.isin(np.arange(len(first)), self._loose)

    def matches(self, batch: pa.RecordBatch) -> tuple[Codes, Codes]:
        """Matches as pairs of (row, rule), sorted by row, then by rule."""
        rows, rules = self._first.matches(batch)
        open_ = self._is_loose[rules]
        if not open_.any():
            return rows, rules
        asked = np.unique(rows[open_])
        places, exact = self._exact.matches(batch.take(array_of(asked)))
        rows = np.concatenate((rows[~open_], asked[places]))
        rules = np.concatenate((rules[~open_], self._loose[exact]))
        order = np.lexsort((rules, rows))
        return rows[order], rules[order]

    def reachable(self, kind: EventKind, has: Callable[[Place], bool]) -> set[int]:
        """Rules that an event of a kind may match if it has values at these places only."""
        whole = {r for r in self._first.reachable(kind, has) if not self._is_loose[r]}
        return whole | {int(self._loose[r]) for r in self._exact.reachable(kind, has)}

    @property
    def hits(self) -> Codes:
        """For each rule how many events matched."""
        hits = self._first.hits.copy()
        hits[self._loose] = self._exact.hits
        return hits

    @property
    def trials(self) -> Codes:
        """For each rule on how many combinations of values a tree was evaluated: its cost."""
        trials = self._first.trials.copy()
        trials[self._loose] += self._exact.trials
        return trials

    @property
    def bytes(self) -> int:
        """Estimate of what is remembered."""
        return self._first.bytes + self._exact.bytes

    def forget(self) -> None:
        """Empty the memory: it changes the speed only."""
        self._first.forget()
        self._exact.forget()
