"""The configuration from its file, the environment and options, checked whole."""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from foreseen.core.errors import MalformedInputError, NotFoundError
from foreseen.runners.config.declaring import Key, Secret, keys_of, secret_files
from foreseen.runners.config.places import lines_of
from foreseen.runners.config.sections import SECTIONS, Configuration
from foreseen.runners.config.values import WrongValueError, value_of, value_of_text

NAME = "foreseen.toml"
SYSTEM = Path("/etc/foreseen") / NAME
PREFIX = "FORESEEN_"
_BETWEEN = "__"
DEFAULT = "default"
_AT_LINE = re.compile(r" \(at line (\d+), column \d+\)$")
_LONGEST_SECRET = 1 << 16
_WEB = re.compile(r"https?://[^\s/?#]+\S*")


@dataclass(frozen=True, slots=True)
class Read:
    """A configuration, and where its values came from.

    Attributes:
        configuration: It.
        file: The file that was taken; None: there is none.
        sources: Where the value of each key came from, by dotted path.
    """

    configuration: Configuration
    file: Path | None
    sources: Mapping[str, str]


@dataclass(slots=True)
class _Gathered:
    """Values and faults so far."""

    values: dict[str, dict[str, object]] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def take(self, section: str, key: Key, value: object, source: str) -> None:
        self.values.setdefault(section, {})[key.name] = value
        self.sources[f"{section}.{key.name}"] = source

    def fault(self, path: str, what: str) -> None:
        self.faults.append(f"{self.sources[path]}: '{path}' {what}")


def chosen_file(named: Path | None, data: Path) -> Path | None:
    """The file to take: the named one, else the first that is there; None: there is none.

    Raises:
        NotFoundError: The named one is not there.
    """
    if named is not None:
        if not named.is_file():
            raise NotFoundError(f"{named}: no such configuration file")
        return named
    return next((each for each in (Path(NAME), data / NAME, SYSTEM) if each.is_file()), None)


def read_configuration(
    named: Path | None,
    environment: Mapping[str, str],
    options: Mapping[str, object] | None = None,
) -> Read:
    """The configuration: defaults, under the file, under the environment, under options.

    Args:
        named: The file; None: it is looked for.
        environment: Variables; `FORESEEN_SECTION__KEY` counts.
        options: Values by dotted path, typed already; None is what was not given.

    Raises:
        NotFoundError: The named file is not there.
        MalformedInputError: Something is wrong; the message has a line for each thing.
    """
    given = {path: value for path, value in (options or {}).items() if value is not None}
    data = Path(str(given.get("stores.data", environment.get(f"{PREFIX}STORES__DATA", "data"))))
    file = chosen_file(named, data)
    gathered = _Gathered()
    if file is not None:
        _from_file(file, gathered)
    _from_environment(environment, gathered)
    for path, value in given.items():
        section, name = path.split(".")
        option = "--" + name.replace("_", "-")
        gathered.take(section, keys_of(SECTIONS[section])[name], value, f"option {option}")
    configuration = Configuration(
        **{name: made(**gathered.values.get(name, {})) for name, made in SECTIONS.items()}
    )
    _check_pairs(configuration, gathered)
    if gathered.faults:
        raise MalformedInputError("\n".join(gathered.faults))
    return Read(configuration, file, gathered.sources)


def _from_file(file: Path, gathered: _Gathered) -> None:
    try:
        text = file.read_text("utf-8")
        told = tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise MalformedInputError(f"{file}: not UTF-8 at byte {error.start}; save it so") from error
    except tomllib.TOMLDecodeError as error:
        found = _AT_LINE.search(str(error))
        place = f"{file}:{found[1]}" if found else str(file)
        raise MalformedInputError(f"{place}: {_AT_LINE.sub('', str(error))}") from error
    lines = lines_of(text)
    for section, values in told.items():
        place = f"{file}:{lines.get(section, 1)}"
        if section not in SECTIONS:
            gathered.faults.append(f"{place}: {_unknown_section(section, values)}")
        elif not isinstance(values, dict):
            gathered.faults.append(f"{place}: '{section}' is a section; write [{section}]")
        else:
            for name, value in values.items():
                line = lines.get(f"{section}.{name}", lines.get(section, 1))
                _one(gathered, f"{file}:{line}", (section, name), value)


