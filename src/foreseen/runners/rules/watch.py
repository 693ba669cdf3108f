"""Rules that follow their folder: an edit is live within seconds, a broken one changes nothing."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Event

from foreseen.core.errors import ForeseenError
from foreseen.rules import Loaded, RuleSet, load
from foreseen.rules.engine.scan import Store
from foreseen.runners.rules.files import Document, documents_in

log = logging.getLogger("foreseen.rules")

POLL_SECONDS = 2.0


class LiveRules:
    """The rules to use now; another thread may put newer ones in their place."""

    def __init__(self, rules: RuleSet) -> None:
        """Begin with rules that are loaded."""
        self.current = rules


class RuleWatch:
    """Looks at folders of rules and loads what has changed there, beside the rules in use."""

    def __init__(
        self,
        live: LiveRules,
        folder: Path | None,
        store: Store | None,
        local: Path | None = None,
    ) -> None:
        """Watch the folders that `live` was loaded from; without `folder` it holds the shipped."""
        self._live, self._folder, self._local, self._store = live, folder, local, store
        self._seen: Mapping[str, tuple[int, int]] = self._signature()
        self._sound = live.current.sound_files()

    def run(self, stop: Event) -> None:
        """Look every other second until told to stop."""
        while not stop.wait(POLL_SECONDS):
            self.look()

    def look(self) -> bool:
        """Load the rules again if a file has changed; whether the rules in use are others now."""
        signature = self._signature()
        if signature == self._seen:
            return False
        self._seen = signature
        try:
            documents, lists = documents_in(self._folder, self._local)
        except ForeseenError as error:
            log.error("rules stay as they are: %s", error)  # noqa: TRY400 (its message says it all)
            return False
        loaded = self._loaded(documents, lists)
        before = self._live.current
        if loaded.rules.hash == before.hash:
            return False
        self._live.current = loaded.rules
        log.info("rules are now %s: %d", loaded.rules.hash[:12], len(loaded.rules.rules))
        return True

    def _loaded(self, documents: Sequence[Document], lists: Mapping[str, Sequence[str]]) -> Loaded:
        """The rules of the folder; of a file with a mistake what it said before."""
        before = self._live.current
        loaded = read = load(documents, lists=lists, before=before, store=self._store)
        broken = {problem.path for problem in read.problems}
        mended = [
            (path, self._sound.get(path, text) if path in broken else text)
            for path, text in documents
        ]
        if mended != list(documents):
            loaded = load(mended, lists=lists, before=before, store=self._store)
        _tell(read, loaded)
        self._sound = loaded.rules.sound_files()
        return loaded

    def _signature(self) -> dict[str, tuple[int, int]]:
        folders = [each for each in (self._folder, self._local) if each is not None]
        return {name: found for each in folders for name, found in _signature(each).items()}


def _tell(read: Loaded, loaded: Loaded) -> None:
    """What is wrong with the files, and what became of them once their former versions helped."""
    left_out = {problem.path for problem in loaded.problems}
    told = {str(problem): problem.path for problem in (*read.problems, *loaded.problems)}
    for text, path in told.items():
        kept = "left out" if path in left_out else "its former version stays live"
        log.error("%s (%s)", text, kept)


def _signature(folder: Path) -> dict[str, tuple[int, int]]:
    """When each file was written, and its size."""
    found = {}
    for path in sorted(folder.rglob("*")) if folder.is_dir() else [folder]:
        try:
            status = path.stat()
        except OSError:
            continue  # gone between the two calls: the next look sees that
        found[str(path)] = (status.st_mtime_ns, status.st_size)
    return found
