"""Conditions of temporal correlations that are written out: `a and (b or c) and not d`."""

import re
from dataclasses import dataclass

_TOKEN = re.compile(r"\s*(\(|\)|[A-Za-z0-9_.\-]+)")
_WORDS = frozenset({"and", "or", "not", "(", ")"})
MAX_TOKENS = 256


@dataclass(frozen=True, slots=True)
class Expression:
    """A tree over places of rules in the list `rules`.

    Attributes:
        operator: `and`, `or`, `not`, or `rule`.
        parts: What is combined; empty for a rule.
        slot: Place of the rule; -1 for the others.
    """

    operator: str
    parts: tuple["Expression", ...] = ()
    slot: int = -1

    @property
    def negated(self) -> bool:
        """Whether there is a `not` in it."""
        return self.operator == "not" or any(part.negated for part in self.parts)

    def slots(self, *, wanted: bool = True) -> int:
        """Bits of the rules that help it (`wanted`), or of those that must be absent."""
        if self.operator == "rule":
            return 1 << self.slot if wanted else 0
        found = 0
        for part in self.parts:
            found |= part.slots(wanted=wanted is not (self.operator == "not"))
        return found

    def holds(self, seen: int, against: int) -> bool:
        """Whether it is true.

        Args:
            seen: Bits of the rules that count as seen where it helps.
            against: Bits of those that count as seen where they must be absent.
        """
        if self.operator == "rule":
            return bool(seen >> self.slot & 1)
        if self.operator == "not":
            return not self.parts[0].holds(against, seen)
        answers = (part.holds(seen, against) for part in self.parts)
        return all(answers) if self.operator == "and" else any(answers)


def parse_expression(text: str, rules: tuple[str, ...]) -> tuple[Expression, tuple[str, ...]]:
    """The tree of a text, and the rules that it names in their order.

    Args:
        text: The condition.
        rules: The list `rules` of the correlation; empty when it is to be taken from the text.

    Raises:
        ValueError: It is not such a text, or names other rules than the list; the message says so.
    """
    tokens = _tokens(text)
    named = tuple(dict.fromkeys(word for word in tokens if word.lower() not in _WORDS))
    for rule in named:
        if rules and rule not in rules:
            raise ValueError(f"condition names '{rule}', which is not among 'rules'")
    for rule in rules:
        if rule not in named:
            raise ValueError(f"condition does not name '{rule}' of 'rules'; name it or remove it")
    order = rules or named
    reader = _Reader(tokens, {rule: slot for slot, rule in enumerate(order)})
    tree = reader.either()
    if reader.next is not None:
        raise ValueError(f"condition goes on with '{reader.next}' where it should end")
    return tree, order


def _tokens(text: str) -> list[str]:
    tokens, place = [], 0
    while place < len(text.rstrip()):
        found = _TOKEN.match(text, place)
        if found is None:
            raise ValueError(
                f"condition has '{text[place:].strip()[:20]}', which is no rule's name"
            )
        tokens.append(found[1])
        place = found.end()
    if not tokens or len(tokens) > MAX_TOKENS:
        raise ValueError(f"condition must have 1 to {MAX_TOKENS} words, not {len(tokens)}")
    return tokens


class _Reader:
    """Recursive descent; `not` binds before `and`, `and` before `or`."""

    def __init__(self, tokens: list[str], slots: dict[str, int]) -> None:
        self._rest = iter(tokens)
        self._slots = slots
        self.next: str | None = next(self._rest, None)

    def either(self, depth: int = 0) -> Expression:
        parts = [self._both(depth)]
        while self._take("or"):
            parts.append(self._both(depth))
        return parts[0] if len(parts) == 1 else Expression("or", tuple(parts))

    def _both(self, depth: int) -> Expression:
        parts = [self._one(depth)]
        while self._take("and"):
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else Expression("and", tuple(parts))

    def _one(self, depth: int) -> Expression:
        if depth > _DEEPEST:
            raise ValueError(f"condition is nested deeper than {_DEEPEST} levels")
        if self._take("not"):
            return Expression("not", (self._one(depth + 1),))
        if self._take("("):
            inner = self.either(depth + 1)
            if not self._take(")"):
                raise ValueError("condition lacks a closing parenthesis")
            return inner
        word = self.next
        if word is None or word.lower() in _WORDS:
            raise ValueError(f"condition lacks a rule's name before '{word or 'its end'}'")
        self.next = next(self._rest, None)
        return Expression("rule", slot=self._slots[word])

    def _take(self, word: str) -> bool:
        if self.next is None or self.next.lower() != word:
            return False
        self.next = next(self._rest, None)
        return True


_DEEPEST = 20
