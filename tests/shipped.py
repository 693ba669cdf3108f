"""The shipped rules, read once in a test process: hundreds of files take a second and more."""

import sys
from collections.abc import Iterator
from functools import cache, partial

import pytest

from foreseen.rules import RuleSet, load
from foreseen.runners.rules.compiled import user_folder
from foreseen.runners.rules.files import load_rules

_LOADERS = ("foreseen.rules.lint", "foreseen.runners.history", "foreseen.runners.rules.files")


@cache
def shipped_rules() -> RuleSet:
    """The shipped rules."""
    return load_rules(None)


@pytest.fixture(scope="module", autouse=True)
def shipped_files_are_read_once() -> Iterator[None]:
    """Commands of this process load shipped rules as a server does that looks at them again.

    A file whose path, text and lists are those of the first load is not compiled again, which
    `rules.load` promises for `before`; all else is. Programs of their own start cold.
    """
    again = partial(load, before=shipped_rules(), store=user_folder())
    with pytest.MonkeyPatch.context() as patch:
        for name in _LOADERS:
            if name in sys.modules:
                patch.setattr(sys.modules[name], "load", again)
        yield
