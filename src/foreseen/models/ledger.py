"""Arithmetic of the ledger: exact bounds on shares, and which suppressed matches are audited. Pure.

Chains of attacks are drawn from a world without end: their bound is that of Clopper and Pearson
(1934) on the binomial distribution. Audited matches are drawn without replacement from suppressed
ones whose number is known: their interval is the same on the hypergeometric distribution, which is
narrower where much of a rule is looked at. Both hold for every true share and every sample size, at
the price of being wide. They are found by halving on the exact distribution: no library is needed.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import exp, fsum, lgamma, log, log1p

CONFIDENCE = 0.95
_HALVINGS = 60
"""Halvings of an interval of length 1: its end is found to one part in 10^18."""


def upper_bound(hits: int, trials: int, confidence: float = CONFIDENCE) -> float:
    """Exact one-sided upper bound on the share behind `hits` of `trials`; 1 without trials.

    It is the largest share at which so few hits still have the probability 1 - confidence.

    Raises:
        ValueError: Hits are negative or more than trials, or the confidence is no probability.
    """
    _check(hits, trials, confidence)
    if hits == trials:
        return 1.0
    return _largest(lambda share: _at_most(hits, trials, share) > 1 - confidence)


def lower_bound(hits: int, trials: int, confidence: float = CONFIDENCE) -> float:
    """Exact one-sided lower bound on the share behind `hits` of `trials`; 0 without trials.

    Raises:
        ValueError: As for `upper_bound`.
    """
    _check(hits, trials, confidence)
    if 0 < hits <= trials - hits:  # the shorter of two sums that say the same
        return _largest(lambda share: _at_most(hits - 1, trials, share) >= confidence)
    return 1.0 - upper_bound(trials - hits, trials, confidence)


@dataclass(frozen=True, slots=True)
class Audit:
    """What people found of a rule's suppressed matches, in the order in which they are drawn.

    Attributes:
        population: Suppressed matches.
        drawn: Those up to the last one that was answered.
        wanted: Those of them that a person would have wanted to see.
        skipped: Those of them without an answer: they count as wanted for the upper bound and as
            unneeded for the lower one, for whoever skips may skip just those.
        low: Lower bound on the share that a person would have wanted.
        high: Upper bound on it.
    """

    population: int
    drawn: int
    wanted: int
    skipped: int
    low: float
    high: float


def drawn_order(uids: Iterable[str]) -> list[str]:
    """Matches in the order in which they are audited: by a hash of their names.

    The first ones are a simple random sample of all: it depends on nothing that a match is, grows
    without being drawn anew, and anybody can draw it again.
    """
    return sorted(uids, key=lambda uid: (_ticket(uid), uid))


def _ticket(uid: str) -> bytes:
    return hashlib.sha256(b"audit\x1f" + uid.encode("utf-8", "surrogatepass")).digest()


def audit_of(order: Iterable[str], wanted: Mapping[str, bool]) -> Audit:
    """The share of suppressed matches that people would have wanted to see.

    Args:
        order: Suppressed matches as `drawn_order` gives them.
        wanted: What people found, by match; those of other matches do not count.
    """
    places = list(order)
    answered = [place for place, uid in enumerate(places) if uid in wanted]
    drawn = answered[-1] + 1 if answered else 0
    hits = sum(wanted[places[place]] for place in answered)
    skipped = drawn - len(answered)
    low, _ = share_interval(hits, drawn, len(places))
    _, high = share_interval(hits + skipped, drawn, len(places))
    return Audit(len(places), drawn, hits, skipped, low, high)


def share_interval(
    hits: int, drawn: int, population: int, confidence: float = CONFIDENCE
) -> tuple[float, float]:
    """Exact two-sided interval of a share, from a sample without replacement; (0, 1) without one.

    Args:
        hits: Members of the sample that count.
        drawn: Size of the sample.
        population: Size of what it was drawn from.
        confidence: Probability that the interval holds the share, at least.

    Raises:
        ValueError: Hits, sample and population do not fit each other.
    """
    _check(hits, drawn, confidence)
    if drawn > population:
        raise ValueError(f"{drawn} drawn of {population}")
    if drawn == 0:
        return 0.0, 1.0
    tail = (1 - confidence) / 2
    most = _most(hits, drawn, population, tail)
    # Few that count are many that do not.
    least = population - _most(drawn - hits, drawn, population, tail)
    return least / population, most / population


def _most(hits: int, drawn: int, population: int, tail: float) -> int:
    """The most members of a population of which so few in a sample are not yet unlikely."""
    low, high = hits, population - (drawn - hits)
    while low < high:
        middle = (low + high + 1) // 2
        if _at_most_drawn(hits, drawn, middle, population) > tail:
            low = middle
        else:
            high = middle - 1
    return low


def _at_most_drawn(hits: int, drawn: int, members: int, population: int) -> float:
    """Probability of at most so many members in a sample."""
    others = population - members
    whole = _log_choose(population, drawn)
    return fsum(
        exp(_log_choose(members, k) + _log_choose(others, drawn - k) - whole)
        for k in range(max(0, drawn - others), min(hits, members) + 1)
    )


def _check(hits: int, trials: int, confidence: float) -> None:
    if not 0 <= hits <= trials:
        raise ValueError(f"{hits} hits of {trials} trials")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence {confidence} is not between 0 and 1")


def _largest(holds: Callable[[float], bool]) -> float:
    """The largest share at which something holds that holds at 0 and not at 1."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if holds(middle):
            low = middle
        else:
            high = middle
    return high


def _at_most(hits: int, trials: int, share: float) -> float:
    """Probability of at most so many hits."""
    if share <= 0:
        return 1.0
    if share >= 1:
        return float(hits >= trials)
    one, other = log(share), log1p(-share)
    return fsum(
        exp(_log_choose(trials, k) + k * one + (trials - k) * other) for k in range(hits + 1)
    )


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
