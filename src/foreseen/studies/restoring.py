"""A suppressed match that a person wants told: the alert that it becomes.

What was decided of it stays as it is in the lake: a person's word is no evidence that came late,
and a replay of the same input must decide the same.
"""

from dataclasses import replace

import pyarrow as pa

from foreseen.alerts.compose import alert_of
from foreseen.core.alerts import Alert
from foreseen.core.decisions import Outcome
from foreseen.core.errors import ConflictError
from foreseen.lake.asking.match_list import Judged
from foreseen.models.moments.moment import moments_of
from foreseen.pipeline.predictions import decision_of
from foreseen.rules import Rule
from foreseen.schema.arrow import MATCH_SCHEMA


def restored_alert(found: Judged, rule: Rule | None, by: str) -> Alert:
    """The alert that a suppressed match becomes by a person's word.

    Args:
        found: The match, whole, and the word on it that holds.
        rule: Its rule, if that is loaded still.
        by: Who wants it told.

    Raises:
        ConflictError: It was not suppressed, or is no longer in the lake.
    """
    match, word = found.match, found.decision
    uid = match["match_uid"]
    if not word:
        raise ConflictError(f"match {uid} was not judged, so nothing suppressed it")
    if word["outcome"] != Outcome.SUPPRESSED.value:
        raise ConflictError(f"match {uid} alerted: it was not suppressed")
    if match["stream"] is None:
        raise ConflictError(f"match {uid} is no longer in the lake; only its decision is")
    (moment,) = moments_of(
        pa.Table.from_pylist([match], MATCH_SCHEMA), [tuple(word["elsewhere"] or ())]
    )
    alert = alert_of(match, moment, decision_of(word), rule)
    told = f"It was suppressed ({word['basis']}); {by} restored it as an alert."
    return replace(alert, sentences=(*alert.sentences, told))
