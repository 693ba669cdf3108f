"""The rules in use and where they came from, for those who ask about them."""

import contextlib
import re
import threading
import time
from pathlib import Path, PurePath

from foreseen.core.errors import NotFoundError
from foreseen.core.ids import ContentHash, RuleId
from foreseen.reports.coverage_tests import rules_with_tests
from foreseen.rules import Rule, RuleError, RuleSet, load
from foreseen.rules.cases.cases import is_test
from foreseen.rules.document import documents_of
from foreseen.rules.ruleset import rule_set
from foreseen.rules.tuning import is_tuning
from foreseen.runners.rules.compiled import user_folder
from foreseen.runners.rules.files import (
    Document,
    folder_documents,
    load_folder,
    shipped_tests,
)
from foreseen.runners.rules.telling import every
from foreseen.runners.rules.watch import POLL_SECONDS, LiveRules, RuleWatch

_SHIPPED = "packs/"


class RuleBook:
    """Rules as the judging workers have them, or would have them from the same folders."""

    def __init__(
        self,
        folder: Path | None = None,
        local: Path | None = None,
        live: LiveRules | None = None,
    ) -> None:
        """Rules of a folder (else the shipped) and local ones.

        Args:
            folder: Rules instead of the shipped.
            local: Rules, filters and tunings beside them.
            live: The worker's, where this process has one; else they are loaded when first asked
                for, and again when a file has changed.
        """
        self.folder, self.local = folder, local
        self._live, self._lock = live, threading.Lock()
        self._watch: RuleWatch | None = None
        self._looked = 0.0
        self._kept: tuple[ContentHash | None, frozenset[RuleId]] = (None, frozenset())
        self._idle: tuple[ContentHash | None, RuleSet | None] = (None, None)

    def current(self) -> RuleSet:
        """The rules now.

        Raises:
            NotFoundError: A folder is missing or holds no rule.
            MalformedInputError: The lists of placeholders are wrong.
        """
        with self._lock:
            if self._live is None:
                loaded = load_folder(self.folder, local=self.local)
                self._live = LiveRules(loaded.rules)
                self._watch = RuleWatch(self._live, self.folder, user_folder(), self.local)
                self._looked = time.monotonic()
            elif self._watch is not None and time.monotonic() - self._looked > POLL_SECONDS:
                self._watch.look()
                self._looked = time.monotonic()
            return self._live.current

    @property
    def can_keep(self) -> bool:
        """Whether there is a folder where people can keep rules."""
        return self.local is not None and self.local.is_dir()

    def every(self) -> list[tuple[str, Rule, bool]]:
        """Rules and correlations by id, and whether they label: one that is disabled does not."""
        rules, disabled = self.current(), self.idle()
        live = [(name, rule, True) for name, rule in every(rules).items()]
        idle = [(str(rule.id), rule, False) for rule in disabled.rules] if disabled else []
        return sorted(live + idle, key=lambda each: each[0])

    def rule(self, name: str) -> tuple[Rule, bool]:
        """One rule, and whether it labels.

        Raises:
            NotFoundError: There is none of that id.
        """
        for own, rule, live in self.every():
            if own == name:
                return rule, live
        raise NotFoundError(f"no rule '{name}'")

    def is_managed(self, rule: Rule) -> bool:
        """Whether it came with Foreseen, so that only a tuning may change what becomes of it."""
        return self.folder is None and not self.is_local(rule.path)

    def is_local(self, path: str) -> bool:
        """Whether it is a file of the folder of local rules.

        The names of shipped ones could be taken for files of a folder that is named relatively.
        """
        return (
            self.local is not None
            and PurePath(path).is_relative_to(self.local)
            and (not path.startswith(_SHIPPED) or Path(path).is_file())
        )

    def shown(self, text: str) -> str:
        """A path, or what names paths, below its folder: where that lies is nobody's business."""
        for folder, name in ((self.local, "local"), (self.folder, "rules")):
            if folder is not None and folder.parts:
                text = text.replace(f"{folder}/", f"{name}/")
        return text

    def text(self, rule: Rule) -> str:
        """Text of a rule's file: of a local one as it is now, though it may be broken."""
        known = self.current().sources.texts.get(rule.path, "")
        if self.is_local(rule.path):
            with contextlib.suppress(OSError):
                return Path(rule.path).read_text("utf-8", errors="replace")
        return known.encode("utf-8", "replace").decode()

    def idle(self) -> RuleSet | None:
        """Rules that a tuning disabled, as their own files say; None: there are none.

        Loaded again when the rules are others.
        """
        rules = self.current()
        known, idle = self._idle
        if known != rules.hash:
            idle = _disabled(rules)
            self._idle = (rules.hash, idle)
        return idle

    def tested(self) -> frozenset[RuleId]:
        """Rules that have enough tests and keep them all; checked when the rules are others."""
        rules = self.current()
        known, tested = self._kept
        if known != rules.hash:
            tested = rules_with_tests(rules, self.tests())
            self._kept = (rules.hash, tested)
        return tested

    def tests(self) -> list[Document]:
        """Tests that lie beside the rules."""
        found = shipped_tests() if self.folder is None else _tests_below(self.folder)
        return found + (_tests_below(self.local) if self.local is not None else [])

    def tests_of(self, name: str) -> list[Document]:
        """Files of tests that have some of one rule."""
        likely = [(path, text) for path, text in self.tests() if name in text]  # cheap to ask
        return [(path, text) for path, text in likely if name in _tested_in(path, text)]


_TUNES = re.compile(r"^tune\s*:", re.MULTILINE)


def _disabled(rules: RuleSet) -> RuleSet | None:
    """Rules that a tuning among the files disabled, as their own files say."""
    wanted = set()
    for path, text in rules.sources.texts.items():
        if _TUNES.search(text):
            wanted |= {tuned for tuned, enabled in _tuned(path, text) if not enabled}
    files = [
        (path, text)
        for path, text in rules.sources.texts.items()
        if any(name in text for name in wanted) and not _TUNES.search(text)
    ]
    loaded = load(files, lists=rules.lists).rules.compiled if files else ()
    found = [each for each in loaded if {str(each.rule.id), each.rule.uuid} & wanted]
    return rule_set(found, lists=rules.lists) if found else None


def _tuned(path: str, text: str) -> list[tuple[str, bool]]:
    try:
        found = documents_of(path, text)
    except RuleError:
        return []
    return [
        (str(each.data["tune"]), each.data.get("enabled", True) is not False)
        for each in found
        if is_tuning(each)
    ]


def _tested_in(path: str, text: str) -> set[str]:
    """Names of the rules that a file tests; of one that cannot be read none."""
    try:
        return {str(each.data.get("rule", "")) for each in documents_of(path, text)}
    except RuleError:
        return set()


def _tests_below(folder: Path) -> list[Document]:
    has = folder.is_dir() and any(is_test(path.name) for path in folder.rglob("*"))
    return folder_documents(folder, tests=True) if has else []
