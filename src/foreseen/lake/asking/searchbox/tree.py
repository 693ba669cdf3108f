"""A search as a tree: terms joined by AND, OR and NOT; words beside each other mean AND."""

from dataclasses import dataclass

from foreseen.lake.asking.searchbox.tokens import Sign, Token, tokens, wrong

_DEEPEST = 50
_MOST_TERMS = 200


@dataclass(frozen=True, slots=True)
class All:
    """All parts hold."""

    parts: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Either:
    """One part holds at least."""

    parts: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold; what is not known does not hold either."""

    part: "Tree"


Tree = All | Either | Not | Token


def tree_of(text: str) -> Tree | None:
    """The tree of a search; None for an empty one, which everything fits.

    Raises:
        MalformedInputError: It cannot be read; the message names the column.
    """
    read = _Read(tokens(text))
    if read.next.sign is Sign.END:
        return None
    tree = read.either(0)
    if read.next.sign is Sign.CLOSE:
        raise wrong(read.next.at, "this bracket closes none")
    return tree


class _Read:
    """Tokens and how far they were read."""

    def __init__(self, found: list[Token]) -> None:
        terms = [token for token in found if token.sign is Sign.TERM]
        if len(terms) > _MOST_TERMS:
            raise wrong(terms[_MOST_TERMS].at, f"a search has {_MOST_TERMS} terms at most")
        self._tokens, self._place = found, 0

    @property
    def next(self) -> Token:
        return self._tokens[self._place]

    def either(self, depth: int) -> Tree:
        parts = [self._all(depth)]
        while self._took(Sign.OR):
            parts.append(self._all(depth))
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _all(self, depth: int) -> Tree:
        parts = [self._one(depth)]
        while self._took(Sign.AND) or self.next.sign in {Sign.TERM, Sign.NOT, Sign.OPEN}:
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _one(self, depth: int) -> Tree:
        token = self.next
        if depth > _DEEPEST:
            raise wrong(token.at, f"brackets and NOT go {_DEEPEST} deep at most")
        if self._took(Sign.NOT):
            return Not(self._one(depth + 1))
        if self._took(Sign.OPEN):
            inside = self.either(depth + 1)
            if not self._took(Sign.CLOSE):
                raise wrong(token.at, "this bracket is not closed")
            return inside
        if self._took(Sign.TERM):
            return token
        raise wrong(token.at, "a term is missing here, e.g. host:web-1 or a word")

    def _took(self, sign: Sign) -> bool:
        taken = self.next.sign is sign
        self._place += taken
        return taken
