"""What a backup says that it holds: its files with their checksums, written last of all."""

from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from foreseen.core.errors import CorruptError, MalformedInputError, NotFoundError
from foreseen.lake.places.local import sync_file

MANIFEST = "manifest.json"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Filed:
    """A file of a backup: bytes, and their BLAKE2b-256 in hexadecimal."""

    size: int
    blake2b: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds.

    Attributes:
        format: Version of this shape.
        foreseen: Version of Foreseen that made it.
        made: When it began, ms UTC.
        tables: Version of each table of the lake.
        files: Its files by path.
    """

    format: int
    foreseen: str
    made: int
    tables: dict[str, int]
    files: dict[str, Filed]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files.values())


def manifest_of(source: Path) -> Manifest:
    """What a backup holds.

    Raises:
        NotFoundError: There is none, or it was not finished.
        MalformedInputError: A newer version of Foreseen made it.
        CorruptError: Its manifest cannot be read.
    """
    path = source / MANIFEST
    if not path.is_file():
        raise NotFoundError(f"{path}: no such file, so this is no backup or an unfinished one")
    try:
        told = orjson.loads(path.read_bytes())
        if told["format"] > FORMAT:
            raise MalformedInputError(f"{path}: a newer version of Foreseen made it; update")
        files = {name: Filed(**file) for name, file in told.pop("files").items()}
        return Manifest(**told, files=files)
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise CorruptError(f"{path}: is no manifest of a backup: {error!r}") from error


def write_manifest(manifest: Manifest, target: Path) -> None:
    """Last of all, and at once: without it there is no backup."""
    partial = target / f".{MANIFEST}"
    partial.write_bytes(orjson.dumps(asdict(manifest), option=orjson.OPT_INDENT_2))
    sync_file(partial)
    partial.rename(target / MANIFEST)
    sync_file(target)


def check_same(path: Path, told: Filed, found: Filed) -> None:
    """Do nothing if a file is what the manifest told.

    Raises:
        CorruptError: It is another one.
    """
    if found != told:
        raise CorruptError(
            f"{path}: the manifest says {told.size} bytes with checksum {told.blake2b[:12]}, it "
            f"has {found.size} with {found.blake2b[:12]}; take another backup"
        )
