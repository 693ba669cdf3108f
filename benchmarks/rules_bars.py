"""Times of several rounds as rates, and rates against the bars of budgets.toml."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Series:
    """One thing measured in several rounds.

    Attributes:
        title: What, as people read it.
        units: Events (or rules) that one round handles.
        seconds: CPU time of each round.
    """

    title: str
    units: int
    seconds: tuple[float, ...]

    @property
    def rate(self) -> float:
        """Units a second of CPU, by the median round."""
        return self.units / median(self.seconds)


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure that every round gave: the middle one, the lowest and the highest."""

    middle: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """One bar, and whether the run keeps it.

    Attributes:
        name: Key in budgets.toml, below `rules`.
        found: What was measured.
        bar: As in budgets.toml: `at_least` or `at_most`, and what is held to it.
        kept: Whether the middle figure is within the bar.
    """

    name: str
    found: Spread
    bar: Mapping[str, object]
    kept: bool


def spread(figures: Sequence[float]) -> Spread:
    """Middle, lowest and highest of one figure a round."""
    return Spread(median(figures), min(figures), max(figures))


def times_as_fast(ours: Series, other: Series) -> Spread:
    """How many times the rate of `other` ours is, round by round.

    What else the machine does hits both measurements of a round; so the rounds are compared, not
    the medians. A thing measured in fewer rounds is compared in those that it has.

    Raises:
        ValueError: One of the two was not measured.
    """
    pairs = list(zip(ours.seconds, other.seconds, strict=False))
    if not pairs:
        raise ValueError(f"'{ours.title}' and '{other.title}' have no round in common")
    return spread([(ours.units / mine) / (other.units / theirs) for mine, theirs in pairs])


def judged(
    found: Mapping[str, Spread], bars: Mapping[str, Mapping[str, object]]
) -> tuple[Verdict, ...]:
    """Every bar with its figure, in the order of the bars.

    Raises:
        ValueError: A bar has no figure, a figure no bar, or a bar says no bound.
    """
    if found.keys() != bars.keys():
        odd = ", ".join(sorted(found.keys() ^ bars.keys()))
        raise ValueError(f"budgets.toml, [rules]: bars and measurements differ in {odd}")
    return tuple(
        Verdict(name, found[name], bar, _is_kept(name, found[name].middle, bar))
        for name, bar in bars.items()
    )


def _is_kept(name: str, figure: float, bar: Mapping[str, object]) -> bool:
    match bar:
        case {"at_least": int() | float() as bound}:
            return figure >= bound
        case {"at_most": int() | float() as bound}:
            return figure <= bound
    raise ValueError(f"budgets.toml, [rules.{name}]: write at_least or at_most, and a number")
