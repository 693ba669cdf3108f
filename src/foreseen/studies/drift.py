"""Signs that a rule's matches are not what its model learned: figures in, a sentence out. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from foreseen.models.ensemble import RuleModel
from foreseen.models.explaining.phrases import several
from foreseen.models.members.features import sections_of
from foreseen.models.moments.moment import Moment
from foreseen.models.rehearsal import surely_above


@dataclass(frozen=True, slots=True)
class Limits:
    """What is too much.

    Attributes:
        least_judged: Matches below which nothing is said of a rate.
        excess: How many times the promised share of matches one rule may alert on: what the gates
            allow it on the history, and as much again.
        unknown_rise: How much the share of tokens that the model does not know may rise.
        incomplete: Share of windows that may lack telemetry.
    """

    least_judged: int = 50
    excess: float = 10.0
    unknown_rise: float = 0.15
    incomplete: float = 0.2


@dataclass(frozen=True, slots=True)
class Recent:
    """What came of a rule's matches lately, all judged by the model in use.

    Attributes:
        judged: Matches.
        alerts: Alerts that the model's word raised among them: like matches are one.
        incomplete: Matches whose window lacks telemetry.
        unknown: Share of tokens that the model does not know.
        unknown_before: The same among what it learned.
        missed: Matches that it expected and a person escalated, or wanted to see.
    """

    judged: int
    alerts: int
    incomplete: int
    unknown: float
    unknown_before: float
    missed: tuple[str, ...] = ()


def objection(recent: Recent, budget: float, limits: Limits) -> str | None:
    """Why a model must not be trusted any more, in a sentence; None: nothing speaks against it.

    A rule that alerts less than promised is no objection: a job that never changes is foreseen to
    the letter.
    """
    if recent.missed:
        return (
            f"It expected {several(len(recent.missed), 'match', 'matches')} that a person escalated"
            f" or wanted to see, e.g. {recent.missed[0]}."
        )
    if recent.judged < limits.least_judged:
        return None
    share = recent.incomplete / recent.judged
    judged = several(recent.judged, "recent match", "recent matches")
    if share > limits.incomplete:
        return (
            f"Telemetry is missing before {recent.incomplete:,} of {judged} ({share:.0%});"
            f" {limits.incomplete:.0%} is the most."
        )
    bound = limits.excess * budget
    if surely_above(recent.alerts, recent.judged, bound):
        return (
            f"It raised {several(recent.alerts, 'alert')} on {judged}"
            f" ({recent.alerts / recent.judged:.1%}); {bound:.1%} is the most, and {budget:.1%} was"
            " promised."
        )
    if recent.unknown > recent.unknown_before + limits.unknown_rise:
        return (
            f"{recent.unknown:.0%} of what stands in and before recent matches is unknown to it,"
            f" against {recent.unknown_before:.0%} when it learned."
        )
    return None


def unknown_share(model: RuleModel, moments: Sequence[Moment]) -> float:
    """Share of tokens in and around matches that a model does not know; 0 without any."""
    known = set(model.features.names)
    tokens = unknown = 0
    for moment in moments:
        for section, found in sections_of(moment).items():
            tokens += len(found)
            unknown += sum((section, token) not in known for token in found)
    return unknown / tokens if tokens else 0.0
