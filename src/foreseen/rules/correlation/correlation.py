"""What a Sigma correlation rule is once it is loaded: which labels it counts, how, in what time."""

from dataclasses import dataclass
from enum import StrEnum

from foreseen.core.ids import ContentHash, RuleId
from foreseen.rules.correlation.expression import Expression
from foreseen.rules.engine.scalars import Exact


class Kind(StrEnum):
    """How events of a group become a number, or an answer."""

    EVENT_COUNT = "event_count"
    VALUE_COUNT = "value_count"
    VALUE_SUM = "value_sum"
    VALUE_AVG = "value_avg"
    VALUE_PERCENTILE = "value_percentile"
    VALUE_MEDIAN = "value_median"
    TEMPORAL = "temporal"
    TEMPORAL_ORDERED = "temporal_ordered"


TEMPORAL = frozenset({Kind.TEMPORAL, Kind.TEMPORAL_ORDERED})
NUMERIC = frozenset({Kind.VALUE_SUM, Kind.VALUE_AVG, Kind.VALUE_PERCENTILE, Kind.VALUE_MEDIAN})
ABOVE = frozenset({"gt", "gte"})


@dataclass(frozen=True, slots=True)
class Bound:
    """One comparison of the number with a limit: `gt`, `gte`, `lt`, `lte`, `eq` or `neq`."""

    operator: str
    limit: Exact

    def holds(self, value: Exact) -> bool:
        """Whether the number is on the right side."""
        match self.operator:
            case "gte":
                return value >= self.limit
            case "gt":
                return value > self.limit
            case "lte":
                return value <= self.limit
            case "lt":
                return value < self.limit
            case "eq":
                return value == self.limit
            case _:
                return value != self.limit


@dataclass(frozen=True, slots=True)
class Condition:
    """When a window of events is what the rule looks for.

    Attributes:
        bounds: All must hold (`gt: 100, lte: 200` is a range); empty with an expression.
        fields: Fields whose values are counted; several are counted together, as a tuple.
        percentile: 1 to 99, of VALUE_PERCENTILE.
        expression: Names of rules with and, or, not; of temporal rules only.
    """

    bounds: tuple[Bound, ...] = ()
    fields: tuple[str, ...] = ()
    percentile: int | None = None
    expression: Expression | None = None


@dataclass(frozen=True, slots=True)
class Correlation:
    """One Sigma correlation rule.

    Attributes:
        id: Label of a firing: the Sigma `name` if given, else the `id`.
        uuid: Sigma `id`, empty when the rule has none.
        title: One line for people.
        description: What it detects, in words.
        level: Sigma level of a firing.
        techniques: ATT&CK technique ids of its tags.
        falsepositives: What else may make it fire, in words.
        kind: How events are counted.
        rules: Names or ids as written, of Sigma rules or of other correlations.
        group_by: Fields or aliases; events count together only where all are equal.
        aliases: By (alias, rule as written): the rule's own name of the field.
        timespan: Length of a window, ms of event time.
        condition: When it fires.
        generate: Whether the rules that it counts alert by themselves, too.
        digest: Names what it computes: another digest means that its old state is of no use.
        path: File it came from.
        line: Line of its first key in that file.
        rules_line: Line of its `rules`.
    """

    id: RuleId
    uuid: str
    title: str
    description: str
    level: str
    techniques: tuple[str, ...]
    falsepositives: tuple[str, ...]
    kind: Kind
    rules: tuple[str, ...]
    group_by: tuple[str, ...]
    aliases: tuple[tuple[str, str, str], ...]
    timespan: int
    condition: Condition
    generate: bool
    digest: ContentHash
    path: str
    line: int
    rules_line: int

    @property
    def foresee(self) -> bool:
        """No model may silence a firing: what it counts was judged already."""
        return False

    @property
    def settles(self) -> bool:
        """Whether an answer can be taken back by later events, so that it must wait for them.

        More events only help `gte: 5`, but `lt: 5` or `a and not b` are known when the time is up.
        """
        if self.condition.expression is not None:
            return self.condition.expression.negated
        return any(bound.operator not in ABOVE for bound in self.condition.bounds)

    def field(self, name: str, rule: str) -> str:
        """What a field of `group-by` or of the condition is called in events of a rule."""
        for alias, of, own in self.aliases:
            if alias == name and of == rule:
                return own
        return name
