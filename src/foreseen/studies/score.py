"""Score suppression against ground truth: benign matches suppressed, attack chains found."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from foreseen.core.errors import MalformedInputError
from foreseen.studies.truth import Attack


@dataclass(frozen=True, slots=True)
class Score:
    """One method on one recording.

    Attributes:
        benign: Benign matches.
        suppressed: Benign matches suppressed.
        attacks: Matches of attack events.
        alerted: Attack matches that alerted.
        chains: By chain: runs with at least one alert, and all runs.
    """

    benign: int
    suppressed: int
    attacks: int
    alerted: int
    chains: Mapping[str, tuple[int, int]]

    @property
    def benign_suppressed(self) -> float:
        """Share of benign matches suppressed, 0 when there are none."""
        return self.suppressed / self.benign if self.benign else 0.0

    @property
    def chains_found(self) -> int:
        """Chains with at least one alert."""
        return sum(found > 0 for found, _ in self.chains.values())

    @property
    def runs(self) -> tuple[int, int]:
        """Attack runs with at least one alert, and all runs."""
        found = sum(found for found, _ in self.chains.values())
        return found, sum(count for _, count in self.chains.values())


def score(
    silenced: Sequence[bool], attacks: Sequence[Attack | None], runs: Mapping[str, str]
) -> Score:
    """Score one method.

    Args:
        silenced: Whether each match was suppressed.
        attacks: The attack that each match belongs to; None where it is benign.
        runs: Chain by run, of all runs: one without a single match is missed as well.

    Raises:
        MalformedInputError: A label names a run that `runs` does not have.
    """
    found: dict[str, bool] = dict.fromkeys(runs, False)
    benign = suppressed = hostile = alerted = 0
    for silent, attack in zip(silenced, attacks, strict=True):
        if attack is None:
            benign += 1
            suppressed += silent
            continue
        if attack.run not in found:
            raise MalformedInputError(f"labels name run {attack.run}, the list of runs does not")
        hostile += 1
        alerted += not silent
        found[attack.run] = found[attack.run] or not silent
    chains: dict[str, list[bool]] = defaultdict(list)
    for run, hit in found.items():
        chains[runs[run]].append(hit)
    return Score(
        benign=benign,
        suppressed=suppressed,
        attacks=hostile,
        alerted=alerted,
        chains={chain: (sum(hits), len(hits)) for chain, hits in sorted(chains.items())},
    )
