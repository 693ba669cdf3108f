"""The text of a search cut into tokens, each with its place.

A token is a bracket, a word of the language (AND, OR, NOT, a minus), or an atom: `field:`, an
operator and a value, as far as they are there.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto

from foreseen.core.errors import MalformedInputError

LONGEST = 10_000
"""Characters of a search."""

_FIELD = re.compile(r"([A-Za-z_][A-Za-z0-9_.]*):")
_OPERATOR = re.compile(r"<=|>=|<|>")
_PLAIN_END = re.compile(r'[\s()"]')
_RANGE_END = re.compile(r'[\s\]"]')


class Sign(Enum):
    """What a token is."""

    OPEN = auto()
    CLOSE = auto()
    AND = auto()
    OR = auto()
    NOT = auto()
    TERM = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Value:
    """A value as it was written.

    Attributes:
        text: Its letters; quotes and backslashes are gone.
        wild: Places in it of `*` and `?` that stand for others.
        at: Its column, from 1.
    """

    text: str
    wild: frozenset[int]
    at: int


@dataclass(frozen=True, slots=True)
class Token:
    """One token.

    Attributes:
        sign: What it is.
        at: Its column, from 1.
        field: Of a term: the name before the colon; None for a word alone.
        operator: Of a term: `<`, `<=`, `>`, `>=`, `[]` for a range, or nothing.
        values: Of a term: its value, or the two ends of a range.
    """

    sign: Sign
    at: int
    field: str | None = None
    operator: str = ""
    values: tuple[Value, ...] = ()


def wrong(at: int, what: str) -> MalformedInputError:
    """An error at a place of a search."""
    return MalformedInputError(f"column {at}: {what}")


def tokens(text: str) -> list[Token]:
    """The tokens of a search, an END last.

    Raises:
        MalformedInputError: It is too long, a quote or a range does not end, or a letter is none.
    """
    if len(text) > LONGEST:
        raise MalformedInputError(f"a search has {LONGEST:,} characters at most")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise wrong(error.start + 1, "half of a character pair") from error
    if "\0" in text:
        raise wrong(text.index("\0") + 1, "the character NUL cannot be looked for")
    return _Cut(text).all()


class _Cut:
    """A text and how far it was read."""

    def __init__(self, text: str) -> None:
        self.text, self.place = text, 0

    def all(self) -> list[Token]:
        found = []
        while True:
            self._skip_blanks()
            token = self._token()
            found.append(token)
            if token.sign is Sign.END:
                return found

    def _token(self) -> Token:
        at, letter = self.place + 1, self.text[self.place : self.place + 1]
        single = {"": Sign.END, "(": Sign.OPEN, ")": Sign.CLOSE}.get(letter)
        if letter == "-" and self.text[self.place + 1 : self.place + 2].strip():
            single = Sign.NOT
        if single is not None:
            self.place += len(letter)
            return Token(single, at)
        return self._term(at)

    def _term(self, at: int) -> Token:
        field = None
        if named := _FIELD.match(self.text, self.place):
            field, self.place = named[1], named.end()
        operator = ""
        if field is not None and (found := _OPERATOR.match(self.text, self.place)):
            operator, self.place = found[0], found.end()
        if field is not None and self.text.startswith("[", self.place):
            return Token(Sign.TERM, at, field, "[]", self._range())
        quoted = self.text.startswith('"', self.place)
        value = self._value(_PLAIN_END)
        if not value.text and not (quoted and field is not None):
            raise wrong(value.at, "a value is missing" if field else "a text is missing")
        if field is None and not quoted and value.text in {"AND", "OR", "NOT"}:
            return Token(Sign[value.text], at)
        return Token(Sign.TERM, at, field, operator, (value,))

    def _range(self) -> tuple[Value, Value]:
        at, how = self.place + 1, "a range is written [FIRST TO LAST]"
        self.place += 1
        self._skip_blanks()
        first = self._value(_RANGE_END)
        self._skip_blanks()
        between = self._value(_RANGE_END)
        self._skip_blanks()
        last = self._value(_RANGE_END)
        self._skip_blanks()
        if between.text != "TO" or not first.text or not last.text:
            raise wrong(at, how)
        if not self.text.startswith("]", self.place):
            raise wrong(at, f"the range does not end; {how}")
        self.place += 1
        return first, last

    def _value(self, end: re.Pattern[str]) -> Value:
        at = self.place + 1
        if self.text.startswith('"', self.place):
            return self._quoted(at)
        letters: list[str] = []
        wild = set()
        while self.place < len(self.text) and not end.match(self.text, self.place):
            letter = self.text[self.place]
            if letter == "\\" and self.place + 1 < len(self.text):
                self.place += 1
                letter = self.text[self.place]
            elif letter in "*?":
                wild.add(len(letters))
            letters.append(letter)
            self.place += 1
        return Value("".join(letters), frozenset(wild), at)

    def _quoted(self, at: int) -> Value:
        letters: list[str] = []
        self.place += 1
        while self.place < len(self.text):
            letter = self.text[self.place]
            self.place += 1
            if letter == '"':
                return Value("".join(letters), frozenset(), at)
            if letter == "\\" and self.text[self.place : self.place + 1] in {'"', "\\"}:
                letter = self.text[self.place]
                self.place += 1
            letters.append(letter)
        raise wrong(at, 'the quote does not end; write \\" for a quote in it')

    def _skip_blanks(self) -> None:
        while self.place < len(self.text) and self.text[self.place].isspace():
            self.place += 1
