"""Judges in processes or on machines of their own, as their worker sees them."""

import logging
import time
from collections.abc import Mapping, Sequence

import orjson
import pyarrow as pa

from foreseen.alerts.stories import FORGOTTEN_PEOPLE, Stories
from foreseen.core.errors import TransientError
from foreseen.core.ids import content_hash
from foreseen.pipeline.artefacts import JudgeArtefacts
from foreseen.pipeline.judge import JudgeBatch, JudgeOut, batch_of, due_at, with_stories
from foreseen.pipeline.judge_states import divided_state, joined
from foreseen.pipeline.judges import Shares, apart, crosses_workloads, divided, put_together
from foreseen.pipeline.open_streams import FORGOTTEN, JudgeState
from foreseen.pipeline.snapshots import Judges, dump_judge, dump_judges, load_judges
from foreseen.pipeline.workloads import Workloads
from foreseen.rules.correlation.state import CorrelationState, lost_of, next_due
from foreseen.runners.judges.serving import BeginJudge, Decide, Exchange, Said
from foreseen.runners.links.link import HUNG_SECONDS, Elsewhere, answer_of

log = logging.getLogger("foreseen.judge")


class Apart:
    """Divides each batch among judges, and puts together what they say."""

    def __init__(
        self,
        elsewhere: Elsewhere,
        count: int,
        content: bytes | None,
        artefacts: JudgeArtefacts,
        workloads: Workloads,
    ) -> None:
        """Begin the judges.

        Args:
            elsewhere: Begins them.
            count: How many.
            content: A snapshot, whoever made it; None: they begin with nothing.
            artefacts: To begin with.
            workloads: Which workload a host plays.

        Raises:
            CorruptError: The snapshot cannot be read.
            TransientError: They cannot begin now.
        """
        self._division = f"{count}/{content_hash(orjson.dumps(dict(workloads.patterns)))}"
        known = _divided(content, count, self._division, workloads)
        self._correlations, self._used = known.correlations, artefacts
        self._stories = known.stories
        self._workloads = workloads
        self._crossing: tuple[str, ...] = ()
        self._states = [dump_judge(state) for state in known.states]
        self._lost: list[Mapping[tuple[str, str], int]] = [state.lost() for state in known.states]
        self._asked: Shares | None = None
        self._said: dict[int, Said] = {}
        self._since = 0.0
        sent = apart(artefacts, count)
        self._tell_crossing(artefacts, count)
        names = [f"judge {number + 1} of {count}" for number in range(count)]
        begins = [
            BeginJudge(name, state, sent) for name, state in zip(names, self._states, strict=True)
        ]
        self._links = elsewhere(begins)

    @property
    def process_ids(self) -> Sequence[int]:
        """Processes of the judges on this machine."""
        return self._links.process_ids

    @property
    def due(self) -> int | None:
        """As of `Deciders`; so is the rest."""
        return next_due(self._correlations)

    def ask(
        self,
        matches: pa.Table,
        artefacts: JudgeArtefacts,
        now: int | None = None,
        since: int | None = None,
    ) -> None:
        """Divide a batch."""
        self._ask(batch_of(self._correlations, matches, artefacts, now, since), artefacts)

    def ask_last(self, artefacts: JudgeArtefacts) -> None:
        """Divide what waited."""
        self._ask(due_at(self._correlations, None, artefacts), artefacts)

    def answered(self, patience: float | None = None) -> JudgeOut | None:
        """What they gave, put together once all have answered."""
        if self._asked is None:
            raise RuntimeError("no judge was asked")
        while owing := [n for n in range(len(self._links)) if n not in self._said]:
            spoken = self._links.speaking(owing, HUNG_SECONDS if patience is None else patience)
            for number in spoken:
                self._hear(number)
            if not spoken:
                if time.monotonic() - self._since > HUNG_SECONDS:
                    raise TransientError(f"judges have not answered for {HUNG_SECONDS:.0f} s")
                if patience is not None:
                    return None
        asked, said = self._asked, [self._said[n] for n in range(len(self._links))]
        self._asked = None
        out = put_together(asked, [each.out for each in said])
        return with_stories(self._stories, out, self._used)

    def dump(self) -> bytes:
        """One snapshot of all."""
        return dump_judges(self._correlations, self._stories, self._states, self._division)

    def lost(self) -> Mapping[tuple[str, str], int]:
        """What they say; what all see alike is counted once."""
        found = {(f"correlation {n}", r): c for (n, r), c in lost_of(self._correlations).items()}
        if self._stories.forgotten:
            found["stories", FORGOTTEN_PEOPLE] = self._stories.forgotten
        for each in self._lost:
            for (what, reason), count in each.items():
                before = found.get((what, reason), 0)
                found[what, reason] = max(before, count) if reason == FORGOTTEN else before + count
        return found

    def close(self) -> None:
        """End them at once."""
        self._links.close()

    def _ask(self, batch: JudgeBatch, artefacts: JudgeArtefacts) -> None:
        if artefacts is not self._used:
            self._tell_crossing(artefacts, len(self._links))
            sent = Exchange(apart(artefacts, len(self._links)))
            for number in range(len(self._links)):
                self._links.say(number, sent)
            self._used = artefacts
        self._asked, self._said = divided(batch, len(self._links), self._workloads.of), {}
        self._since = time.monotonic()
        for number, part in enumerate(self._asked.parts):
            self._links.say(number, Decide.of(part))

    def _hear(self, number: int) -> None:
        said = answer_of(self._links, number)
        if not isinstance(said, Said):
            raise TypeError(f"{said!r} is nothing that a judge says")
        self._said[number], self._states[number] = said, said.state
        self._lost[number] = said.lost

    def _tell_crossing(self, artefacts: JudgeArtefacts, count: int) -> None:
        """Rules whose thresholds no one of several judges can count, when there are new ones."""
        names = tuple(sorted(n for n, rule in artefacts.rules.items() if crosses_workloads(rule)))
        known, self._crossing = self._crossing, names
        if count > 1 and set(names) - set(known):
            log.warning(
                "%d judges: the thresholds of %s count matches of different workloads together, "
                "which no one judge sees; each of their matches alerts by itself",
                count,
                ", ".join(names),
            )


def _divided(
    content: bytes | None,
    count: int,
    division: str,
    workloads: Workloads,
) -> Judges:
    """Judges in the division that is wanted now."""
    if content is None:
        return Judges(CorrelationState(), Stories(), [JudgeState() for _ in range(count)], division)
    known = load_judges(content)
    if known.division == division:
        return known
    whole = joined(known.states)
    states = divided_state(whole, count, workloads.of)
    return Judges(known.correlations, known.stories, states, division)
