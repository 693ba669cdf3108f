"""How a key of the configuration is declared: its type, default, bounds and words, in one place."""

from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

T = TypeVar("T")
_FACTS = "foreseen"
FILE = "_file"
"""Ends the name of a key that names the file which a secret stands in."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that is never shown.

    Attributes:
        value: It.
    """

    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a declaration says of a key beside its type and default.

    Attributes:
        about: What it is, in one line.
        least: Smallest value of a number.
        most: Largest value of a number.
        choices: What a text may be; empty: anything.
        example: A value to show where the default is none.
    """

    about: str
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()
    example: str = ""


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a section.

    Attributes:
        name: As it is written.
        kind: The type of its value: str, int, float, bool, Path, tuple or Secret.
        optional: Whether it may be left without a value.
        default: Its value unless somebody says otherwise.
        facts: What else is declared.
    """

    name: str
    kind: type
    optional: bool
    default: object
    facts: Facts

    @property
    def words(self) -> str:
        """What may stand there, e.g. `a whole number from 0 to 65535`."""
        facts = self.facts
        if facts.choices:
            words = [f'"{each}"' for each in facts.choices]
            found = f"one of {', '.join(words)}"
            return f"a list of {', '.join(words)}" if self.kind is tuple else found
        bounds = "" if facts.least is None else f" from {facts.least:g} to {facts.most:.15g}"
        return _WORDS[self.kind] + bounds


_WORDS: dict[type, str] = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    Path: "a path",
    tuple: "a list of texts",
    Secret: "a text",
}


def key(  # noqa: PLR0913 (each is a fact of its own)
    default: T,
    about: str,
    *,
    least: float | None = None,
    most: float | None = None,
    choices: tuple[str, ...] = (),
    example: str = "",
) -> T:
    """Declare a key; a number has both bounds."""
    facts = Facts(about, least, most, choices, example)
    return field(default=default, metadata={_FACTS: facts})


def keys_of(section: type[Any]) -> dict[str, Key]:
    """The keys that a section declares, by name, in their order."""
    hints = get_type_hints(section)
    return {each.name: _key(each, hints[each.name]) for each in fields(section)}


def _key(declared: Field[Any], hint: Any) -> Key:  # noqa: ANN401 (a type, as Python tells it)
    kinds = [each for each in getattr(hint, "__args__", ()) if each is not type(None)]
    optional = type(None) in getattr(hint, "__args__", ())
    kind = kinds[0] if optional else getattr(hint, "__origin__", hint)
    facts: Facts = declared.metadata[_FACTS]
    return Key(declared.name, kind, optional, declared.default, facts)


def secret_files(section: type[Any]) -> dict[str, Key]:
    """The keys that name files of secrets, by their names: `control_file` for `control`."""
    found = keys_of(section).values()
    return {each.name + FILE: each for each in found if each.kind is Secret}
