"""SigmaHQ's rules out of the research data: texts by path, read once."""

import re
import tarfile
from functools import cache
from pathlib import Path

ARCHIVE = "sigmahq/rules-8eaafff1.tar.xz"
_ID = re.compile(r"^id: *(\S+)", re.MULTILINE)


@cache
def rule_texts(data: Path) -> dict[str, str]:
    """YAML text of every rule by its path in the archive."""
    texts = {}
    with tarfile.open(data / ARCHIVE) as archive:
        for member in archive:
            content = archive.extractfile(member) if member.name.endswith(".yml") else None
            if content is not None:
                texts[member.name] = content.read().decode()
    return texts


@cache
def paths_by_id(data: Path) -> dict[str, str]:
    """Path of each rule by its UUID."""
    found = {path: _ID.search(text) for path, text in rule_texts(data).items()}
    return {match[1]: path for path, match in found.items() if match}
