"""Of recorded attacks the smallest share at which each is told of: by rule, and all together."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from foreseen.core.ids import RuleId
from foreseen.models.budget import weakest_words
from foreseen.models.foresight import Foresight
from foreseen.models.moments.moment import Moment
from foreseen.studies.replays.chain import Replay


@dataclass(frozen=True, slots=True)
class AttackWords:
    """Of each chain the smallest share at which every run of it alerts; 1: at none.

    Attributes:
        all: By a model's word, or for want of a model or of history, which alerts at any share.
        by_models: By the models' words alone.
        by_rule: Of the chains that a rule with a model matches, as if there were no other rule.
    """

    all: tuple[float, ...]
    by_models: tuple[float, ...]
    by_rule: Mapping[str, tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class _Part:
    """Matches of one rule in one run, of which a model is asked or not."""

    run: int
    rule: str
    asked: bool
    moments: tuple[Moment, ...]


def attack_words(
    foresight: Foresight, replays: Sequence[Replay], least_history: int
) -> AttackWords:
    """What the models say of each chain, put among the tenant's own matches.

    Args:
        foresight: The models, as if all of them may suppress.
        replays: Runs of chains as they would look here.
        least_history: Clean matches on a workload below which everything alerts.
    """
    parts = list(_parts(foresight, replays, least_history))
    moments = [part.moments for part in parts]
    words = weakest_words(foresight, moments, share=1.0, least_history=least_history)
    told = list(zip(parts, words, strict=True))
    chains = [replay.chain for replay in replays]
    own = [(part, word) for part, word in told if RuleId(part.rule) in foresight.models]
    rules = sorted({part.rule for part, _ in own})
    return AttackWords(
        all=_by_chain(chains, told),
        by_models=_by_chain(chains, [(part, word) for part, word in told if part.asked]),
        by_rule={rule: _of_rule(chains, own, rule) for rule in rules},
    )


def _parts(foresight: Foresight, replays: Sequence[Replay], least_history: int) -> Iterable[_Part]:
    for run, replay in enumerate(replays):
        found: dict[tuple[str, bool], list[Moment]] = defaultdict(list)
        for moment in replay.moments:
            history = foresight.history(RuleId(moment.rule), moment.workload)
            found[moment.rule, history >= least_history].append(moment)
        for (rule, asked), moments in found.items():
            yield _Part(run, rule, asked, tuple(moments))


def _of_rule(
    chains: Sequence[str], told: Iterable[tuple[_Part, float]], rule: str
) -> tuple[float, ...]:
    """As `_by_chain`, of the runs that one rule matches."""
    own = [(part, word) for part, word in told if part.rule == rule]
    runs = {run: place for place, run in enumerate(sorted({part.run for part, _ in own}))}
    here = [(_Part(runs[part.run], rule, part.asked, part.moments), word) for part, word in own]
    return _by_chain([chains[run] for run in runs], here)


def _by_chain(chains: Sequence[str], told: Iterable[tuple[_Part, float]]) -> tuple[float, ...]:
    """Of each chain the word of the run that is told of last; a run takes its smallest word."""
    weakest = [1.0] * len(chains)
    for part, word in told:
        weakest[part.run] = min(weakest[part.run], word)
    found: dict[str, float] = defaultdict(float)
    for chain, word in zip(chains, weakest, strict=True):
        found[chain] = max(found[chain], word)
    return tuple(found.values())