def _one(gathered: _Gathered, place: str, path: tuple[str, str], value: object) -> None:
    """Take what stands at one place, or tell what is wrong with it."""
    section, name = path
    declared, files = keys_of(SECTIONS[section]), secret_files(SECTIONS[section])
    try:
        if name in files:
            gathered.take(section, files[name], _secret(value), f"{place} ({name})")
        elif name in declared:
            gathered.take(section, declared[name], value_of(declared[name], value), place)
        else:
            gathered.faults.append(f"{place}: {_unknown_key(section, name)}")
    except WrongValueError as error:
        gathered.faults.append(f"{place}: '{section}.{name}' {error}")


def _secret(value: object) -> Secret:
    """The secret in a file, without the end of its line."""
    if not isinstance(value, str):
        raise WrongValueError(f"is the path of a file, not {value!r:.50}")
    try:
        text = Path(value).read_bytes()[: _LONGEST_SECRET + 1].decode().rstrip("\r\n")
    except (OSError, UnicodeDecodeError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise WrongValueError(f"names {value!r:.200}, which cannot be read: {why}") from error
    if not text or len(text) > _LONGEST_SECRET:
        raise WrongValueError(f"names {value!r:.200}, which is empty or too long")
    return Secret(text)


def _from_environment(environment: Mapping[str, str], gathered: _Gathered) -> None:
    for variable, text in sorted(environment.items()):
        if not variable.startswith(PREFIX) or _BETWEEN not in variable:
            continue
        section, _, name = variable.removeprefix(PREFIX).lower().partition(_BETWEEN)
        place = f"environment {variable}"
        if section not in SECTIONS:
            gathered.faults.append(f"{place}: {_unknown_section(section, {name: text})}")
            continue
        declared = keys_of(SECTIONS[section]).get(name)
        if declared is None:
            _one(gathered, place, (section, name), text)
            continue
        try:
            gathered.take(section, declared, value_of_text(declared, text), place)
        except WrongValueError as error:
            gathered.faults.append(f"{place}: '{section}.{name}' {error}")


def _unknown_section(section: str, values: Any) -> str:  # noqa: ANN401 (whatever TOML gave)
    """Words on a name that is no section, or on a key that stands outside of its own."""
    if not isinstance(values, dict):
        homes = [name for name, made in SECTIONS.items() if section in keys_of(made)]
        if homes:
            return f"'{section}' stands in no section; write it under [{homes[0]}]"
        return f"'{section}' is no key; did you mean '{_nearest(section, _paths())}'?"
    near = get_close_matches(section, list(SECTIONS), n=1, cutoff=0.0)[0]
    return f"'[{section}]' is no section; did you mean '[{near}]'?"


def _unknown_key(section: str, name: str) -> str:
    own = [*keys_of(SECTIONS[section]), *secret_files(SECTIONS[section])]
    elsewhere = [other for other, made in SECTIONS.items() if name in keys_of(made)]
    if elsewhere:
        return f"'{section}.{name}' is no key; did you mean '{elsewhere[0]}.{name}'?"
    near = get_close_matches(name, own, n=1, cutoff=0.0)[0]
    return f"'{section}.{name}' is no key; did you mean '{section}.{near}'?"


def _paths() -> list[str]:
    return [f"{name}.{each}" for name, made in SECTIONS.items() for each in keys_of(made)]


def _nearest(name: str, paths: list[str]) -> str:
    ends = {path.split(".")[1]: path for path in paths}
    return ends[get_close_matches(name, list(ends), n=1, cutoff=0.0)[0]]


def _check_pairs(found: Configuration, gathered: _Gathered) -> None:
    """What only two keys together tell, and what only the whole value tells."""
    server = found.server
    tls = {"server.tls_cert": server.tls_cert, "server.tls_key": server.tls_key}
    for path, lacking in (tuple(tls), tuple(reversed(tls))):
        if tls[path] is not None and tls[lacking] is None:
            gathered.fault(path, f"needs '{lacking}' too; give both")
    for path, file in (*tls.items(), ("identity.file", found.identity.file)):
        if file is not None and not os.access(file, os.R_OK):
            gathered.fault(path, f"cannot be read: {file}")
    for path, url in (
        ("server.public_url", server.public_url),
        ("telemetry.endpoint", found.telemetry.endpoint),
    ):
        if url is not None and not _WEB.fullmatch(url):
            gathered.fault(path, f"is an address with http:// or https://, not {url!r:.50}")
    for each in server.trusted_proxies:
        try:
            ip_network(each)
        except ValueError as error:
            gathered.fault("server.trusted_proxies", f"names addresses or networks: {error}")
