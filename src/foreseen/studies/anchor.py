"""The anchor: models of what people accepted, which vouch for what taught itself (law 5).

A suppressed match that stayed quiet may teach. Were that all, an attacker could walk a model from
what is expected to an attack, a token a day: each step is near to the one before, is suppressed,
and teaches the next one. The anchor is trained on what people accepted or dismissed and on nothing
else, so it stays where people left it. A suppressed match teaches only where the anchor, too,
would have suppressed it; and the anchor has a word in every decision (`models.anchored`), for
models also expect what is merely near to what they learned.

What was dismissed teaches the anchor what is expected, and never how surprising the expected is:
only what had alerted can be dismissed, so a threshold that were drawn from it would rise with every
dismissal. The anchor is calibrated on the accepted time alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from foreseen.alerts.decide import Policy
from foreseen.core.crew import ALONE, Crew
from foreseen.core.ids import RuleId
from foreseen.models.anchored import Anchored
from foreseen.models.foresight import Foresight
from foreseen.models.moments.moment import Moment
from foreseen.models.training import FIT_SHARE, Parts, Trained, train, train_on
from foreseen.studies.history import History, Lessons
from foreseen.studies.words import silent

Progress = Callable[[RuleId], None]


@dataclass(frozen=True, slots=True)
class Learned:
    """What lessons gave.

    Attributes:
        trained: The models as they decide, held by the anchor, and how they came about.
        anchor: Models of what people spoke for alone; without quiet lessons they are the same.
        history: What the models learned from.
        refused: Quiet matches that the anchor would not have suppressed, by rule: they taught
            nothing.
    """

    trained: Trained
    anchor: Foresight
    history: History
    refused: Mapping[RuleId, int]


def learn(  # noqa: PLR0913 (what a person chooses, by name)
    lessons: Lessons,
    policy: Policy,
    seed: int,
    *,
    anchor: Foresight | None = None,
    progress: Progress = lambda _: None,
    crew: Crew = ALONE,
) -> Learned:
    """Train on what people spoke for, and on the quiet matches that the anchor expects.

    Args:
        lessons: Matches that may teach.
        policy: Bounds of silence.
        seed: The same seed and lessons give the same models.
        anchor: Trained on the same accepted and dismissed matches before; None: it is trained now.
        progress: Called with each rule when its model is done.
        crew: Who fits the models.
    """
    spoken = together(lessons.accepted, lessons.dismissed)
    if anchor is None or not any(lessons.quiet.values()):
        first = _anchor(lessons, policy, seed, progress, crew)
        if not any(lessons.quiet.values()):
            return Learned(first, first.foresight, spoken, {})
        anchor = first.foresight
    vouched = silent(anchor, lessons.quiet, policy)
    history = together(spoken, vouched)
    trained = train(
        history,
        budget=policy.budget,
        least_history=policy.least_history,
        seed=seed,
        groups=policy.groups,
        progress=progress,
        crew=crew,
    )
    lost = {rule: len(found) - len(vouched[rule]) for rule, found in lessons.quiet.items()}
    return Learned(
        trained=replace(trained, foresight=held_by(anchor, trained.foresight)),
        anchor=anchor,
        history=history,
        refused={rule: count for rule, count in lost.items() if count},
    )


def held_by(anchor: Foresight, own: Foresight) -> Anchored:
    """Models that decide together with their anchor."""
    return Anchored(own.models, own.fusion, own.hashes, anchor)


def together(one: History, other: History) -> dict[RuleId, list[Moment]]:
    """Two histories as one, each rule's in order of time."""
    return {
        rule: sorted([*one.get(rule, ()), *other.get(rule, ())], key=_place)
        for rule in sorted({*one, *other})
    }


def _anchor(lessons: Lessons, policy: Policy, seed: int, progress: Progress, crew: Crew) -> Trained:
    """Fitted on all that people spoke for, calibrated on the later part of the accepted time."""
    spoken = together(lessons.accepted, lessons.dismissed)
    enough = [rule for rule, found in spoken.items() if len(found) >= policy.least_history]
    accepted = {rule: lessons.accepted.get(rule, ()) for rule in enough}
    times = sorted(moment.time for found in accepted.values() for moment in found)
    cut = times[int(len(times) * FIT_SHARE)] if times else 0
    early = {rule: [m for m in found if m.time < cut] for rule, found in accepted.items()}
    parts = Parts(
        early=together(early, {rule: lessons.dismissed.get(rule, ()) for rule in enough}),
        late={rule: [m for m in found if m.time >= cut] for rule, found in accepted.items()},
    )
    trained = train_on(
        parts,
        budget=policy.budget,
        least_history=policy.least_history,
        seed=seed,
        groups=policy.groups,
        progress=progress,
        crew=crew,
    )
    skipped = {r: len(found) for r, found in spoken.items() if r not in trained.foresight.models}
    return replace(trained, skipped=skipped)


def _place(moment: Moment) -> tuple[int, str]:
    return moment.time, moment.uid
