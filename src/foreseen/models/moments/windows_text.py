r"""Windows command lines and paths in the words of the others, so that one folding serves both.

`"C:\Windows\Temp\EU1A2B.tmp\setup.exe" /c` becomes `/tmp/EU1A2B.tmp/setup.exe -c`: slashes forward,
switches as options, directories for temporary files as `/tmp`, and lower case, for names have none.
"""

import re
import shlex
from functools import lru_cache

_DEVICE = re.compile(r"^\\(?:\?\?|\\[?.])\\")
_DRIVE = re.compile(r"(?<![a-z0-9])([a-z]):(?=\\|$)", re.IGNORECASE)
_LOOKS_LIKE = re.compile(r'[a-z]:\\|\\\\|%[a-z]+%|^"?[^/\s\\]+\\\w|\.exe\b', re.IGNORECASE)
_WORD = re.compile(r'(?:"[^"]*"?|[^\s"])+')
_SWITCH = re.compile(r"/([?a-z][\w:.+-]{0,24})", re.IGNORECASE)
_TEMPORARY = re.compile(
    r"(?:/[a-z])?/(?:windows|users/[^/]+/appdata/local)/temp(?=/|$)|%te?mp%", re.IGNORECASE
)


def is_windows(text: str) -> bool:
    """Whether a command line or path is written as Windows writes them."""
    return ("\\" in text or ".exe" in text.lower()) and bool(_LOOKS_LIKE.search(text))


@lru_cache(maxsize=65_536)
def as_posix(text: str) -> str:
    """A command line; one that is not of Windows is left as it is."""
    if not is_windows(text):
        return text
    return shlex.join(_word(word) for word in _WORD.findall(text))


@lru_cache(maxsize=65_536)
def path_as_posix(path: str) -> str:
    """A path; one that is not of Windows is left as it is."""
    return _path(path) if is_windows(path) else path


def _word(word: str) -> str:
    switch = _SWITCH.fullmatch(word)
    return f"-{switch[1].lower()}" if switch else _path(word.replace('"', ""))


def _path(path: str) -> str:
    forward = _DRIVE.sub(r"/\1", _DEVICE.sub("", path)).replace("\\", "/")
    return _TEMPORARY.sub("/tmp", forward.lower())  # noqa: S108 (a name for them, no file of ours)
