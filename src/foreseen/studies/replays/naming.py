"""Names of a place in what an attack did there: its directories and accounts, not the lab's.

Directories that every system has (`/etc`, `/usr`, `/tmp`, ...) stay; what a place calls its own
(`/home/NAME`, `/srv/...`, `/var/lib/...`) takes the name of something that the tenant's benign
matches know. Each foreign directory or account becomes one of the tenant's, the same all through a
run. Where the tenant's matches name none, the recorded name stays.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from foreseen.core.ids import content_hash

T = TypeVar("T")

_DIRECTORY = re.compile(r"(?<![^\s='\":,@(;|&\[>])/(?:[\w.@+~#-]+/){1,3}")
_HOME = re.compile(r"/home/[^/]+/")
_LOGIN = re.compile(r"^(?:USER|CRED)_\w+!? .* (?P<account>[^\s/]+)$")
_EVERYWHERE = tuple(
    f"/{name}/"
    for name in (
        *("bin", "boot", "dev", "etc", "lib", "lib64", "proc", "root", "run", "sbin", "sys"),
        *("tmp", "usr", "var/log", "var/run", "var/spool", "var/tmp"),
    )
)
_EVERYBODY = {"root"}


@dataclass(frozen=True, slots=True)
class Names:
    """What a place calls its own.

    Attributes:
        homes: Home directories, sorted.
        directories: Other directories, sorted.
        accounts: Accounts that log in, sorted.
        seed: Which of them takes the place of which foreign one.
    """

    homes: Sequence[str]
    directories: Sequence[str]
    accounts: Sequence[str]
    seed: str = ""
    _given: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)

    def by(self, seed: str) -> "Names":
        """The same names, given otherwise."""
        return replace(self, seed=seed)

    def of(self, text: str) -> str:
        """A token or an act with the place's own names; windows repeat their tokens."""
        if text not in self._given:
            self._given[text] = self._renamed(text)
        return self._given[text]

    def _renamed(self, text: str) -> str:
        login = _LOGIN.match(text)
        if login and login["account"] not in _EVERYBODY:
            account = pick(self.accounts, self.seed, login["account"])
            return text[: login.start("account")] + (account or login["account"])
        return _DIRECTORY.sub(lambda found: self._directory(found[0]), text)

    def _directory(self, path: str) -> str:
        if path.startswith(_EVERYWHERE):
            return path
        home = _HOME.match(path)
        if home and self.homes:
            return f"{pick(self.homes, self.seed, home[0])}{path[home.end() :]}"
        return pick(self.directories, self.seed, path) or path


def names_of(texts: Iterable[str]) -> Names:
    """Names that occur in the tokens and acts of a place."""
    homes: set[str] = set()
    directories: set[str] = set()
    accounts: set[str] = set()
    for text in set(texts):
        login = _LOGIN.match(text)
        if login and login["account"] not in _EVERYBODY:
            accounts.add(login["account"])
        for path in _DIRECTORY.findall(text):
            home = _HOME.match(path)
            if home:
                homes.add(home[0])
            elif not path.startswith(_EVERYWHERE):
                directories.add(path)
    return Names(sorted(homes), sorted(directories), sorted(accounts))


def pick(items: Sequence[T], *key: object) -> T | None:
    """One of the items, the same for the same key; None of none."""
    return items[number(*key) % len(items)] if items else None


def number(*key: object) -> int:
    """A number that the key alone decides."""
    return int(content_hash("\x1f".join(map(str, key)).encode("utf-8", "surrogatepass")), 16)
