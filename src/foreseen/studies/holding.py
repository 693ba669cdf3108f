"""What predictions are held to: the share that a tenant's budget comes to.

A budget in alerts a day becomes a share when models are trained, from what the clean history
holds; the share, and the band in which it may follow drift, are kept with the models, so that a
decision can be made again from settings and models alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Engine

from foreseen.control.alerts import surprises
from foreseen.core.ids import RuleId, TenantId
from foreseen.models.budget import (
    Band,
    Realised,
    Volume,
    adapted,
    band_of,
    share_for,
    volume_of,
    weakest_words,
)
from foreseen.models.foresight import Foresight
from foreseen.models.moments.moment import Moment

NO_VOLUME = Volume(0, 0.0)

HELD = "held"
"""Key of what is kept with the models."""


@dataclass(frozen=True, slots=True)
class Held:
    """A budget in alerts a day as it is kept with the models.

    Attributes:
        alerts_a_day: What a person asked for.
        share: What predictions are held to.
        quietest: The smallest share that drift may lead to.
        loudest: The largest one.
        volume: What the share was computed from.
    """

    alerts_a_day: float
    share: float
    quietest: float
    loudest: float
    volume: Volume

    def dump(self) -> dict[str, object]:
        """JSON-ready, for `about[HELD]`."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asked for, and the share that it comes to.

    Attributes:
        share: Share of expected matches that may alert: to train with.
        alerts_a_day: What was asked for; None when the share itself was.
        volume: What the share was computed from.
    """

    share: float
    alerts_a_day: float | None = None
    volume: Volume = NO_VOLUME


@dataclass(frozen=True, slots=True)
class Experience:
    """What came of the models in use.

    Attributes:
        share: What predictions were held to.
        promised: Share of expected matches that was to alert.
        realised: Shares that did; None while nothing was judged.
    """

    share: float
    promised: float
    realised: Realised | None = None


def asked_of(
    engine: Engine,
    tenant: TenantId,
    history: Mapping[RuleId, Sequence[Moment]],
    *,
    alerts_a_day: float | None,
    default: float,
) -> Asked:
    """The share that a budget comes to.

    Args:
        engine: The control database: how many matches alerts hold there.
        tenant: Whose budget.
        history: Clean matches that the models learn from.
        alerts_a_day: What a person asked for; None: the default is what was asked for.
        default: The share where the history is too short to know its volume.
    """
    if alerts_a_day is None:
        return Asked(default)
    times = [moment.time for found in history.values() for moment in found]
    volume = volume_of(times, [alert.matches for alert in surprises(engine, tenant)])
    return Asked(share_for(alerts_a_day, volume, default), alerts_a_day, volume)


def held(
    asked: Asked,
    foresight: Foresight,
    chains: Sequence[Sequence[Moment]] = (),
    *,
    least_history: int,
    before: Experience | None = None,
) -> Held | None:
    """What predictions of new models are held to; None where a person asked for a share itself.

    Args:
        asked: What was asked for.
        foresight: The new models.
        chains: Matches of each gate replay, as it would look here; never of a sealed one.
        least_history: Clean matches on the workload below which everything alerts.
        before: What came of the models before; None: there were none.
    """
    if asked.alerts_a_day is None:
        return None
    # Caught at the share of before counts as caught now, else a flood that raises the volume would
    # first lower the share, and with it what the replays demand.
    reach = asked.share if before is None else max(asked.share, before.share)
    words = weakest_words(foresight, chains, share=reach, least_history=least_history)
    band = band_of(asked.share, words, foresight.fusion.fused.resolution)
    now = band.clip(asked.share)
    if before is not None and before.realised is not None:
        now = adapted(band.clip(before.share), before.realised, before.promised, band)
    return Held(asked.alerts_a_day, now, band.quietest, band.loudest, asked.volume)


def share_in_force(settings: Mapping[str, Any], about: Mapping[str, Any] | None) -> float:
    """The share that predictions are held to.

    A budget that was changed since the models were trained counts at once, as far as the attack
    replays allowed the models to be quiet.

    Args:
        settings: As kept among the artefacts.
        about: What the models in use say of themselves; None without models.
    """
    default = float(settings["policy"]["budget"])
    alerts_a_day = settings.get("alerts_a_day")
    if alerts_a_day is None:
        return default
    known = (about or {}).get(HELD)
    if not known:
        return default
    if known["alerts_a_day"] == alerts_a_day:
        return float(known["share"])
    share = share_for(float(alerts_a_day), Volume(**known["volume"]), default)
    return Band(float(known["quietest"]), 1.0).clip(share)
