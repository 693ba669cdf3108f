"""What a what-if cannot know, in sentences for whoever decides by it."""

from collections.abc import Iterator
from dataclasses import dataclass

from foreseen.pipeline.judge import JudgeArtefacts
from foreseen.studies.what_if_alerts import minute_of
from foreseen.studies.what_if_history import Retained, Work
from foreseen.studies.what_if_labels import Relabelling


@dataclass(frozen=True, slots=True)
class Known:
    """What notes are made from.

    Attributes:
        found: What is retained.
        work: What was done.
        change: What the edit changes about labels.
        judged_from: Start of what was judged, ms UTC, if not the start of history.
        before: What the judge before depends on.
        after: What the judge after depends on.
        anew: Whether windows were made anew.
    """

    found: Retained
    work: Work
    change: Relabelling
    judged_from: int | None
    before: JudgeArtefacts
    after: JudgeArtefacts
    anew: bool


def notes(known: Known) -> Iterator[str]:
    """Sentences, the weightiest first."""
    found = known.found
    if found.first is None:
        yield "There are no events in the lake: the answer says nothing."
        return
    if known.judged_from is not None and known.before.foresight is not None:
        yield (
            f"Matches before {minute_of(known.judged_from)} UTC are the history that the models"
            " learned from; they are not judged."
        )
    if known.before.foresight is not None:
        yield (
            "Both sides are judged by the models of today: 'before' may differ from the alerts"
            " that were shown at the time. Training that would follow from the edit is not done."
        )
    yield from _on_models(known)
    if found.cut_streams and known.anew:
        yield (
            f"The first events of {found.cut_streams} streams are no longer retained, so the"
            " windows of their first matches are shorter than they were."
        )
    if known.work.relabelled:
        yield (
            f"{known.work.relabelled} of {found.events} events had been labelled by other rules;"
            " they were labelled anew by the rules before the edit."
        )
    if not known.work.in_order:
        yield (
            "Old files of the lake have been merged, so the order of events is known within each"
            " stream but not across streams; correlations across streams may count otherwise."
        )


def _on_models(known: Known) -> Iterator[str]:
    """Where a rule's model is missing, or was made for other matches."""
    foresight = known.after.foresight
    models = foresight.models if foresight else {}
    old = known.before.rules
    for name, rule in sorted(known.after.rules.items()):
        if not rule.foresee:
            continue
        if name in models and name in known.change.gone:
            yield (
                f"Rule {name} matches other events than its model learned from; what the model"
                " would say after training is not known."
            )
        is_new = name not in old or not old[name].foresee
        if name not in models and is_new and models:
            yield f"Rule {name} is marked for a model and has none yet, so all its matches alert."
