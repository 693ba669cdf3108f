"""Put trained models through the gates: a version is kept, taken or refused, its models placed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from sqlalchemy import Engine

from foreseen.alerts.decide import Policy
from foreseen.control import model_stages, model_versions
from foreseen.control.model_versions import Choice, NewVersion
from foreseen.core.ids import RuleId
from foreseen.models.foresight import Foresight
from foreseen.rules import RuleSet
from foreseen.studies.anchor import Learned
from foreseen.studies.drift import unknown_share
from foreseen.studies.gates import Gate, Shown, gates_of, lost_chains
from foreseen.studies.order import Order
from foreseen.studies.replays.chain import Replay
from foreseen.studies.replays.recall import Recall, Terms, recall_on
from foreseen.studies.staging import Candidate, begun
from foreseen.studies.stored import Stored, stored_foresight

LEARNED = "learned"
"""Key of a version's report: how many matches each of its models was fitted on."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What is put through the gates.

    Attributes:
        stored: The new models.
        learned: How they came about.
        replays: Gate replays, placed among what they learned from.
        policy: What their predictions are held to.
    """

    stored: Stored
    learned: Learned
    replays: Sequence[Replay]
    policy: Policy


def settle(
    engine: Engine, order: Order, rules: RuleSet, tried: Tried, before: Stored | None
) -> Stored:
    """Keep the version, and take it into use unless it loses a chain that the one before catches.

    Args:
        engine: The control database.
        order: What was asked for.
        rules: Rules in use.
        tried: The new models.
        before: The version in use; None: there is none.

    Raises:
        ConfigurationError: Another version came into use meanwhile; this one is kept.
    """
    terms = terms_of(rules, tried.policy)
    recall = recall_on(tried.stored.foresight, tried.replays, terms)[None]
    gates = _gates(order, tried, recall)
    lost = _lost(recall, tried.replays, before, terms)
    refused = (
        f"it loses {', '.join(lost)}, caught by version {before.version}"
        if before and lost
        else None
    )
    report = _report(gates, recall, lost, tried)
    number = model_versions.add(
        engine,
        order.tenant,
        NewVersion(tried.stored.hash, order.author, order.reason, order.now, refused, report),
    )
    if refused:
        return replace(tried.stored, version=number, refused=refused)
    models = tried.stored.foresight.hashes
    candidate = Candidate(number, models, gates, order.author, order.accepted, order.now)
    placed = begun(candidate, model_stages.placements(engine, order.tenant))
    instead = before.version if before else None
    choice = Choice(number, order.author, order.reason, order.now, instead_of=instead)
    model_versions.take(engine, order.tenant, choice, placed)
    return stored_foresight(engine, order.tenant, unless=replace(tried.stored, version=number)) or (
        tried.stored
    )


def terms_of(rules: RuleSet, policy: Policy) -> Terms:
    """Terms on which gates look: as if all models may suppress, and nothing is hidden by hand."""
    silent = rules.correlations.silent
    unmarked = frozenset(rule.id for rule in rules.rules if not rule.foresee)
    return Terms(policy, unmarked=unmarked, silent=frozenset(silent))


def _gates(order: Order, tried: Tried, recall: Recall) -> dict[RuleId, tuple[Gate, ...]]:
    trained = tried.learned.trained
    shown = Shown(
        history=tried.learned.history,
        budget=tried.policy.budget,
        least_history=order.least_history,
        resolution=trained.foresight.fusion.fused.resolution,
        realised=trained.realised,
        strangers=trained.caught.get(trained.fusion, 0.0),
        recall=recall,
        chains=_chains(tried.replays),
    )
    return {rule: gates_of(rule, shown, order.bars) for rule in sorted(trained.foresight.models)}


def _chains(replays: Sequence[Replay]) -> dict[RuleId, set[str]]:
    """Chains by rule that matches them."""
    chains: dict[RuleId, set[str]] = defaultdict(set)
    for replay in replays:
        for moment in replay.moments:
            chains[RuleId(moment.rule)].add(replay.chain)
    return dict(chains)


def _lost(
    recall: Recall, replays: Sequence[Replay], before: Stored | None, terms: Terms
) -> list[str]:
    """Chains that are caught now and no more with the new models, in the same places."""
    if before is None:
        return []
    return lost_chains(recall, recall_on(before.foresight, replays, terms)[None])


def _report(
    gates: Mapping[RuleId, Sequence[Gate]], recall: Recall, lost: Sequence[str], tried: Tried
) -> dict[str, object]:
    """What the version is kept with, JSON-ready."""
    return {
        "gates": {rule: [asdict(gate) for gate in each] for rule, each in gates.items()},
        "recall": asdict(recall),
        "lost": list(lost),
        "not_vouched_for": dict(tried.learned.refused),
        LEARNED: _learned(tried.stored.foresight),
        "unknown": _unknown(tried.stored.foresight, tried.learned),
    }


def _learned(foresight: Foresight) -> dict[str, int]:
    return {rule: sum(model.history.values()) for rule, model in foresight.models.items()}


def _unknown(foresight: Foresight, learned: Learned) -> dict[str, float]:
    """Share of tokens that a model does not know among what it learned: what drift is told from."""
    return {
        rule: round(unknown_share(model, learned.history.get(rule, ())), 4)
        for rule, model in foresight.models.items()
    }
