"""Command lines of any system, folded: Windows ones here, others as the product's models do.

Windows is blind to case, names temporary things in its own ways, and puts versions and GUIDs into
paths. `folded_command` keeps every word but those; `act` is one short token of an event.
"""

import re
from functools import lru_cache

from foreseen.models.moments import tokens

_WINDOWS = re.compile(
    r"(?:^|[\s\"'=?\\])[a-z]:\\|^\\\\|^[\"']?[\w.-]+\.exe\b|%\w{3,}%", re.IGNORECASE
)
_NAMESPACE = re.compile(r"^\\(?:\?\?|\\\?)\\")
_GUID = re.compile(r"\{?\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b\}?", re.IGNORECASE)
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/\\])[A-Za-z0-9+/]{48,}={0,2}")
_TEMPORARY = re.compile(r"[^\\/\s\"']{1,64}\.tmp\b")
_INSTALLER = re.compile(r"\b_is[0-9a-f]{3,6}\b")
_USER = re.compile(r"(?<=\\users\\)[^\\\"]{1,64}(?=\\)")
_HEXADECIMAL = re.compile(r"\b(?:0x[0-9a-f]{1,64}|(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{8,128})\b")
_ADDRESS_OR_NUMBER = re.compile(
    r"(?P<address>(?<![\w.\\-])(?:\d{1,3}\.){3}\d{1,3}(?![\w.\\]))|(?<![a-z\d])\d+|(?<=[a-z])\d{3,}"
)
_BLANKS = re.compile(r"\s+")

_WORD = re.compile(r"\"([^\"]*)\"?|([^\s\"]+(?:\"[^\"]*\"?[^\s\"]*)*)")
_PLAIN = re.compile(r"^[a-z][a-z_-]{0,23}$")
_LIBRARY = re.compile(r"\.(?:dll|cpl|ocx)\b")
_URL = re.compile(r"^([a-z]{2,6})://([^/:]{1,64})")
_CMDLET = re.compile(r"\b[a-z]{2,12}-[a-z]{3,32}\b")
_SHELLS = {"powershell.exe", "pwsh.exe"}
_SHOWN_WORDS, _SHOWN_CMDLETS, _PLAIN_WORDS, _LONG_SWITCH = 6, 3, 2, 24
_KEPT_DIRECTORIES = 2


def is_windows(text: str) -> bool:
    """Whether a command line or path was written on Windows."""
    return bool(_WINDOWS.search(text[: tokens.LONGEST]))


def folded_command(text: str, *, windows: bool | None = None) -> str:
    """A command line or path with what is random in it replaced by its kind.

    Args:
        text: As recorded.
        windows: Whether it was written on Windows; None: it looks so or not.
    """
    if windows or (windows is None and is_windows(text)):
        return _folded(text)
    return tokens.folded(text)


def act(parent: str | None, child: str | None, command: str | None) -> str:
    """A token such as `cmd.exe > sc.exe query <name>`; what is unknown is left out."""
    starter = _program(parent) if parent else ""
    words = _shape(child, command) if command else _program(child or "")
    return f"{starter} > {words}" if starter else words


@lru_cache(maxsize=65_536)
def _folded(text: str) -> str:
    """A Windows command line, in lower case; the longest are cut as everywhere else."""
    cut = text[: tokens.LONGEST].strip()
    cut = _BASE64.sub(_base64, _NAMESPACE.sub("", cut)).lower()
    cut = _TEMPORARY.sub("<random>.tmp", _GUID.sub("<guid>", cut))
    cut = _USER.sub("<user>", _INSTALLER.sub("_is<random>", cut))
    cut = _ADDRESS_OR_NUMBER.sub(lambda m: m["address"] or "#", _HEXADECIMAL.sub("<hex>", cut))
    return _BLANKS.sub(" ", cut) + ("<cut>" if len(text) > tokens.LONGEST else "")


def _base64(found: re.Match[str]) -> str:
    """Long words alone are no code: it mixes digits, small and capital letters."""
    text = found[0]
    mixed = re.search(r"\d", text) and re.search(r"[a-z]", text) and re.search(r"[A-Z]", text)
    return "<base64>" if mixed else text


@lru_cache(maxsize=65_536)
def _program(path: str) -> str:
    folded = folded_command(path).strip("\"' ")
    return re.split(r"[\\/]", folded)[-1] or folded


@lru_cache(maxsize=65_536)
def _shape(child: str | None, command: str) -> str:
    """Program, switches and kinds of arguments of a command line."""
    if not is_windows(child or command):
        return tokens.shape(command)
    folded = _folded(command)
    image = _folded(child) if child else ""
    rest = folded.removeprefix(image) if image else folded
    words = [a or b for a, b in _WORD.findall(rest)]
    if rest == folded and words:  # the command does not begin with the bare path of the image
        image, words = image or words[0], words[1:]
    program = _program(image)
    if program in _SHELLS:
        return " ".join([program, *_cmdlets(rest)])
    return " ".join([program, *_arguments(words)])


def _cmdlets(script: str) -> list[str]:
    """What a PowerShell script calls, not what it says."""
    return list(dict.fromkeys(_CMDLET.findall(script)))[:_SHOWN_CMDLETS] or ["<code>"]


def _arguments(words: list[str]) -> list[str]:
    shown: list[str] = []
    plain = 0
    for word in words:
        kind = _argument(word, plain=plain < _PLAIN_WORDS)
        plain += kind == word
        if not shown or shown[-1] != kind:
            shown.append(kind)
        if len(shown) == _SHOWN_WORDS:
            break
    return shown


def _argument(word: str, *, plain: bool) -> str:
    if word.startswith(("/", "-")):
        switch = re.split(r"[:=]", word, maxsplit=1)[0]
        return switch if len(switch) <= _LONG_SWITCH else f"{word[0]}<long>"
    if url := _URL.match(word):
        return f"url:{url[1]}:{url[2]}"
    if _LIBRARY.search(word):
        return word.rsplit("\\", 1)[-1]
    if "\\" in word:
        *directories, name = word.split("\\")
        kept = "\\".join(directories[:_KEPT_DIRECTORIES])
        return f"{kept}\\<name{_extension(name)}>"
    return word if plain and _PLAIN.match(word) else f"<word{_extension(word)}>"


def _extension(name: str) -> str:
    found = re.search(r"\.[a-z]{2,5}\d?$", name)
    return found[0] if found else ""
