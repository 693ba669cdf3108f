"""One false-alert budget a tenant: from alerts a day to the share that predictions are held to.

A match whose probability is at most the share alerts, so a smaller share is quieter. The share is
one for all rules and workloads, as their calibration is one. It may follow drift in the manner of
adaptive conformal inference (Gibbs and Candes 2021), but only inside a band: never so quiet that an
attack replay is lost that is caught now, never louder than a stated factor. Two things differ from
the paper: steps are taken on a logarithmic scale and each is bounded, for shares span orders of
magnitude and one bad day must not decide; and what nobody has judged makes nothing quieter, for it
may be the attack.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from foreseen.core.ids import RuleId
from foreseen.models.foresight import Foresight
from foreseen.models.moments.moment import Moment

LEAST_DAYS = 1.0
"""Days below which a history does not tell a day's volume: nights and timers would be missing."""

LEAST_ALERTS = 20
"""Alerts below which their sizes say nothing: then a match counts as an alert of its own."""

LARGEST_GROUP = 20
"""Matches of one alert that count: one flood must not make all other alerts look large."""

LARGEST_SHARE = 0.5
"""No budget, however generous, lets more than this share of expected matches alert."""

FACTOR = 4.0
"""How much louder or quieter than what was asked for drift may make a tenant."""

_DAY = 24 * 60 * 60 * 1000
_TAIL = 0.01  # of times on either side: a host with a wrong clock must not stretch the history
_CALIBRATING = 0.25  # of a history calibrates, at least, when it is cut by `training.FIT_SHARE`
_LARGEST_STEP = 2.0
_GAIN = 0.5
_JUST_ABOVE = 1 + 1e-9


@dataclass(frozen=True, slots=True)
class Volume:
    """How much there is of what is expected.

    Attributes:
        matches: Expected matches of rules with a model, on all workloads.
        days: How long a time they are spread over.
        matches_an_alert: How many like matches one alert holds on average.
    """

    matches: int
    days: float
    matches_an_alert: float = 1.0


@dataclass(frozen=True, slots=True)
class Band:
    """Shares between which the budget may follow drift."""

    quietest: float
    loudest: float

    def clip(self, share: float) -> float:
        """The share of the band that is nearest; the loudest for what is no number (law 4)."""
        return min(max(share, self.quietest), self.loudest) if share > 0 else self.loudest


@dataclass(frozen=True, slots=True)
class Realised:
    """Shares of expected matches that alerted.

    Attributes:
        dismissed: Those that a person dismissed.
        all: Those that nobody escalated.
    """

    dismissed: float
    all: float


def volume_of(times: Collection[int], sizes: Collection[int] = ()) -> Volume:
    """Volume of a clean history.

    Args:
        times: When each of its matches was, ms UTC, in any order.
        sizes: Matches of each alert that was raised because a match was unexpected.
    """
    together = 1.0
    if len(sizes) >= LEAST_ALERTS:
        together = float(np.clip(np.asarray(list(sizes)), 1, LARGEST_GROUP).mean())
    if not len(times):
        return Volume(0, 0.0, together)
    first, last = np.quantile(np.asarray(list(times), np.float64), [_TAIL, 1 - _TAIL])
    return Volume(len(times), float(last - first) / (1 - 2 * _TAIL) / _DAY, together)


def share_for(alerts_a_day: float, volume: Volume, default: float) -> float:
    """The share of expected matches that makes so many alerts a day.

    It is no finer than the calibration of such a history resolves: below that, nothing could be
    told from the strangest of what is expected.

    Args:
        alerts_a_day: False alerts that a person wants to see a day, above 0.
        volume: Of the clean history.
        default: The share where the history is too short to know its volume.
    """
    if volume.days < LEAST_DAYS:
        return default
    matches = alerts_a_day * volume.matches_an_alert
    share = matches / (volume.matches / volume.days)
    finest = 1 / (_CALIBRATING * volume.matches)
    return min(max(share, finest), LARGEST_SHARE)


def weakest_words(
    foresight: Foresight,
    chains: Sequence[Sequence[Moment]],
    *,
    share: float,
    least_history: int,
) -> list[float]:
    """Of each attack chain that is caught at a share, the smallest share that still catches it.

    Only the models' own words count: a model that may not suppress yet may do so tomorrow. What
    alerts for want of a model or of history alerts at any share, which is told as 0.

    Args:
        foresight: The models.
        chains: Matches of each run of a chain, as it would look here.
        share: What predictions are held to now.
        least_history: Clean matches on the workload below which everything alerts.
    """
    asked: dict[RuleId, list[Moment]] = defaultdict(list)
    for moments in chains:
        for moment in moments:
            asked[RuleId(moment.rule)].append(moment)
    words: dict[int, float] = {}
    for rule, found in asked.items():
        words.update(_words(foresight, rule, found, least_history))
    weakest = [min((words[id(m)] for m in moments), default=1.0) for moments in chains]
    return [word for word in weakest if word <= share]


def band_of(share: float, words: Collection[float], resolution: float) -> Band:
    """The band around a share.

    Args:
        share: What was asked for.
        words: Of each attack chain that is caught at it, the smallest share that still catches it.
            Without any, nothing is known of attacks, and the budget may not get quieter.
        resolution: The smallest share that the calibration can give.
    """
    quietest = max(share / FACTOR, *words) if words else share
    quietest = max(quietest, resolution * _JUST_ABOVE)
    return Band(quietest, max(min(share * FACTOR, LARGEST_SHARE), quietest))


def adapted(share: float, realised: Realised, promised: float, band: Band) -> float:
    """The share to hold predictions to from now on, for the realised rate to come to the promise.

    It gets quieter when more was dismissed than promised, louder when less alerted than promised,
    judged or not; in between it stays.

    Args:
        share: What they were held to.
        realised: What came of it.
        promised: The share of expected matches that was to alert.
        band: What the result lies in, whatever was realised.
    """
    step = 1.0
    if promised > 0 and isfinite(realised.dismissed) and isfinite(realised.all):
        if realised.dismissed > promised:
            step = promised / realised.dismissed
        elif realised.all < promised:
            bounded = realised.all > promised / _LARGEST_STEP  # else nearly nothing alerted
            step = promised / realised.all if bounded else _LARGEST_STEP
    step = min(max(step, 1 / _LARGEST_STEP), _LARGEST_STEP)
    return band.clip(share * step**_GAIN)


def _words(
    foresight: Foresight, rule: RuleId, moments: Sequence[Moment], least_history: int
) -> dict[int, float]:
    """Probability of each moment by its identity; 0 where none is asked for."""
    words = {id(moment): 0.0 for moment in moments}
    known = [m for m in moments if foresight.history(rule, m.workload) >= least_history]
    if known:
        answers = foresight.predict(rule, known, doubt=0.0)
        words |= {id(m): _number(a.probability) for m, a in zip(known, answers, strict=True)}
    return words


def _number(probability: float) -> float:
    """A probability; one that is no number alerts at any share."""
    return probability if isfinite(probability) else 0.0
