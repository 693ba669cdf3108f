"""Which stage each model of a new version begins in: what gates, people and its past say. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from foreseen.control.model_stages import Cause, Placed
from foreseen.core.decisions import Stage
from foreseen.core.ids import ContentHash, RuleId
from foreseen.studies.gates import Gate

GATES = "gates"
"""Author of what no person has decided when a version is taken."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A version that is about to be taken.

    Attributes:
        number: Its number.
        models: Hash of each rule's model.
        gates: What the gates said of each.
        author: Who asked for it.
        accepted: Whether the author accepted the history, and with it that models which pass all
            gates suppress at once.
        time: When, ms UTC.
    """

    number: int
    models: Mapping[RuleId, ContentHash]
    gates: Mapping[RuleId, Sequence[Gate]]
    author: str
    accepted: bool
    time: int


def begun(candidate: Candidate, before: Mapping[RuleId, Placed]) -> list[Placed]:
    """Where each of its models begins.

    Args:
        candidate: The version.
        before: The last word on each rule.
    """
    return [_begun(rule, candidate, before.get(rule)) for rule in sorted(candidate.models)]


def _begun(rule: RuleId, candidate: Candidate, before: Placed | None) -> Placed:
    gates = candidate.gates.get(rule, ())
    failed = [gate for gate in gates if not gate.passed]
    stage, cause, author = Stage.ASSIST, Cause.GATES, GATES
    if before and before.cause is Cause.DEMOTED:
        stage, cause, author, reason = Stage.OBSERVE, before.cause, before.author, before.reason
    elif failed or not gates:
        stage = Stage.OBSERVE
        told = " ".join(f"{gate.name}: {gate.sentence}" for gate in failed)
        reason = f"It does not pass every gate. {told}" if gates else "No gate has looked at it."
    elif candidate.accepted:
        stage, cause, author = Stage.SUPPRESS, Cause.ACCEPTED, candidate.author
        reason = "The history was accepted by a person, and every gate is passed."
    elif before and before.stage is not Stage.OBSERVE:
        stage = before.stage
        reason = f"Every gate is passed, and the rule's model before it could {stage.value}."
    else:
        reason = "Every gate is passed; it assists before it may suppress."
    return Placed(
        rule=rule,
        stage=stage,
        cause=cause,
        author=author,
        reason=reason,
        model=candidate.models[rule],
        version=candidate.number,
        time=candidate.time,
        evidence=tuple(f"{gate.name}: {gate.sentence}" for gate in gates),
    )


def returned(
    number: int,
    models: Mapping[RuleId, ContentHash],
    history: Sequence[Placed],
    author: str,
    time: int,
) -> list[Placed]:
    """Where models of an older version stand when it comes back into use.

    Each stands where it stood last, unless its rule was demoted since, whichever model it had.

    Args:
        number: The older version.
        models: Hash of each rule's model in it.
        history: All that was ever said of the rules' models, newest first.
        author: Who brings it back.
        time: When, ms UTC.
    """
    return [
        _returned(rule, model, [p for p in history if p.rule == rule], number, author, time)
        for rule, model in sorted(models.items())
    ]


def _returned(  # noqa: PLR0913, PLR0917 (the row that it makes has as many columns)
    rule: RuleId,
    model: ContentHash,
    history: Sequence[Placed],
    number: int,
    author: str,
    time: int,
) -> Placed:
    own = next((p for p in history if p.model == model), None)
    since = [p for p in history if own and p.number > own.number]
    demoted = next((p for p in since if p.cause in _DEMOTIONS), None)
    stage, cause, reason = Stage.OBSERVE, Cause.ROLLED_BACK, "Its model was never placed before."
    if demoted:
        cause = demoted.cause if demoted.cause is Cause.DEMOTED else cause
        author = demoted.author if demoted.cause is Cause.DEMOTED else author
        reason = f"The rule was demoted since: {demoted.reason}"
    elif own:
        stage = own.stage
        cause = own.cause if own.cause is Cause.DEMOTED else cause
        reason = f"The model stood there before: {own.reason}"
    evidence = own.evidence if own else ()
    return Placed(rule, stage, cause, author, reason, model, number, time, evidence)


_DEMOTIONS = {Cause.DEMOTED, Cause.REVIEWED}
