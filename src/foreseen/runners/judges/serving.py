"""The far side of a judge that works elsewhere, and what is said to it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

from foreseen import __version__
from foreseen.core.errors import CorruptError
from foreseen.pipeline.artefacts import JudgeArtefacts
from foreseen.pipeline.correlated import Correlated, Firings
from foreseen.pipeline.judge import JudgeBatch, JudgeOut, Taught, judged
from foreseen.pipeline.snapshots import dump_judge, load_judge
from foreseen.rules.ruleset import SEMANTICS
from foreseen.runners.links.tables import packed, unpacked
from foreseen.schema.arrow import MATCH_SCHEMA

VERSION = f"{__version__}/{SEMANTICS}"


@dataclass(frozen=True, slots=True)
class Decide:
    """Decide a batch: this judge's matches as an Arrow stream, and what others saw meanwhile."""

    rows: bytes
    firings: Firings
    taught: Taught

    @classmethod
    def of(cls, batch: JudgeBatch) -> Self:
        """The batch as it is sent: a slice without what it is a slice of."""
        correlated = batch.correlated
        return cls(packed(correlated.matches), correlated.firings, batch.taught)

    def batch(self) -> JudgeBatch:
        """The batch as it was."""
        return JudgeBatch(Correlated(unpacked(self.rows), self.firings), self.taught)


@dataclass(frozen=True, slots=True)
class Exchange:
    """Decide with these artefacts from the next batch on."""

    artefacts: JudgeArtefacts


@dataclass(frozen=True, slots=True)
class Said:
    """An answer.

    Attributes:
        out: What became of the batch, without the matches, which the other side has.
        state: The judge's snapshot after it.
        lost: What it could not count.
    """

    out: JudgeOut
    state: bytes
    lost: Mapping[tuple[str, str], int]

    @classmethod
    def of(cls, out: JudgeOut, state: bytes, lost: Mapping[tuple[str, str], int]) -> Self:
        """The answer as it is sent: of errors their words, for not every error can travel."""
        failures = {name: _words(error) for name, error in out.failures.items()}
        revisions = [
            replace(each, failure=each.failure and _words(each.failure)) for each in out.revisions
        ]
        nothing = MATCH_SCHEMA.empty_table()
        sent = replace(out, matches=nothing, failures=failures, revisions=revisions)
        return cls(sent, state, lost)


def _words(error: Exception) -> Exception:
    return RuntimeError(repr(error))


@dataclass(frozen=True, slots=True)
class BeginJudge:
    """What a judge needs to begin.

    Attributes:
        name: For messages to people.
        state: Its snapshot.
        artefacts: To begin with.
        version: Of this side: both have to decide alike.
        is_light: It takes no core from the shards: a cluster may place it beside them.
    """

    name: str
    state: bytes
    artefacts: JudgeArtefacts
    version: str = VERSION
    is_light: bool = True

    def opened(self) -> "ServedJudge":
        """Begin where this is.

        Raises:
            CorruptError: The state cannot be read, or the other side is another version.
        """
        if self.version != VERSION:
            raise CorruptError(
                f"{self.name} runs Foreseen {VERSION} where its worker is {self.version}: install"
                " the same on all machines"
            )
        return ServedJudge(self)


class ServedJudge:
    """A judge that does what it is told."""

    def __init__(self, begin: BeginJudge) -> None:
        """Load the state; raises as `BeginJudge.opened`."""
        self._state, self._artefacts = load_judge(begin.state), begin.artefacts

    def answer(self, message: object) -> Said | None:
        """What becomes of a message; None: there is nothing to say."""
        match message:
            case Decide() as asked:
                out = judged(self._state, asked.batch(), self._artefacts)
                return Said.of(out, dump_judge(self._state), self._state.lost())
            case Exchange(artefacts):
                self._artefacts = artefacts
                return None
            case _:
                raise TypeError(f"{message!r} is nothing that is said to a judge")
