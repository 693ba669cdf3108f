"""Recall on attack replays: a chain is caught when at least one of its matches would alert."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from foreseen.alerts.decide import Policy, Question, decide
from foreseen.core.decisions import Outcome, Stage
from foreseen.core.ids import RuleId
from foreseen.models.foresight import Foresight
from foreseen.models.ledger import upper_bound
from foreseen.models.moments.moment import Moment
from foreseen.studies.replays.chain import Replay
from foreseen.studies.words import answers

Stages = Mapping[RuleId, Stage]


@dataclass(frozen=True, slots=True)
class Recall:
    """How many chains are caught.

    Attributes:
        chains: Distinct chains.
        caught: Those that alert in every placement and run: one silent run of a chain loses it.
        lost: The others, by name.
        upper: Exact one-sided 95 % upper bound on the share of chains that are suppressed, as if
            chains were drawn alike; 1 without chains.
        placements: Runs of chains in places.
        silent: Those of them without any alert.
    """

    chains: int
    caught: int
    lost: tuple[str, ...]
    upper: float
    placements: int = 0
    silent: int = 0

    @property
    def share(self) -> float:
        """Share of chains caught; 0 without chains: nothing is shown to be caught."""
        return self.caught / self.chains if self.chains else 0.0


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms a match is told.

    Attributes:
        policy: What predictions are held to.
        stages: How far each model is trusted; a model without a stage may suppress.
        unmarked: Rules that are not marked for a model: all that they match alerts.
        silent: Rules that correlations count and nobody is told of alone.
        hidden: Matches that a suppression by hand hides, by uid.
    """

    policy: Policy
    stages: Stages = field(default_factory=dict)
    unmarked: frozenset[RuleId] = frozenset()
    silent: frozenset[RuleId] = frozenset()
    hidden: frozenset[str] = frozenset()


def recall_of(
    foresight: Foresight,
    replays: Sequence[Replay],
    *,
    budget: float,
    least_history: int,
    stages: Stages | None = None,
) -> Mapping[RuleId | None, Recall]:
    """Recall of each rule on the chains that it matches, and under None of all rules together.

    Args:
        foresight: The models; a rule without one alerts.
        replays: Runs of chains, transplanted to where the models are used; several of one chain
            count as one.
        budget: Share of expected matches that may alert.
        least_history: Expected matches on a workload below which everything alerts.
        stages: How far each model is trusted; a model without a stage may suppress.
    """
    return recall_on(foresight, replays, Terms(Policy(budget, least_history), stages or {}))


def recall_on(
    foresight: Foresight | None, replays: Sequence[Replay], terms: Terms
) -> Mapping[RuleId | None, Recall]:
    """As `recall_of`, on terms of all kinds; without models nothing is expected."""
    alerting = _alerting(foresight, replays, terms)
    told: dict[RuleId | None, dict[str, list[bool]]] = {None: {}}
    for replay in replays:
        heard = [(moment.rule, moment.uid in alerting) for moment in replay.moments]
        told[None].setdefault(replay.chain, []).append(any(alerts for _, alerts in heard))
        for rule in {moment.rule for moment in replay.moments}:
            own = any(alerts for name, alerts in heard if name == rule)
            told.setdefault(RuleId(rule), {}).setdefault(replay.chain, []).append(own)
    return {rule: _recall(by_chain) for rule, by_chain in told.items()}


def _alerting(
    foresight: Foresight | None, replays: Sequence[Replay], terms: Terms
) -> frozenset[str]:
    """Uids of the moments that would alert; each distinct one is asked once."""
    by_rule: dict[RuleId, dict[str, Moment]] = defaultdict(dict)
    for replay in replays:
        for moment in replay.moments:
            by_rule[RuleId(moment.rule)][moment.uid] = moment
    return frozenset(
        moment.uid
        for rule, found in by_rule.items()
        for moment in _told(foresight, rule, list(found.values()), terms)
    )


def _told(
    foresight: Foresight | None, rule: RuleId, moments: Sequence[Moment], terms: Terms
) -> Iterator[Moment]:
    """The moments of one rule that would alert, decided as the judge does."""
    known = foresight is not None and rule in foresight.models
    said = answers(foresight, rule, moments) if foresight else [None] * len(moments)
    for moment, answer in zip(moments, said, strict=True):
        question = Question(
            foresee=rule not in terms.unmarked,
            has_model=known,
            failed=known and answer is None,
            history=_history(foresight, moment, terms),
            prediction=answer,
            complete=True,
            incident=None,
            counted=rule in terms.silent,
            suppression=_BY_HAND if moment.uid in terms.hidden else None,
            stage=terms.stages.get(rule, Stage.SUPPRESS),
        )
        if decide(question, terms.policy)[0] is Outcome.ALERTED:
            yield moment


_BY_HAND = "by hand"


def _history(foresight: Foresight | None, moment: Moment, terms: Terms) -> int:
    """Clean history behind an answer; none where the calibration is too coarse for the budget."""
    if foresight is None or not foresight.resolves(terms.policy.budget):
        return 0
    return foresight.history(RuleId(moment.rule), moment.workload)


def _recall(by_chain: Mapping[str, Sequence[bool]]) -> Recall:
    lost = tuple(sorted(chain for chain, heard in by_chain.items() if not all(heard)))
    placements = [heard for runs in by_chain.values() for heard in runs]
    return Recall(
        chains=len(by_chain),
        caught=len(by_chain) - len(lost),
        lost=lost,
        upper=upper_bound(len(lost), len(by_chain)),
        placements=len(placements),
        silent=placements.count(False),
    )
