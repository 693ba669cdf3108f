"""A model's answer taken apart: its members, its tokens, what is nearest, what would turn it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from foreseen.core.decisions import Prediction
from foreseen.core.ids import RuleId
from foreseen.models.ensemble import MEMBERS
from foreseen.models.explaining.changes import Change, strange, towards, without_events
from foreseen.models.explaining.comparison import Comparison, compared
from foreseen.models.explaining.event_shares import EventShare, event_shares
from foreseen.models.explaining.smallest_change import Turned, Wanted, smallest_change
from foreseen.models.foresight import Foresight
from foreseen.models.moments.moment import Moment

NEAREST = 3
"""Nearest expected matches that an explanation shows."""

_ALWAYS = 1.0
_NEVER = 0.0


@dataclass(frozen=True, slots=True)
class Explained:
    """What a model says of a match, and why.

    Attributes:
        prediction: Its answer, with the evidence of every member.
        weights: How much each member's bits count.
        shares: What each token of the context weighs, the weightiest first.
        nearest: Beside its nearest expected matches, as many of them as are still there.
        expected: Whether the answer is above the budget.
        turned: The smallest change to the other side.
    """

    prediction: Prediction
    weights: Mapping[str, float]
    shares: Sequence[EventShare]
    nearest: Sequence[Comparison]
    expected: bool
    turned: Turned


def nearest_to(foresight: Foresight, rule: RuleId, moment: Moment) -> dict[str, float]:
    """Uids of the nearest expected matches that the model keeps, with their distances.

    Those whose history answers come first; then the nearest of all, for what could have been.
    """
    model = foresight.models[rule]
    answers = (moment.workload, *foresight.standing(rule, moment.workload).members)
    found: dict[str, float] = {}
    for workloads in (answers, None):
        matrix = model.features.matrix([moment])
        uids, distances = model.neighbours.nearest(matrix, NEAREST, workloads)
        found |= dict(zip(uids[0], distances[0].tolist(), strict=True))
    return found


def explained(
    foresight: Foresight,
    rule: RuleId,
    moment: Moment,
    references: Mapping[str, tuple[Moment, float]],
    budget: float,
) -> Explained:
    """Take the answer on a match apart.

    Args:
        foresight: With the model that answered.
        rule: The match's rule.
        moment: The match.
        references: What `nearest_to` named, by uid: the match itself and its distance; those that
            are gone are left out.
        budget: Probability above which a match was expected.
    """
    (prediction,) = foresight.predict(rule, [moment], _ALWAYS)
    model = foresight.models[rule]
    shares = event_shares(model, moment, foresight.standing(rule, moment.workload).members)
    is_expected = prediction.probability > budget
    near = [other for other, _ in references.values()]

    def ask(moments: Sequence[Moment]) -> list[float]:
        return [each.probability for each in foresight.predict(rule, moments, _NEVER)]

    if is_expected:
        changes = strange(moment, f"<unheard {prediction.model}>")
        together: list[list[Change]] = [_one_a_part(changes)]
        changes += without_events(moment, shares, against=False)
    else:
        changes = towards(moment, near)
        together = [towards(moment, [other]) for other in near[:NEAREST]]
        changes += without_events(moment, shares, against=True)
    wanted = Wanted(not is_expected, budget)
    return Explained(
        prediction=prediction,
        weights=dict(zip(MEMBERS, foresight.fusion.weights.each, strict=True)),
        shares=shares,
        nearest=[compared(moment, *each) for each in list(references.values())[:NEAREST]],
        expected=is_expected,
        turned=smallest_change(ask, moment, changes, together, wanted),
    )


def _one_a_part(changes: Sequence[Change]) -> list[Change]:
    """The last change of each field: two of one field exclude each other."""
    return list({tuple(change.fields): change for change in changes}.values())
