"""What a rule's model must show before it is trusted: figures in, a sentence a gate out. Pure.

A model that fails a gate observes: it predicts, and every match of its rule alerts. The bars are
stated below with the reason of each; none was set by looking at what it does to a test part.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from foreseen.core.ids import RuleId
from foreseen.models.explaining.phrases import several
from foreseen.models.ledger import upper_bound
from foreseen.models.moments.moment import Moment
from foreseen.models.rehearsal import surely_above
from foreseen.studies.replays.recall import Recall

_DAY = 24 * 60 * 60 * 1000
_NO_BAR = 1e9  # a number, for settings are kept as JSON, which has no infinity


@dataclass(frozen=True, slots=True)
class Bars:
    """How much is enough.

    Attributes:
        least_matches: Clean matches of a rule. Of n that were all alike, at most 3/n of the next
            ones are of another kind (95 %): 60 leave a twentieth open.
        excess: How many times the promised share may alert of what calibrated nothing, all rules
            together: the promise is theirs together.
        most_alerted: Share of such matches that one rule may alert on. A model that is more often
            wrong than right has not learned the rule's habits; below that, to silence nothing would
            only make it worse.
        least_strangers: Share of strangers (matches of other workloads put here, and matches put
            together from parts) that the models must alert on: models that expect anything pass all
            the rest.
        most_suppressed: Upper bound (95 %) on the share of attack chains that are suppressed. Seven
            chains, all caught, show as much.
        agreement: How long a model assists before it may suppress, ms.
        least_judged: Matches that it must have judged in that time.
    """

    least_matches: int = 60
    excess: float = 2.0
    most_alerted: float = 0.5
    least_strangers: float = 0.5
    most_suppressed: float = 0.35
    agreement: int = 7 * _DAY
    least_judged: int = 30

    @classmethod
    def none(cls) -> "Bars":
        """Bars that any model clears, for tests of what comes after the gates."""
        return cls(0, _NO_BAR, 1.0, 0.0, 1.0)

    @property
    def least_chains(self) -> int:
        """Chains of its own by which a rule is measured; with fewer no model could pass."""
        chains = 1
        while 1 - 0.05 ** (1 / chains) > self.most_suppressed:
            chains += 1
        return chains


@dataclass(frozen=True, slots=True)
class Gate:
    """What one gate says of one rule's model."""

    name: str
    passed: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What a version's models have shown.

    Attributes:
        history: Clean matches that they learned from, by rule.
        budget: Share of expected matches that may alert.
        least_history: Clean matches on a workload below which everything alerts.
        resolution: The smallest share that the calibration can tell.
        realised: Matches that a rule's members had not seen, and how many of them would have
            alerted at the budget.
        strangers: Share of strangers that would alert.
        recall: Recall on gate replays of all rules together.
        chains: Those of its chains that a rule matches.
    """

    history: Mapping[RuleId, Sequence[Moment]]
    budget: float
    least_history: int
    resolution: float
    realised: Mapping[RuleId, tuple[int, int]]
    strangers: float
    recall: Recall
    chains: Mapping[RuleId, Collection[str]]


def gates_of(rule: RuleId, shown: Shown, bars: Bars) -> tuple[Gate, ...]:
    """What every gate says of one rule's model."""
    return (
        _history(shown.history.get(rule, ()), shown.least_history, bars),
        _calibration(rule, shown, bars),
        _strangers(shown.strangers, bars),
        _recall(shown.recall, shown.chains.get(rule, ()), bars),
    )


def _history(moments: Sequence[Moment], least: int, bars: Bars) -> Gate:
    by_workload: dict[str, int] = {}
    for moment in moments:
        by_workload[moment.workload] = by_workload.get(moment.workload, 0) + 1
    ready = sum(count >= least for count in by_workload.values())
    days = len({moment.time // _DAY for moment in moments})
    return Gate(
        "clean history",
        len(moments) >= bars.least_matches and ready > 0,
        f"{several(len(moments), 'clean match', 'clean matches')} on {several(days, 'day')} and"
        f" {several(len(by_workload), 'workload')}, {ready} of them with {least} or more;"
        f" needed: {bars.least_matches:,}, and one such workload.",
    )


def _calibration(rule: RuleId, shown: Shown, bars: Bars) -> Gate:
    judged, alerted = shown.realised.get(rule, (0, 0))
    every, told = (sum(each) for each in zip((0, 0), *shown.realised.values(), strict=True))
    fine = shown.resolution < shown.budget
    kept = every > 0 and not surely_above(told, every, bars.excess * shown.budget)
    right = judged > 0 and not surely_above(alerted, judged, bars.most_alerted)
    return Gate(
        "calibration",
        fine and kept and right,
        f"{told:,} of {several(every, 'match', 'matches')} of all rules that calibrated nothing"
        f" would have alerted ({_share(told, every)}); {shown.budget:.2%} is promised, and"
        f" {bars.excess:g} times as many are the most. Of this rule {alerted:,} of {judged:,}"
        f" ({_share(alerted, judged)}); {bars.most_alerted:.0%} is the most. The calibration"
        f" tells shares down to {shown.resolution:.2%}.",
    )


def _strangers(share: float, bars: Bars) -> Gate:
    return Gate(
        "strangers",
        share >= bars.least_strangers,
        f"{share:.0%} of matches that do not belong here would alert; {bars.least_strangers:.0%}"
        " are needed.",
    )


def _recall(recall: Recall, own: Collection[str], bars: Bars) -> Gate:
    """Chains with matches of the rule, if they are enough, else all; any rule may catch them."""
    chains, lost, whose = recall.chains, list(recall.lost), ""
    if len(own) >= bars.least_chains:
        chains, lost = len(own), sorted(set(recall.lost) & set(own))
        whose = " with matches of this rule"
    if not chains:
        return Gate("recall", passed=False, sentence="No attack replay could be put here.")
    caught, upper = chains - len(lost), upper_bound(len(lost), chains)
    told = f" Lost: {', '.join(lost)}." if lost else ""
    return Gate(
        "recall",
        upper <= bars.most_suppressed,
        f"{caught} of {several(chains, 'attack chain')}{whose} {'is' if caught == 1 else 'are'}"
        f" caught, so at most {upper:.0%} are suppressed (95 %); {bars.most_suppressed:.0%} is the"
        f" most.{told}",
    )


def lost_chains(new: Recall, old: Recall) -> list[str]:
    """Chains that the old models caught and the new ones lose."""
    return sorted(set(new.lost) - set(old.lost))


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "none"
