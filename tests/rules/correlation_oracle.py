"""A slow second opinion on correlations: all events are kept, every window is reckoned anew.

It shares no code with the engine and knows no limits of memory.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from typing import Any

UNITS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
COMPARE = {
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
    "eq": lambda a, b: a == b,
    "neq": lambda a, b: a != b,
}


@dataclass
class Event:
    """One labelled event: fields hold lists of texts."""

    uid: str
    time: int
    labels: list[str]
    fields: dict[str, list[str]]


@dataclass
class Kept:
    """An event as one correlation has it in one group."""

    time: int
    order: int
    uid: str
    rules: set[str]
    values: list[str]


@dataclass
class Asked:
    """An event whose answer waits."""

    due: int
    key: tuple[Any, ...]
    kept: Kept
    event: Event


@dataclass
class Memory:
    """Of one correlation, everything."""

    groups: dict[tuple[Any, ...], list[Kept]] = field(default_factory=dict)
    fired: dict[tuple[Any, ...], list[int]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    spoken: list[str] = field(default_factory=list)


class Oracle:
    """Correlations by name, each a mapping as below `correlation:`."""

    def __init__(self, rules: Mapping[str, Mapping[str, Any]], lateness: int) -> None:
        self.rules = {name: rules[name] for name in inner_first(rules)}
        self.lateness = lateness
        self.memory = {name: Memory() for name in rules}
        self.clock = 0
        self.order = 0
        self.fired: list[tuple[str, str, int, tuple[Any, ...]]] = []

    def run(self, events: Iterable[Event], *, ends: bool) -> list[tuple[str, str, int, Any]]:
        """All firings: (rule, event, end of window, group)."""
        for event in events:
            self.clock = max(self.clock, event.time)
            self.answer(everything=False)
            self.feed(event, {label: [(label, event.time)] for label in event.labels})
        if ends:
            self.answer(everything=True)
        return self.fired

    def answer(self, *, everything: bool) -> None:
        """Give the answers that are due."""
        for name, memory in self.memory_in_order():
            while memory.asked and (everything or memory.asked[0].due <= self.clock):
                asked = memory.asked.pop(0)
                group = memory.groups[asked.key]
                if self.undisputed(name, group, asked.kept):
                    speaks = self.speak(name, asked.key, asked.kept.time, asked.event)
                    self.feed(asked.event, self.told(name, asked.kept.time, speaks=speaks))

    def memory_in_order(self) -> list[tuple[str, Memory]]:
        """Inner correlations first."""
        return [(name, self.memory[name]) for name in self.rules]

    def told(self, name: str, time: int, *, speaks: bool) -> dict[str, list[tuple[str, int]]]:
        """What a correlation tells those that count it: a name of its own for firings only."""
        return {name: [("fires" if speaks else "holds", time)]}

    def feed(self, event: Event, told: dict[str, list[tuple[str, int]]]) -> None:
        """An event by the rules that label it, then by the correlations that it completes."""
        for name, rule in self.rules.items():
            wanted = rule_names(rule)
            items = [(r, how, time) for r in wanted for how, time in told.get(r, [])]
            if not rule["type"].startswith("temporal"):
                items = [item for item in items if item[1] != "holds"]
            entries = self.entries(rule, event, [(r, time) for r, _, time in items])
            for (key, time), kept in entries.items():
                held = self.arrive(name, key, kept, event)
                del time
                if held is not None:
                    speaks = self.speak(name, key, held, event)
                    for each, said in self.told(name, held, speaks=speaks).items():
                        told.setdefault(each, []).extend(said)

    def entries(
        self, rule: Mapping[str, Any], event: Event, items: Sequence[tuple[str, int]]
    ) -> dict[tuple[Any, int], Kept]:
        """By (group, time) what the event adds."""
        found: dict[tuple[Any, int], Kept] = {}
        used: dict[tuple[Any, int], list[str]] = {}
        for name, time in items:
            values: list[str] = []
            asked: list[str] = []
            if "value" in rule["type"]:
                asked = [aliased(rule, f, name) for f in listed(rule["condition"]["field"])]
                each = [event.fields.get(f, []) for f in asked]
                if rule["type"] == "value_count":
                    values = ["|".join(v).lower() for v in product(*each)]
                else:
                    values = [v for v in each[0] if number(v) is not None]
                if not values:
                    continue
            texts: list[list[str | None]] = [
                list(event.fields.get(aliased(rule, f, name), [])) or [None]
                for f in listed(rule.get("group-by", []))
            ]
            for shown in product(*texts):
                at = (tuple(v and v.lower() for v in shown), time)
                if at not in found:
                    self.order += 1
                    found[at] = Kept(time, self.order, event.uid, {name}, list(values))
                    used[at] = asked
                else:
                    found[at].rules.add(name)
                    if used[at] != asked:
                        found[at].values += values
        return found

    def arrive(self, name: str, key: tuple[Any, ...], kept: Kept, event: Event) -> int | None:
        """Put an event into its group; the end of the first window that holds because of it."""
        rule, memory = self.rules[name], self.memory[name]
        group = memory.groups.setdefault(key, [])
        if group and kept.time < max(k.time for k in group) - self.lateness - self.lag(name):
            return None
        for known in group:
            if (known.uid, known.time) == (kept.uid, kept.time):
                if kept.rules <= known.rules or not rule["type"].startswith("temporal"):
                    return None
                known.rules |= kept.rules
                kept = known
                break
        else:
            group.append(kept)
        group.sort(key=lambda k: (k.time, k.order))
        span = milliseconds(rule["timespan"])
        if waits(rule):
            due = self.clock + span + self.lateness + self.lag(name)
            memory.asked.append(Asked(due, key, kept, event))
            return None
        for later in group[group.index(kept) :]:
            if later.time <= kept.time + span and self.holds(rule, window(group, later, span)):
                return later.time
        return None

    def lag(self, name: str) -> int:
        """What inner correlations that wait add to lateness."""
        lags = [0]
        for inner in rule_names(self.rules[name]):
            if inner in self.rules:
                span = milliseconds(self.rules[inner]["timespan"])
                own = span + self.lateness if waits(self.rules[inner]) else 0
                lags.append(self.lag(inner) + own)
        return max(lags)

    def speak(self, name: str, key: tuple[Any, ...], time: int, event: Event) -> bool:
        """Fire unless the group fired within a timespan, or the event did already."""
        memory, span = self.memory[name], milliseconds(self.rules[name]["timespan"])
        fired = memory.fired.setdefault(key, [])
        if event.uid in memory.spoken or any(abs(time - each) <= span for each in fired):
            return False
        memory.spoken.append(event.uid)
        fired.append(time)
        self.fired.append((name, event.uid, time, key))
        return True

    def holds(self, rule: Mapping[str, Any], seen: list[Kept]) -> bool:
        """Whether a window is what the rule looks for."""
        condition = rule.get("condition")
        if isinstance(condition, str):
            names = {name for kept in seen for name in kept.rules}
            return self.told_true(rule, condition, seen, names)
        return all(COMPARE[op](value, limit) for op, limit, value in self.compared(rule, seen))

    def told_true(
        self, rule: Mapping[str, Any], condition: str, seen: list[Kept], around: set[str]
    ) -> bool:
        """Whether a written condition is true; `around` is what must not be, if negated."""
        names = {name for kept in seen for name in kept.rules}
        helping: set[str] = set()
        answer = truth(condition, names, around, helping)
        if not answer or rule["type"] == "temporal":
            return answer
        present = [n for n in rule_names(rule) if n in helping and n in names]
        return longest(present, seen) == len(present)

    def undisputed(self, name: str, group: list[Kept], kept: Kept) -> bool:
        """Whether a window holds, and nothing within a timespan after it takes that back."""
        rule = self.rules[name]
        span = milliseconds(rule["timespan"])
        seen, condition = window(group, kept, span), rule.get("condition")
        if isinstance(condition, str):
            near = [k for k in group if kept.time - span <= k.time <= kept.time + span]
            around = {each for k in near for each in k.rules}
            return self.told_true(rule, condition, seen, around)
        if not self.holds(rule, seen):
            return False
        for later in group[group.index(kept) + 1 :]:
            if later.time > kept.time + span:
                break
            for op, limit, value in self.compared(rule, window(group, later, span)):
                if op not in {"gt", "gte"} and not COMPARE[op](value, limit):
                    return False
        return True

    def compared(
        self, rule: Mapping[str, Any], seen: list[Kept]
    ) -> list[tuple[str, Fraction, Fraction]]:
        """(operator, limit, value) of all comparisons."""
        names = rule_names(rule)
        value: Fraction
        numbers = sorted(n for k in seen for v in k.values if (n := number(v)) is not None)
        condition = rule.get("condition") or {"gte": len(names)}
        match rule["type"]:
            case "event_count":
                value = Fraction(len(seen))
            case "value_count":
                value = Fraction(len({v for k in seen for v in k.values}))
            case "value_sum":
                value = sum(numbers, Fraction(0))
            case "value_avg":
                value = sum(numbers, Fraction(0)) / len(numbers)
            case "value_median":
                half = len(numbers) // 2
                value = (numbers[half] + numbers[-half - 1]) / 2
            case "value_percentile":
                wanted = Fraction(condition["percentile"], 100)
                value = next(
                    n
                    for n in numbers
                    if Fraction(sum(m <= n for m in numbers), len(numbers)) >= wanted
                )
            case "temporal":
                value = Fraction(len({n for k in seen for n in k.rules}))
            case _:
                value = Fraction(longest(names, seen))
        limits = {op: Fraction(str(at)) for op, at in condition.items() if op in COMPARE}
        return [(op, limit, value) for op, limit in limits.items()]


def window(group: list[Kept], last: Kept, span: int) -> list[Kept]:
    """What came within the timespan before an event, it included."""
    return [k for k in group[: group.index(last) + 1] if k.time >= last.time - span]


def longest(names: Sequence[str], seen: list[Kept]) -> int:
    """Most of the names that appear in their order, each on another, later event."""
    best = 0
    reached = {(-1, 0)}  # last name, how many
    for kept in seen:
        for last, count in sorted(reached):
            for place in range(last + 1, len(names)):
                if names[place] in kept.rules:
                    reached.add((place, count + 1))
                    best = max(best, count + 1)
    return best


def truth(condition: str, names: set[str], around: set[str], helping: set[str]) -> bool:
    """A written condition, by what is seen and, where negated, what is around."""
    tokens = condition.replace("(", " ( ").replace(")", " ) ").split()

    def either(*, no: bool) -> bool:
        answer = both(no=no)
        while tokens and tokens[0] == "or":
            tokens.pop(0)
            answer = both(no=no) | answer
        return answer

    def both(*, no: bool) -> bool:
        answer = one(no=no)
        while tokens and tokens[0] == "and":
            tokens.pop(0)
            answer = one(no=no) & answer
        return answer

    def one(*, no: bool) -> bool:
        token = tokens.pop(0)
        if token == "not":  # noqa: S105
            return not one(no=not no)
        if token == "(":  # noqa: S105
            answer = either(no=no)
            tokens.pop(0)
            return answer
        if not no:
            helping.add(token)
        return token in (around if no else names)

    return either(no=False)


def waits(rule: Mapping[str, Any]) -> bool:
    """Whether later events can take an answer back."""
    condition = rule.get("condition") or {}
    if isinstance(condition, str):
        return "not" in condition.replace("(", " ").split()
    return any(op in condition for op in ("lt", "lte", "eq", "neq"))


def rule_names(rule: Mapping[str, Any]) -> list[str]:
    """Names that a correlation counts."""
    return list(rule["rules"])


def inner_first(rules: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Names so that none comes before what it counts."""
    order: list[str] = []
    while len(order) < len(rules):
        order += sorted(
            name
            for name in rules
            if name not in order
            and all(r in order or r not in rules for r in rule_names(rules[name]))
        )
    return order


def aliased(rule: Mapping[str, Any], name: str, of: str) -> str:
    """A field's own name in events of a rule."""
    return str(rule.get("aliases", {}).get(name, {}).get(of, name))


def listed(value: object) -> list[str]:
    """One or many as many."""
    return [value] if isinstance(value, str) else list(value)  # type: ignore[call-overload]


def number(text: str) -> Fraction | None:
    """A number that a text says."""
    try:
        return Fraction(text)
    except ValueError:
        return None


def milliseconds(timespan: str) -> int:
    """Length of a timespan."""
    return int(timespan[:-1]) * UNITS[timespan[-1]]
