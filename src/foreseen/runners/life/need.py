"""Whether so many new matches may teach that models should be trained before their time."""

from dataclasses import dataclass
from math import ceil

from sqlalchemy import Engine

from foreseen.control.model_versions import Version
from foreseen.core.ids import TenantId
from foreseen.lake.lake import Lake
from foreseen.models.explaining.phrases import several
from foreseen.runners.settings.rhythm import Rhythm
from foreseen.studies.fresh import fresh_lessons
from foreseen.studies.settling import LEARNED


@dataclass(frozen=True, slots=True)
class Training:
    """The training before.

    Attributes:
        version: What it gave. Of one that does not say what it learned from (it is of an older
            program) nothing is known, and only time counts.
        time: When it was, or was tried again, ms UTC.
    """

    version: Version
    time: int


def many_new_matches(
    lake: Lake, engine: Engine, tenant: TenantId, before: Training, rhythm: Rhythm
) -> str | None:
    """Why the models should be trained now, in words; None while too little is new.

    Args:
        lake: The lake.
        engine: The control database.
        tenant: Whose models.
        before: The training before.
        rhythm: How many new matches are many.

    Raises:
        CorruptError, TransientError: The lake cannot be read, or not now.
    """
    told = before.version.report.get(LEARNED)
    if not isinstance(told, dict):
        return None
    learned = sum(told.values())
    enough = max(rhythm.least_new_matches, ceil(rhythm.new_matches * learned))
    fresh = fresh_lessons(lake, engine, tenant, since=before.time)
    if fresh < enough:
        return None
    new = several(fresh, "new match", "new matches")
    return f"{new} may teach, and the models learned from {learned:,}"
