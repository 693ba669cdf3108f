"""The office of a data folder: where words on its alerts are taken."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Engine

from foreseen.core.errors import ConfigurationError
from foreseen.core.ids import DEFAULT_TENANT, TenantId
from foreseen.lake.lake import Lake
from foreseen.models.anchored import Anchored
from foreseen.runners.history import Edit, History, history, rules_after
from foreseen.runners.lake_place import control_of
from foreseen.runners.rules.files import Document
from foreseen.studies.desk import DAYS, Desk
from foreseen.studies.edit_receipt import receipts_of_edit
from foreseen.studies.feedback import Office
from foreseen.studies.receipt import Receipt
from foreseen.studies.weighing import Progress


@dataclass(frozen=True, slots=True)
class Place:
    """Which data, and how they are looked at.

    Attributes:
        data: The folder.
        lake: Its lake.
        rules: Rule files in use; None: those that labelled last, if they can be told.
        days: How many of the last days of retained matches receipts judge.
        tenant: Organisation.
        likely: Rule files in use where those cannot be told; None: nobody knows.
    """

    data: Path
    lake: Lake
    rules: Sequence[Document] | None = None
    days: int = DAYS
    tenant: TenantId = DEFAULT_TENANT
    likely: Callable[[], Sequence[Document]] | None = None


def office_of(place: Place, engine: Engine, *, now: int) -> Office:
    """The office of a data folder.

    Args:
        place: The folder.
        engine: Its control database.
        now: Wall time for the records, ms UTC.
    """
    return Office(place.tenant, place.lake, engine, lambda: desk_of(place, engine), now)


def desk_of(place: Place, engine: Engine) -> Desk:
    """What receipts need: rules, settings and models in use.

    Raises:
        NotFoundError: No data there.
        ConfigurationError: The rules in use cannot be told.
        MalformedInputError: They cannot be loaded.
        CorruptError: The models cannot be read.
    """
    try:
        found = history(place.data, place.lake, rules=place.rules, tenant=place.tenant)
    except ConfigurationError as error:
        if place.likely is None:
            raise ConfigurationError(f"{error} (of this command: --rules)") from error
        found = history(place.data, place.lake, rules=place.likely(), tenant=place.tenant)
    return replace(_desk(found, engine), days=place.days)


def edit_receipts(
    data: Path, found: History, edit: Edit, progress: Progress = lambda *_: None
) -> tuple[Receipt, ...]:
    """What an unsaved edit of the rules in use moves in their models, by rule.

    Args:
        data: The folder that the history is of.
        found: What it holds and uses.
        edit: The edit.
        progress: Told what is done: stage, steps done, steps in all.
    """
    if found.stored is None or not (edit.rules or edit.changed):
        return ()
    with control_of(data) as engine:
        return receipts_of_edit(_desk(found, engine), rules_after(found, edit), progress)


def _desk(found: History, engine: Engine) -> Desk:
    about = found.stored.about if found.stored else {}
    models = found.stored.foresight if found.stored else None
    if isinstance(models, Anchored):
        models = models.anchor or models
    return Desk(
        tenant=found.tenant,
        lake=found.lake,
        engine=engine,
        rules=found.rules,
        models=models,
        policy=found.settings.policy_with(about),
        accepted_until=int(str(about.get("accepted_until", 0))),
        seed=int(str(about.get("seed", 0))),
        stages=found.stored.stages if found.stored else {},
    )
