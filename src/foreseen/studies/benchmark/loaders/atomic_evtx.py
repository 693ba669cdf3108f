"""Process creations of a Windows host: attack tests, their automation, and the system's own life.

The rules are fixed here, over the image alone: they are broad on purpose, since what is measured is
who tells their matches apart.
"""

import numpy as np
import pyarrow as pa

from foreseen.schema.arrow import AnyArray
from foreseen.studies.benchmark.dataset import Dataset, Integers
from foreseen.studies.benchmark.loaders.ancestry import ancestry_of
from foreseen.studies.benchmark.loaders.assemble import assembled, masked, part_names
from foreseen.studies.benchmark.loaders.columns import (
    MILLISECOND,
    codes,
    combined,
    in_order,
    rows_at,
    texts,
    truths,
)
from foreseen.studies.benchmark.loaders.folding import folded_each, tokens_of
from foreseen.studies.benchmark.splits import begins_of, cuts_by_sessions, parts_by_time, parts_of

COLUMNS = ("time", "session", "host", "image", "cmd", "parent", "attack", "harness")
OPTIONAL = ("user", "pcmd", "guid", "pguid", "part")
PROGRAMS = {
    "conhost": "conhost.exe",
    "rundll32": "rundll32.exe",
    "sc": "sc.exe",
    "wevtutil": "wevtutil.exe",
}
"""Programs by the rule that matches each start of them, wherever they lie."""
FROM_TEMP = "exec-from-temp"
"""Rule that matches each start of a program below a directory for temporary files."""
TEMPORARY = ("\\temp\\", "\\tmp\\", "\\systemtemp\\")

_SAME_RUN = 3_600_000
"""A session's name that comes back after a longer silence, ms, is a second run of the same test."""


def load_atomic_evtx(table: pa.Table, cuts: tuple[int, int] | None) -> Dataset:
    """The data set of a table with the columns `COLUMNS`, and perhaps `part`.

    Args:
        table: Rows in any order; `time` a timestamp or integers in ms.
        cuts: Ends of train and calibration in ms; None: after 50 % and 65 % of the sessions.

    Raises:
        MalformedInputError: A column does not hold what it must, or a part would be empty.
    """
    table, times = in_order(table, "time", MILLISECOND)
    session, runs = _sessions(texts(table, "session"), times)
    child, parent, command = (texts(table, name) for name in ("image", "parent", "cmd"))
    events = {
        "time": pa.array(times),
        "workload": texts(table, "host"),
        "session": session,
        "token": tokens_of(parent, child, command),
    }
    at, rules = _matched(child)
    begins = begins_of(times, runs)
    if "part" in table.column_names:
        needed = np.isin(np.arange(len(times)), at)
        parts = parts_of(texts(table, "part", required=False), needed)
    else:
        parts = parts_by_time(begins, *(cuts or cuts_by_sessions(begins, runs)))
    attack, harness = truths(table, "attack")[at], truths(table, "harness")[at]
    rows = rows_at(at)
    matches = {
        "event": rows,
        "rule": rules,
        "part": part_names(parts[at]),
        "malicious": pa.array(attack),
        "group": masked(session.take(rows), attack),
        "cluster": session.take(rows),
        "harness": pa.array(harness),
        "weight": pa.array(np.ones(len(at))),
    }
    return assembled("atomic-evtx", events, matches | _about(table, at))


def _about(table: pa.Table, at: Integers) -> dict[str, AnyArray]:
    """What the matches say of themselves."""
    child, parent, command = (texts(table, name) for name in ("image", "parent", "cmd"))
    user, above, own, over = (texts(table, name, required=False) for name in OPTIONAL[:4])
    parents = folded_each(parent)
    folded = {
        "user": user,
        "parent": parents,
        "child": folded_each(child),
        "command": folded_each(command, child),
        "parent_command": folded_each(above, parent),
    }
    rows = rows_at(at)
    return {name: column.take(rows) for name, column in folded.items()} | {
        "ancestry": ancestry_of(own, over, parents, at)
    }


def _sessions(names: AnyArray, times: Integers) -> tuple[AnyArray, Integers]:
    """Name and number of the session of each event: a second run under a name is another one."""
    numbers, _ = codes(names)
    order = np.argsort(numbers, kind="stable")
    same = np.diff(numbers[order], prepend=-1) == 0
    silent = same & (np.diff(times[order], prepend=times[order][:1]) > _SAME_RUN)
    silences = np.cumsum(silent)
    starts = np.flatnonzero(~same)
    lengths = np.diff(starts, append=len(order))
    runs = np.empty(len(order), np.int64)
    runs[order] = silences - np.repeat(silences[starts], lengths)
    again = np.flatnonzero(runs)
    named = np.array(names.to_pylist(), object)
    named[again] = [f"{named[row]}#{runs[row] + 1}" for row in again]
    return pa.array(named.tolist(), pa.string()), combined(numbers, runs)


def _matched(images: AnyArray) -> tuple[Integers, AnyArray]:
    """Events that match, ascending, and the rule of each; an event may match two."""
    numbers, known = codes(images)
    by_image = [_rules(image) for image in known]
    counts = np.array([len(rules) for rules in by_image], np.int64)[numbers]
    at = np.repeat(np.arange(len(numbers)), counts)
    return at, pa.array(
        [rule for number in numbers[counts > 0] for rule in by_image[number]], pa.string()
    )


def _rules(image: str) -> list[str]:
    lower = image.lower()
    program = lower.rsplit("\\", 1)[-1]
    rules = [rule for rule, name in PROGRAMS.items() if name == program]
    if any(directory in lower for directory in TEMPORARY):
        rules.append(FROM_TEMP)
    return rules
