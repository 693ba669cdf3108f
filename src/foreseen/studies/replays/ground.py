"""Benign matches of a tenant as ground for recorded attacks: where one would stand out least."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from foreseen.core.ids import RuleId
from foreseen.models.moments.moment import Moment
from foreseen.studies.replays.naming import Names, names_of, number, pick

ENTRANCES = ("sshd", "sshd-session", "login", "cron", "crond", "CRON")
"""Programs through which sessions begin; what stands above them is the same everywhere."""

_NAMED_BY = 200
"""Benign matches of each rule, the latest, whose names a place is known by."""

Likeness = tuple[str | None, ...]


def entrance(moment: Moment) -> str | None:
    """The program through which its session began, None for a service."""
    return next((image for image in moment.ancestry if image in ENTRANCES), None)


@dataclass(slots=True)
class Plot:
    """Benign matches of one rule on one workload, in order of time, and how alike they are."""

    matches: list[Moment] = field(default_factory=list)
    alike: dict[Likeness, list[Moment]] = field(default_factory=lambda: defaultdict(list))

    def add(self, moment: Moment) -> None:
        """Keep a benign match."""
        self.matches.append(moment)
        for likeness in _likenesses(moment):
            self.alike[likeness].append(moment)
        for depth in range(1, len(moment.ancestry) + 1):
            for likeness in _below(moment, depth):
                self.alike[likeness].append(moment)

    def beside(self, moment: Moment, depth: int, *key: object) -> Moment | None:
        """The benign match that an attacker would hide beside: as alike as there is one.

        Args:
            moment: The attacker's.
            depth: How many of its ancestors the chain has started itself.
            key: Chooses among those that are equally alike.
        """
        for likeness in (*_below(moment, depth), *_likenesses(moment)):
            if likeness in self.alike:
                return pick(self.alike[likeness], *key)
        return pick(self.matches, *key)


def _likenesses(moment: Moment) -> Iterable[Likeness]:
    """In what a benign match can be like an attacker's, the most alike first."""
    by = entrance(moment)
    return (
        ("shape", moment.act.shape, by),
        ("kind", moment.act.kind, by),
        ("shape", moment.act.shape),
        ("kind", moment.act.kind),
        ("entrance", by),
    )


def _below(moment: Moment, depth: int) -> Iterable[Likeness]:
    """The same for one below processes that the chain has started: below others of their kind."""
    if depth == 0:
        return ()
    above = moment.ancestry[:depth]
    return ("below", moment.act.shape, *above), ("below", moment.act.kind, *above)


@dataclass(frozen=True, slots=True)
class Ground:
    """Benign matches by rule and workload.

    Attributes:
        plots: By rule and workload.
        names: What each workload calls its own, as far as it was asked for, by workload.
    """

    plots: Mapping[RuleId, Mapping[str, Plot]]
    names: dict[str, Names]

    def plot(self, rule: str, workload: str) -> Plot:
        """Benign matches of a rule on a workload, perhaps none."""
        return self.plots.get(RuleId(rule), {}).get(workload) or Plot()

    def familiar(self, moments: Sequence[Moment]) -> str | None:
        """The workload where most of these acts are at home; None where none of the rules match."""
        rules = {RuleId(moment.rule) for moment in moments}
        workloads = sorted({name for rule in rules for name in self.plots.get(rule, {})})
        return max(workloads, key=lambda name: self._at_home(moments, name), default=None)

    def _at_home(self, moments: Sequence[Moment], workload: str) -> tuple[int, int, int]:
        plots = [(self.plot(moment.rule, workload), moment.act) for moment in moments]
        return (
            sum(("shape", act.shape) in plot.alike for plot, act in plots),
            sum(("kind", act.kind) in plot.alike for plot, act in plots),
            sum(len(plot.matches) for plot, _ in plots),
        )

    def drawn(self, moments: Sequence[Moment], *key: object) -> str | None:
        """A workload, each as likely as it has benign matches of the rules of these moments."""
        rules = sorted({RuleId(moment.rule) for moment in moments})
        sizes = [
            (name, len(plot.matches))
            for rule in rules
            for name, plot in sorted(self.plots.get(rule, {}).items())
        ]
        count = sum(size for _, size in sizes)
        place = number(*key) % count if count else 0
        for name, size in sizes:
            if place < size:
                return name
            place -= size
        return None

    def named(self, workload: str) -> Names:
        """What a workload calls its own."""
        if workload not in self.names:
            plots = [by.get(workload, _NOTHING) for by in self.plots.values()]
            latest = [moment for plot in plots for moment in plot.matches[-_NAMED_BY:]]
            self.names[workload] = names_of(text for each in latest for text in _texts(each))
        return self.names[workload]


_NOTHING = Plot()


def _texts(moment: Moment) -> Iterable[str]:
    return (moment.act.exact, *moment.window, *moment.session, *moment.siblings)


def ground_of(benign: Mapping[RuleId, Sequence[Moment]]) -> Ground:
    """Ground from expected matches by rule."""
    plots: dict[RuleId, dict[str, Plot]] = {}
    for rule, moments in benign.items():
        for moment in moments:
            plots.setdefault(rule, {}).setdefault(moment.workload, Plot()).add(moment)
    return Ground(plots, {})
