"""Who decides matches for the worker, and the one that does it in the worker's own thread."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import pyarrow as pa

from foreseen.pipeline.artefacts import JudgeArtefacts
from foreseen.pipeline.judge import JudgeOut, pass_time, step
from foreseen.pipeline.judge_states import joined
from foreseen.pipeline.open_streams import JudgeState
from foreseen.pipeline.snapshots import dump_judge, load_judges
from foreseen.rules.correlation.state import next_due


class Deciders(Protocol):
    """One batch at a time: what is asked must be answered before the next is asked."""

    @property
    def process_ids(self) -> Sequence[int]:
        """Processes of judges on this machine; none when they work in the worker's own."""
        ...

    @property
    def due(self) -> int | None:
        """When something that waits for a time is due, ms UTC; None: nothing waits."""
        ...

    def ask(
        self,
        matches: pa.Table,
        artefacts: JudgeArtefacts,
        now: int | None = None,
        since: int | None = None,
    ) -> None:
        """Have a batch decided, as `pipeline.judge.step` does; raises TransientError if lost."""
        ...

    def ask_last(self, artefacts: JudgeArtefacts) -> None:
        """Have what waits for a time decided, for there will be no more matches."""
        ...

    def answered(self, patience: float | None = None) -> JudgeOut | None:
        """What became of what was asked.

        Args:
            patience: For how long to wait, seconds; None: until it is there.

        Returns:
            None: It is not there yet.

        Raises:
            TransientError: A judge was lost: begin another one from what the stores know.
            CorruptError: A judge cannot go on.
        """
        ...

    def dump(self) -> bytes:
        """The state after the last answer."""
        ...

    def lost(self) -> Mapping[tuple[str, str], int]:
        """What could not be counted, by what it concerns and reason."""
        ...

    def close(self) -> None:
        """End what works elsewhere."""
        ...


class Here:
    """One judge in the worker's own thread."""

    def __init__(self, content: bytes | None) -> None:
        """From a snapshot, whoever made it; None: at the beginning.

        Raises:
            CorruptError: It cannot be read.
        """
        self._state = JudgeState()
        self._out: JudgeOut | None = None
        if content is not None:
            known = load_judges(content)
            self._state = joined(known.states)
            self._state.correlations, self._state.stories = known.correlations, known.stories

    @property
    def process_ids(self) -> Sequence[int]:
        """None of its own; as of `Deciders`, and so is the rest."""
        return []

    @property
    def due(self) -> int | None:
        """What correlations wait for."""
        return next_due(self._state.correlations)

    def ask(
        self,
        matches: pa.Table,
        artefacts: JudgeArtefacts,
        now: int | None = None,
        since: int | None = None,
    ) -> None:
        """Decide at once."""
        self._state, self._out = step(self._state, matches, artefacts, now, since)

    def ask_last(self, artefacts: JudgeArtefacts) -> None:
        """Decide at once."""
        self._state, self._out = pass_time(self._state, None, artefacts)

    def answered(self, patience: float | None = None) -> JudgeOut | None:  # noqa: ARG002 (is there)
        """What was decided."""
        return self._out

    def dump(self) -> bytes:
        """One judge's snapshot."""
        return dump_judge(self._state)

    def lost(self) -> Mapping[tuple[str, str], int]:
        """What it says."""
        return self._state.lost()

    def close(self) -> None:
        """There is nothing to end."""
