"""Models, their stages and versions as answers have them."""

from pydantic import BaseModel

from foreseen.api.times import iso
from foreseen.control.model_stages import Placed
from foreseen.control.model_versions import Choice, InUse, Version


class PlacedView(BaseModel):
    """A rule's model was placed in a stage.

    Attributes:
        cause: `gates`, `accepted`, `agreed`, `promoted`, `demoted`, `reviewed` or `rolled back`.
        author: Who, or which gate or review.
        model: Content hash of the model; another one of the rule only observes.
        evidence: Sentences with figures, uids of matches.
    """

    time: str | None
    stage: str
    cause: str
    author: str
    reason: str
    version: int
    model: str
    evidence: list[str]


class ModelRow(BaseModel):
    """A model in use.

    Attributes:
        stage: `observe`, `assist` or `suppress`.
        why: Why it is in this stage.
        hash: Content hash.
        history: Expected matches that it learned from, by workload.
    """

    rule: str
    stage: str
    why: str
    hash: str
    history: dict[str, int]


class BudgetView(BaseModel):
    """How much may alert.

    Attributes:
        share: Share of expected matches that was asked for.
        alerts_a_day: The same in false alerts a day, where that was asked for.
        in_force: Threshold: a match alerts whose share of at least as odd expected ones is below.
        calibrated_by: Matches that calibrated it: shares come in steps of one of them.
        least_history: Clean matches on a workload below which every match alerts.
    """

    share: float
    alerts_a_day: float | None
    in_force: float
    calibrated_by: int
    least_history: int


class ModelsView(BaseModel):
    """All models in use.

    Attributes:
        foresight: Content hash of all of them together.
        accepted_until: End of the history that a person accepted as clean.
        fusion: How their words become one.
        skipped: Marked rules without a model, and why.
    """

    version: int
    foresight: str
    accepted_until: str | None
    fusion: str
    budget: BudgetView
    skipped: dict[str, object]
    models: list[ModelRow]


class GateView(BaseModel):
    """What a gate says of a model."""

    name: str
    passed: bool
    sentence: str


class ModelView(ModelRow):
    """One model in full; `placements` are all that was ever said of the rule's, newest first."""

    version: int
    placements: list[PlacedView]
    gates: list[GateView]
    tokens: int
    context_model: bool
    fusion: str
    accepted_until: str | None
    budget: BudgetView


class ChoiceView(BaseModel):
    """A version was taken into use."""

    author: str
    second: str | None
    reason: str
    time: str | None


class VersionView(BaseModel):
    """A version of the models.

    Attributes:
        author: Who asked for it, or what.
        refused: Why gates refuse it; null: they do not.
        chosen: How it came into use, where it is the one in use.
        recall: Of its gates; null where there is none.
        lost: Attack chains that it loses against the version before.
    """

    version: int
    time: str | None
    author: str
    reason: str
    foresight: str
    in_use: bool
    chosen: ChoiceView | None
    refused: str | None
    recall: object
    lost: list[object]


class FullVersionView(VersionView):
    """A version with what every gate said of every model."""

    gates: dict[str, list[GateView]]


class VersionPage(BaseModel):
    """Some versions, and the cursor of the next page if there is one."""

    versions: list[VersionView]
    next: str | None


def placed_view(placed: Placed) -> PlacedView:
    """One entry of the history of stages."""
    return PlacedView(
        time=iso(placed.time),
        stage=placed.stage.value,
        cause=placed.cause.value,
        author=placed.author,
        reason=placed.reason,
        version=placed.version,
        model=placed.model,
        evidence=list(placed.evidence),
    )


def version_view(version: Version, used: InUse | None) -> VersionView:
    """A version as lists have it."""
    is_used = used is not None and used.version.number == version.number
    report = version.report if isinstance(version.report, dict) else {}
    lost = report.get("lost")
    return VersionView(
        version=version.number,
        time=iso(version.time),
        author=version.author,
        reason=version.reason,
        foresight=version.foresight,
        in_use=is_used,
        chosen=_choice(used.choice) if used is not None and is_used else None,
        refused=version.refused,
        recall=report.get("recall"),
        lost=lost if isinstance(lost, list) else [],
    )


def full_version(version: Version, used: InUse | None) -> FullVersionView:
    """A version with its gates."""
    shown = version_view(version, used)
    return FullVersionView(**shown.model_dump(), gates=gates_of(version))


def gates_of(version: Version) -> dict[str, list[GateView]]:
    """What its gates said, by rule."""
    report = version.report if isinstance(version.report, dict) else {}
    told = report.get("gates")
    found = told.items() if isinstance(told, dict) else ()
    return {rule: [GateView(**gate) for gate in each] for rule, each in found}


def _choice(choice: Choice) -> ChoiceView:
    return ChoiceView(
        author=choice.author, second=choice.second, reason=choice.reason, time=iso(choice.time)
    )
