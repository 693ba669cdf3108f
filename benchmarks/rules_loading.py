"""Start-up and hot reload: rule files to a set that labels, with and without kept databases."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from foreseen.rules.engine.scan import Store
from foreseen.rules.loading import Loaded, load
from foreseen.rules.ruleset import RuleSet, rule_set

Result = TypeVar("Result")

_CHANGED = "CommandLine|contains: '"


@dataclass(frozen=True, slots=True)
class Loading:
    """CPU seconds of each way to get ready.

    Attributes:
        rules: How many were loaded.
        refused: Files' mistakes that were told instead.
        first: From texts, nothing kept.
        kept: From texts, with databases kept by an earlier run.
        compiled: The engine alone, nothing kept.
        compiled_kept: The engine alone, with kept databases.
        reload: After a change of one rule, beside the set that runs.
    """

    rules: int
    refused: int
    first: float
    kept: float
    compiled: float
    compiled_kept: float
    reload: float


def measure(documents: Sequence[tuple[str, str]]) -> tuple[Loading, RuleSet]:
    """Load all rules in each of these ways; gives the set too.

    Raises:
        ValueError: The changed rule is not live after the reload.
    """
    with TemporaryDirectory() as folder:
        store = _FolderStore(Path(folder))
        first, loaded = _timed(lambda: load(documents, store=store))
        kept, _ = _timed(lambda: load(documents, store=store))
        rules = loaded.rules
        compiled, _ = _timed(lambda: rule_set(rules.compiled))
        compiled_kept, _ = _timed(lambda: rule_set(rules.compiled, store=store))
        changed = _one_changed(documents, rules)
        reload, after = _timed(lambda: load(changed, before=rules, store=store))
    _check(rules, after)
    return (
        Loading(
            len(rules.rules), len(loaded.problems), first, kept, compiled, compiled_kept, reload
        ),
        rules,
    )


def _one_changed(documents: Sequence[tuple[str, str]], rules: RuleSet) -> list[tuple[str, str]]:
    """The documents with another text in one rule that asks for parts of command lines."""
    path, text = next(
        (each.rule.path, each.text)
        for each in rules.compiled
        if _CHANGED in each.text and each.rule.logsource.category == "process_creation"
    )
    new = text.replace(_CHANGED, f"{_CHANGED}bench-rules ", 1)
    return [(name, new if name == path else old) for name, old in documents]


def _check(before: RuleSet, after: Loaded) -> None:
    changed = [
        new for old, new in zip(before.compiled, after.rules.compiled, strict=True)
        if old.tree != new.tree
    ]  # fmt: skip
    if len(changed) != 1:
        raise ValueError(f"the reload should have changed 1 rule, it changed {len(changed)}")


def _timed(run: Callable[[], Result]) -> tuple[float, Result]:
    started = time.process_time()
    result = run()
    return time.process_time() - started, result


class _FolderStore(Store):
    """Databases as files of a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, name: str) -> bytes | None:
        path = self._folder / name
        return path.read_bytes() if path.is_file() else None

    def put(self, name: str, content: bytes) -> None:
        (self._folder / name).write_bytes(content)
