"""Things measured in turns, so that what else the machine does hits all of them alike."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from measure import seconds
from rules_bars import Series


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to measure.

    Attributes:
        name: For figures.
        title: For people.
        units: Events that a run handles.
        run: What is timed.
        prepare: Done before each run, not timed.
        rounds: In how many rounds at most; for what takes long.
        times: Runs a round, of which the shortest counts; for what is over at once. More than one
            only where a run leaves nothing behind that makes the next one shorter.
    """

    name: str
    title: str
    units: int
    run: Callable[[], object]
    prepare: Callable[[], object] = lambda: None
    rounds: int = 1_000
    times: int = 1


def measured(tasks: Sequence[Task], rounds: int) -> dict[str, Series]:
    """Run every task once a round, in their order; CPU time of this process, all its threads."""
    taken: dict[str, list[float]] = {task.name: [] for task in tasks}
    for number in range(rounds):
        progress(f"round {number + 1} of {rounds}")
        for task in tasks:
            if number < task.rounds:
                task.prepare()
                taken[task.name].append(seconds(task.run, times=task.times))
    return {task.name: Series(task.title, task.units, tuple(taken[task.name])) for task in tasks}


def progress(text: str) -> None:
    """Say on stderr what goes on."""
    sys.stderr.write(f"bench-rules: {text}\n")
    sys.stderr.flush()
