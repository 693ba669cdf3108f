"""Who is above whom, out of the names that processes and their parents have."""

import pyarrow as pa

from foreseen.schema.arrow import AnyArray
from foreseen.studies.benchmark.dataset import Integers

DEPTH = 4


def ancestry_of(own: AnyArray, above: AnyArray, parents: AnyArray, at: Integers) -> AnyArray:
    """Images of the parents of some events, nearest first, as far as the data have them.

    Args:
        own: Name of the process that each event starts.
        above: Name of its parent.
        parents: Image of its parent.
        at: Events asked about.

    Returns:
        Lists of at most `DEPTH` texts.
    """
    names, over, images = own.to_pylist(), above.to_pylist(), parents.to_pylist()
    started = {name: row for row, name in enumerate(names) if name is not None}
    lines = []
    for event in at.tolist():
        line: list[str] = []
        row: int | None = event
        while row is not None and len(line) < DEPTH and (image := images[row]) is not None:
            line.append(image)
            row = started.get(over[row])
        lines.append(line)
    return pa.array(lines, pa.list_(pa.string()))
