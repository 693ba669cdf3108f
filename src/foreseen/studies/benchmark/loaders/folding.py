"""Whole columns folded: each distinct text or act once, however many events repeat it."""

import numpy as np
import pyarrow as pa

from foreseen.schema.arrow import AnyArray
from foreseen.studies.benchmark.dataset import Integers
from foreseen.studies.benchmark.loaders.columns import codes, combined, rows_at
from foreseen.studies.benchmark.loaders.commands import act, folded_command, is_windows


def folded_each(column: AnyArray, image: AnyArray | None = None) -> AnyArray:
    """A column of command lines or paths, each folded; null stays null.

    Args:
        column: Texts.
        image: Paths of the programs: where one is known, it tells which system's line it is.
    """
    numbers, known = codes(column)
    windows = _of_windows(image) if image is not None else np.full(len(column), -1, np.int64)
    _, first, inverse = np.unique(
        combined(numbers, windows), return_index=True, return_inverse=True
    )
    folded = [
        folded_command(
            known[numbers[row]], windows=bool(windows[row]) if windows[row] >= 0 else None
        )
        if numbers[row] >= 0
        else None
        for row in first
    ]
    return pa.array(folded, pa.string()).take(rows_at(np.asarray(inverse, np.int64)))


def tokens_of(parent: AnyArray, child: AnyArray, command: AnyArray) -> AnyArray:
    """One token an event: who started what, and how."""
    columns = [codes(column) for column in (parent, child, command)]
    keys = combined(*(numbers for numbers, _ in columns))
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    made = [
        act(*(known[numbers[row]] if numbers[row] >= 0 else None for numbers, known in columns))
        for row in first
    ]
    return pa.array(made, pa.string()).take(rows_at(np.asarray(inverse, np.int64)))


def _of_windows(image: AnyArray) -> Integers:
    """1 for paths of Windows, 0 for others, -1 where there is none."""
    numbers, known = codes(image)
    looks = np.array([*(is_windows(path) for path in known), -1], np.int64)
    return looks[numbers]  # null is -1 there as well: the last
