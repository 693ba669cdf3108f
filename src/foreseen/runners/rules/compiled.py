"""A folder that keeps compiled databases of rules between runs."""

import contextlib
import os
import tempfile
from pathlib import Path

_MOST_FILES = 1_000


class CompiledFolder:
    """Files by content hash; whatever goes wrong here costs time only, so it is never an error.

    What is read back is checked by its reader; the folder is for this user alone, because a
    database is loaded as it is.
    """

    def __init__(self, folder: Path) -> None:
        """Keep files in `folder`, which is made when the first is put."""
        self._folder = folder

    def get(self, name: str) -> bytes | None:
        """Bytes put under a name, None if there are none."""
        try:
            return (self._folder / name).read_bytes()
        except OSError:
            return None

    def put(self, name: str, content: bytes) -> None:
        """Keep bytes under a name, whole or not at all; the oldest files make room."""
        with contextlib.suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._make_room()
            handle, temporary = tempfile.mkstemp(dir=self._folder)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(temporary).replace(self._folder / name)

    def _make_room(self) -> None:
        files = sorted(self._folder.iterdir(), key=lambda file: file.stat().st_mtime)
        for file in files[: max(0, len(files) - _MOST_FILES)]:
            file.unlink(missing_ok=True)


def user_folder() -> CompiledFolder:
    """The folder of this user: below XDG_CACHE_HOME, else ~/.cache."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return CompiledFolder(Path(base) / "foreseen" / "rules")
