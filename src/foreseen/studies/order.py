"""What a training is asked to do."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from foreseen.core.ids import TenantId
from foreseen.studies.gates import Bars


@dataclass(frozen=True, slots=True)
class Order:
    """What to train.

    Attributes:
        tenant: Whose models.
        accepted_until: End of the history that a person accepts as clean, ms UTC.
        budget: Share of expected matches that may alert.
        least_history: Matches below which a rule gets no model, and a workload alerts.
        seed: Makes training repeatable.
        now: Wall time for the artefacts' records, ms UTC.
        alerts_a_day: The budget in false alerts a day; then `budget` is what holds while the
            history is too short to know what that comes to.
        author: Who asks for it.
        reason: Why.
        accepted: Whether models that pass every gate suppress at once, because the author accepts
            the history; else they assist first.
        bars: What the gates ask for.
        groups: Group by workload: whose history answers for a workload that is new.
    """

    tenant: TenantId
    accepted_until: int
    budget: float
    least_history: int
    seed: int
    now: int
    alerts_a_day: float | None = None
    author: str = "a person"
    reason: str = "training"
    accepted: bool = False
    bars: Bars = field(default_factory=Bars)
    groups: Mapping[str, str] = field(default_factory=dict)
