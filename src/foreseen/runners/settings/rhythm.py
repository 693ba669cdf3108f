"""How often models are reviewed and trained again in the background."""

from dataclasses import dataclass

_MINUTE, _DAY = 60 * 1000, 24 * 60 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often what is done.

    Attributes:
        look: Time between looks at what is due, ms.
        review: Least time between two reviews, and between two counts of new matches, ms.
        retrain: Time after which models are trained again, ms.
        pause: Least time between two trainings, ms: people's words come in bursts.
        new_matches: Share of the matches that the models learned from; when as many new ones may
            teach, models are trained again before `retrain` is over.
        least_new_matches: New matches below which that is not done, however few were learned from.
    """

    look: int = 30 * 1000
    review: int = 10 * _MINUTE
    retrain: int = _DAY
    pause: int = 15 * _MINUTE
    new_matches: float = 0.2
    least_new_matches: int = 500
