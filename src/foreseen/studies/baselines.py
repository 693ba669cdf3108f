"""Baselines that a model must beat: what people do without one."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa

from foreseen.models.moments.moment import Moment
from foreseen.models.training import FIT_SHARE

Key = tuple[str, ...]
Silences = Callable[[Sequence[Moment], Sequence[Moment], float], list[bool]]
"""Given clean history, later matches and a budget: which of the later ones are suppressed."""


def alert_on_all(history: Sequence[Moment], later: Sequence[Moment], budget: float) -> list[bool]:
    """No suppression at all."""
    del history, budget
    return [False] * len(later)


def exact_allowlist(history: pa.Table, later: pa.Table) -> list[bool]:
    """Suppress what this rule saw letter for letter: command line, file and destination.

    Args:
        history: Rows of the matches table that are clean.
        later: Rows to decide.
    """
    known = set(_letters(history))
    return [letters in known for letters in _letters(later)]


def _letters(matches: pa.Table) -> Iterator[tuple[object, ...]]:
    return zip(*(matches.column(name).to_pylist() for name in _EXACT), strict=True)


_EXACT = ("rule_id", "process_cmd_line", "file_path", "dst_ip", "dst_port")


def allowlist(history: Sequence[Moment], later: Sequence[Moment], budget: float) -> list[bool]:
    """Suppress the exact command that this rule saw on any workload, numbers folded."""
    del budget
    known = {(moment.rule, moment.act.exact) for moment in history}
    return [(moment.rule, moment.act.exact) in known for moment in later]


def first_seen(history: Sequence[Moment], later: Sequence[Moment], budget: float) -> list[bool]:
    """Suppress a program that this rule saw on this workload before."""
    del budget
    known = {(moment.rule, moment.workload, moment.act.kind) for moment in history}
    return [(moment.rule, moment.workload, moment.act.kind) in known for moment in later]


def parent_child(history: Sequence[Moment], later: Sequence[Moment], budget: float) -> list[bool]:
    """Suppress a frequent parent > child; the frequency is set on the later part of the history."""
    ordered = sorted(history, key=lambda moment: moment.time)
    cut = int(len(ordered) * FIT_SHARE)
    early = Counter(map(_pair, ordered[:cut]))
    held_back = np.sort([early[_pair(moment)] for moment in ordered[cut:]])
    least = int(held_back[int(len(held_back) * budget)]) if len(held_back) else 0
    counts = Counter(map(_pair, ordered))
    return [counts[_pair(moment)] >= max(least, 1) for moment in later]


def _pair(moment: Moment) -> Key:
    parent = moment.ancestry[0] if moment.ancestry else "?"
    return (moment.rule, moment.workload, parent, moment.act.kind)


BASELINES: Mapping[str, Silences] = {
    "alert on all": alert_on_all,
    "command allowlist, folded": allowlist,
    "first seen per workload": first_seen,
    "parent > child frequency": parent_child,
}
