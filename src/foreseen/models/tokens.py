"""Fold what is random in commands and paths; keep what tells one habit from another.

Three depths: `folded` keeps the words and hides random parts, `shape` keeps programs, options and
the kinds of the arguments, the image alone is the third. A model backs off from one to the next, so
that a command with a new unique name is not new in every way.
"""

import re
import shlex
from functools import lru_cache
from posixpath import basename, splitext

_TEMPORARY = ("/tmp/", "/var/tmp/", "/dev/shm/", "/run/user/")  # noqa: S108 (data, not our files)
_KEPT_DIRECTORIES = 3
_WORD_LIMIT = 12
_LONG_OPTION = 24
_PREFIXES = {"sudo", "env", "nohup", "timeout", "xargs", "nice", "setsid", "exec", "-u", "root"}
_SCRIPT_OPTIONS = {"-c", "-e", "-lc", "-ec", "-xc", "--eval", "--command"}

_UUID = re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b")
_LOOPBACK = re.compile(r"127(?:\.\d{1,3}){3}|localhost|\[::1\]")
_TOOL_TEMPORARY = re.compile(r"\b(tmp|cc|pip-[a-z-]+|conftest|npm-)[-_.]?[A-Za-z0-9_]{6,}")
_HEXADECIMAL = re.compile(r"\b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,}\b")
_BASE64 = re.compile(r"\b(?=[A-Za-z+/]*\d)(?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])[A-Za-z0-9+/]{16,}={0,2}")
_ADDRESS_OR_NUMBER = re.compile(
    r"(?P<address>\b(?:\d{1,3}(?:\.\d{1,3}){3}|localhost)(?::(?P<port>\d{1,5}))?\b)|\d+"
)
_FIRST_EPHEMERAL = 32_768
_URL = re.compile(
    r"^(?P<scheme>[a-z][a-z0-9+]*)://(?:[^/@]*@)?(?P<host>[^/:]+)(?::(?P<port>\d+))?(?P<path>[^?#]*)"
)
_COMMAND_BREAK = re.compile(r"[|;&\n(){}`]+|\$\(")
_PLAIN_WORD = re.compile(r"^[a-z][a-z_-]{0,15}$")
_ASSIGNMENT = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*=")


@lru_cache(maxsize=65_536)
def folded(text: str) -> str:
    """The text with random names, hashes and numbers replaced by their kind."""
    if "/" in text:
        text = " ".join(_fold_temporary(word) for word in text.split(" "))
    text = _UUID.sub("<uuid>", text)
    text = _TOOL_TEMPORARY.sub(r"\1<random>", text)
    text = _HEXADECIMAL.sub("<hex>", text)
    text = _BASE64.sub("<base64>", text)
    return _ADDRESS_OR_NUMBER.sub(_fold_number, text)


def _fold_number(found: re.Match[str]) -> str:
    """Numbers fold; addresses stay with their port, for a new destination is news."""
    if not found["address"]:
        return "#"
    if found["port"] and int(found["port"]) >= _FIRST_EPHEMERAL:
        return f"{found['address'].rpartition(':')[0]}:#"
    return found["address"]


def _fold_temporary(word: str) -> str:
    """Everything below a temporary directory becomes `<random>`, but its extension stays."""
    for directory in _TEMPORARY:
        at = word.find(directory)
        if at >= 0:
            return f"{word[:at]}{directory}<random>{_extension(word)}"
    return word


def _extension(path: str) -> str:
    extension = splitext(basename(path))[1]
    return extension if extension[1:].isalpha() else ""


@lru_cache(maxsize=65_536)
def shape(command: str) -> str:
    """Programs, options and kinds of arguments of a command line, e.g. `curl -s url:http:8080`."""
    words = _words(command)
    if not words:
        return ""
    shaped = [basename(folded(words[0])) or words[0]]
    plain = 1  # positional words that may still be a subcommand, not a name
    for index, word in enumerate(words[1:], start=1):
        if words[index - 1] in _SCRIPT_OPTIONS:
            return " ".join([*shaped, *_programs(" ".join(words[index:]))][:_WORD_LIMIT])
        prefixed = words[index - 1] in _PREFIXES
        argument = _argument(word, plain=plain > 0 or prefixed)
        plain -= argument[0] not in "-<" and not prefixed
        shaped.append(argument)
        if len(shaped) > _WORD_LIMIT:
            break
    return " ".join(_without_repeats(shaped)[:_WORD_LIMIT])


def _words(command: str) -> list[str]:
    """Words of a command line whose arguments stand quoted where they hold blanks."""
    try:
        return shlex.split(command)
    except ValueError:  # cut off or not quoted by us: blanks will do
        return command.split()


def _programs(script: str) -> list[str]:
    """First words of the commands of a script: what it runs, not what it says."""
    programs = []
    for command in _COMMAND_BREAK.split(script.strip("'\"")):
        words = [word for word in command.split() if not _ASSIGNMENT.match(word)]
        if words:
            programs.append(basename(folded(words[0].strip("'\""))) or "/")
    return _without_repeats(programs)[:_WORD_LIMIT]


def _argument(word: str, *, plain: bool) -> str:
    if not word:
        return "<empty>"
    if word.startswith("-"):
        return folded(word.split("=", 1)[0]) if len(word) <= _LONG_OPTION else "-<long>"
    url = _URL.match(word)
    if url:
        host = "<loopback>" if _LOOPBACK.fullmatch(url["host"]) else folded(url["host"])
        return f"url:{url['scheme']}:{host}:{url['port'] or ''}"
    if "/" in word:
        return place(word)
    if plain and _PLAIN_WORD.match(word):
        return word
    return f"<word{_extension(word)}>"


@lru_cache(maxsize=65_536)
def place(path: str) -> str:
    """First directories and the extension of a path: where it is, not which one it is."""
    path = path.strip("'\"")
    for directory in _TEMPORARY:
        if directory in path:
            return f"{directory}<random>{_extension(path)}"
    kept = [part for part in path.split("/")[:-1] if part not in {"", "."}][:_KEPT_DIRECTORIES]
    lead = "/" if path.startswith("/") else ""
    return folded(f"{lead}{'/'.join(kept)}/<name{_extension(path)}>")


def _without_repeats(words: list[str]) -> list[str]:
    return [word for i, word in enumerate(words) if i == 0 or word != words[i - 1]]
