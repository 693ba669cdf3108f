"""The configuration as text: an example made from the declaration, and what is in force."""

from collections.abc import Iterator
from pathlib import Path

from foreseen.runners.config.declaring import FILE, Key, Secret, keys_of
from foreseen.runners.config.reading import DEFAULT, Read
from foreseen.runners.config.sections import SECTIONS

HIDDEN = "***"


def example() -> str:
    """A commented file of all sections and keys with their defaults; it is sound as it is."""
    head = (
        "# Foreseen's configuration, as `foreseen config example` prints it. Every key may be left"
        " out.\n# FORESEEN_SECTION__KEY in the environment counts more, an option of `foreseen up`"
        " most.\n"
    )
    return head + "".join(f"\n{_section(name, made)}" for name, made in SECTIONS.items())


def _section(name: str, made: type) -> str:
    title = (made.__doc__ or "").splitlines()[0]
    keys = "".join(f"\n{_example_key(each)}" for each in keys_of(made).values())
    return f"# {title}\n[{name}]{keys}\n"


def _example_key(key: Key) -> str:
    """About, what may stand there, and the line; what has no default is a comment."""
    about = f"# {key.facts.about}"
    if key.facts.choices or key.facts.least is not None:
        about += f" {key.words[0].upper()}{key.words[1:]}."
    if key.kind is Secret:
        return f'{about}\n# {key.name}{FILE} = "/etc/foreseen/{key.name}"'
    if key.default is None:
        shown = key.facts.example
        return f"{about}\n# {key.name} = {shown if key.kind in {int, float} else written(shown)}"
    return f"{about}\n{key.name} = {written(key.default)}"


def written(value: object) -> str:
    """A value as TOML writes it; a secret as stars."""
    match value:
        case Secret():
            return f'"{HIDDEN}"'
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case tuple():
            return f"[{', '.join(map(written, value))}]"
        case Path() | str():
            return '"' + "".join(_letter(each) for each in str(value)) + '"'
    return ""


def _letter(letter: str) -> str:
    if letter in {'"', "\\"}:
        return "\\" + letter
    return letter if letter.isprintable() else f"\\U{ord(letter):08x}"


def in_force(read: Read) -> Iterator[tuple[str, object, str]]:
    """Path, value and source of every key; a secret's value is stars."""
    for section, made in SECTIONS.items():
        held = getattr(read.configuration, section)
        for name in keys_of(made):
            path, value = f"{section}.{name}", getattr(held, name)
            shown = HIDDEN if isinstance(value, Secret) else value
            yield path, shown, read.sources.get(path, DEFAULT)
