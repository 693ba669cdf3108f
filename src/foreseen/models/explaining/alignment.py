"""Two lists of events side by side: what is the same, what is only here, only there, or akin.

The cheapest alignment of two sequences by dynamic programming (Needleman and Wunsch 1970). Events
of one kind by one program may stand opposite each other at the price of one gap; others may not.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

LONGEST = 128
"""Latest events of a side that are compared: the cost grows with the product of both."""


class Mark(StrEnum):
    """How one place of an alignment differs."""

    SAME = "="
    AKIN = "~"
    """The same kind of event by the same program, with other arguments."""
    HERE = "+"
    THERE = "-"


@dataclass(frozen=True, slots=True)
class Step:
    """One place of an alignment; the side that lacks it has None."""

    mark: Mark
    here: str | None
    there: str | None


def aligned(here: Sequence[str], there: Sequence[str]) -> tuple[Step, ...]:
    """The cheapest alignment of the latest `LONGEST` events of both sides, oldest first.

    Read without the other side's own steps, each side is whole and in order. The same input gives
    the same alignment.
    """
    left, right = tuple(here[-LONGEST:]), tuple(there[-LONGEST:])
    return tuple(_steps(left, right, _costs(left, right)))


def cost(steps: Sequence[Step]) -> int:
    """Steps that are not the same."""
    return sum(step.mark is not Mark.SAME for step in steps)


def _costs(left: Sequence[str], right: Sequence[str]) -> list[list[int]]:
    """`costs[i][j]`: cheapest way to align `left[i:]` with `right[j:]`."""
    width = len(right)
    costs = [[0] * width + [0] for _ in range(len(left) + 1)]
    costs[-1] = [width - j for j in range(width + 1)]
    for i in range(len(left) - 1, -1, -1):
        row, below = costs[i], costs[i + 1]
        row[width] = below[width] + 1
        for j in range(width - 1, -1, -1):
            gap = min(below[j], row[j + 1]) + 1
            across = _across(left[i], right[j])
            row[j] = gap if across is None else min(below[j + 1] + across, gap)
    return costs


def _steps(
    left: Sequence[str], right: Sequence[str], costs: Sequence[Sequence[int]]
) -> Iterator[Step]:
    """Walk the cheapest way; opposite each other goes before a gap, theirs before ours."""
    i = j = 0
    while i < len(left) or j < len(right):
        if i < len(left) and j < len(right):
            across = _across(left[i], right[j])
            if across is not None and costs[i][j] == costs[i + 1][j + 1] + across:
                yield Step(Mark.AKIN if across else Mark.SAME, left[i], right[j])
                i, j = i + 1, j + 1
                continue
        if j < len(right) and costs[i][j] == costs[i][j + 1] + 1:
            yield Step(Mark.THERE, None, right[j])
            j += 1
        else:
            yield Step(Mark.HERE, left[i], None)
            i += 1


def _across(left: str, right: str) -> int | None:
    """Price of standing opposite each other; None where two events have nothing in common."""
    if left == right:
        return 0
    return 1 if left.split(" ", 2)[:2] == right.split(" ", 2)[:2] else None
