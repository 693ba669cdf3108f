"""Fold what is random in commands and paths; keep what tells one habit from another.

Three depths: `folded` keeps the words and hides random parts, `shape` keeps programs, options and
the kinds of the arguments, the image alone is the third. A model backs off from one to the next, so
that a command with a new unique name is not new in every way.
"""

import itertools
import re
import shlex
import sys
from functools import lru_cache
from posixpath import basename, splitext

_TEMPORARY = ("/tmp/", "/var/tmp/", "/dev/shm/", "/run/user/")  # noqa: S108 (data, not our files)
_BEFORE_A_PATH = "='\":,@<>(;|&"
_KEPT_DIRECTORIES = 3
_QUOTING, _BLANKS = re.compile(r"[\"'\\]"), re.compile(r"[ \t\r\n]+")
_WORD_LIMIT = 12
_LONG_OPTION = 24
_PREFIXES = {"sudo", "env", "nohup", "timeout", "xargs", "nice", "setsid", "exec"}
_PREFIXES |= {"command", "builtin", "eval", "doas", "ionice", "chroot", "stdbuf", "unshare"}
_BARE_OPTIONS = {"-m", "-v", "-q", "-s", "-y", "-n", "-E", "-H", "-i"}
_WITH_SUBCOMMANDS = {
    *("apk", "apt", "apt-get", "aws", "az", "bundle", "cargo", "dnf", "docker", "dpkg", "gcloud"),
    *("gem", "git", "go", "gpg", "helm", "ip", "journalctl", "kubectl", "make", "npm", "npx"),
    *("openssl", "pip", "pip#", "podman", "poetry", "python#", "service", "systemctl", "tar"),
    *("terraform", "yarn", "yum", "uv"),
}
_KEYWORDS = {
    *("if", "then", "else", "elif", "fi", "for", "do", "done", "while", "until", "case", "esac"),
    *("in", "!", "[[", "]]", "time", "function", "select"),
}
_SHELL_SCRIPT = re.compile(r"^-[a-zA-Z]*c[a-zA-Z]*$")
_SHELLS = {"sh", "bash", "dash", "zsh", "ksh", "-bash", "-sh", "su"}
_SET_ID = re.compile(r"^(?:[2467][0-7]{3}|[ugoa]*\+[rwx]*s[rwx]*)$")
_IMPORT = re.compile(r"\b(?:import|from|require\()\s*['\"]?(?:node:)?([A-Za-z_][A-Za-z0-9_]*)")
_SYSTEM_MODULES = sys.stdlib_module_names | {"child_process", "fs", "net", "http", "https", "dgram"}
_SCRIPT_OPTIONS = {"-c", "-e", "-lc", "-ec", "-xc", "--eval", "--command"}

LONGEST = 1_000
"""Characters of a text that are looked at: an attacker chooses how long a command line is."""

_UUID = re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b")
_LOOPBACK = re.compile(r"127(?:\.\d{1,3}){3}|localhost|\[::1\]")
_TOOL_TEMPORARY = re.compile(r"\b(tmp|cc|pip-[a-z-]{1,20}|conftest|npm-)[-_.]?[A-Za-z0-9_]{6,64}")
_HEXADECIMAL = re.compile(r"\b(?=[a-f]{0,64}\d)(?=\d{0,64}[a-f])[0-9a-f]{7,128}\b")
_BASE64 = re.compile(
    r"\b(?=[A-Za-z+/]{0,64}\d)(?=[A-Z0-9+/]{0,64}[a-z])(?=[a-z0-9+/]{0,64}[A-Z])"
    r"[A-Za-z0-9+/]{16,}={0,2}"
)
_ADDRESS_OR_NUMBER = re.compile(
    r"(?P<mode>\bchmod (?:-\w{1,9} )?[0-7]{3,4}\b)"
    r"|(?P<address>\b(?:\d{1,3}(?:\.\d{1,3}){3}|localhost)(?:[: ](?P<port>\d{1,5}))?\b)"
    r"|(?P<v6>\b[0-9a-fA-F]{1,4}(?::[0-9a-fA-F]{0,4}){2,7}(?=\b|\]))"
    r"|x86_64|\d+"
)
_FIRST_EPHEMERAL = 32_768
_V6_COLONS = 7
_URL = re.compile(
    r"^(?P<scheme>[a-z][a-z0-9+]*)://(?:[^/@]*@)?(?P<host>\[[^\]]{1,64}\]|[^/:]+)(?::(?P<port>\d+))?(?P<path>[^?#]*)"
)
_COMMAND_BREAK = re.compile(r"[|;&\n(){}`]+|\$\(")
_PLAIN_WORD = re.compile(r"^[a-z][a-z_-]{0,15}$")
_ASSIGNMENT = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*=")


@lru_cache(maxsize=65_536)
def folded(text: str) -> str:
    """The text with random names, hashes and numbers replaced by their kind."""
    text = _cut(text)
    if "/" in text:
        text = " ".join(_fold_temporary(word) for word in text.split(" "))
    text = _UUID.sub("<uuid>", text)
    text = _HEXADECIMAL.sub("<hex>", text)
    text = _TOOL_TEMPORARY.sub(r"\1<random>", text)
    text = _BASE64.sub("<base64>", text)
    return _ADDRESS_OR_NUMBER.sub(_fold_number, text)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}<cut>"


def _fold_number(found: re.Match[str]) -> str:
    """Numbers fold; addresses stay with their port, for a new destination is news."""
    if found["port"] and int(found["port"]) >= _FIRST_EPHEMERAL:
        return f"{found[0][: -len(found['port'])]}#"
    if found["address"] or found["mode"] or found[0] == "x86_64":
        return found[0]
    if found["v6"] and ("::" in found["v6"] or found["v6"].count(":") == _V6_COLONS):
        return found["v6"]
    return ":".join("#" if part.isdigit() else part for part in found[0].split(":"))


def _fold_temporary(word: str) -> str:
    """Everything below a temporary directory becomes `<random>`, but its extension stays."""
    for directory in _TEMPORARY:
        at = word.find(directory)
        if at == 0 or (at > 0 and word[at - 1] in _BEFORE_A_PATH):
            return f"{word[:at]}{directory}<random>{_extension(word)}"
    return word


def _extension(path: str) -> str:
    extension = splitext(basename(path))[1]
    return extension if extension[1:].isalpha() else ""


@lru_cache(maxsize=65_536)
def shape(command: str) -> str:
    """Programs, options and kinds of arguments of a command line, e.g. `curl -s url:http:8080`."""
    words = split_words(_cut(command))
    if not words:
        return ""
    shaped = [basename(folded(words[0])) or words[0]]
    program = shaped[0]  # a plain word after a tool with subcommands is one; others are names
    for before, word in itertools.pairwise(words):
        if before in _SCRIPT_OPTIONS or (shaped[0] in _SHELLS and _SHELL_SCRIPT.match(before)):
            script = _programs(word) if shaped[0] in _SHELLS else _imports(word)
            return " ".join([*shaped, *script][:_WORD_LIMIT])
        if shaped[0] == "chmod" and _SET_ID.match(word):
            shaped.append("mode:set-id")
            continue
        named = program in _PREFIXES or program in _WITH_SUBCOMMANDS or before == "-m"
        is_value = before.startswith("-") and before not in _BARE_OPTIONS
        argument = _argument(word, plain=named and not is_value)
        if argument[0] not in "-<" and not is_value:
            program = argument if program in _PREFIXES or before == "-m" else ""
        shaped.append(argument)
        if len(shaped) > _WORD_LIMIT:
            break
    return " ".join(_without_repeats(shaped)[:_WORD_LIMIT])


def split_words(command: str) -> list[str]:
    """Words of a command line whose arguments stand quoted where they hold blanks."""
    if not _QUOTING.search(command):  # most: then the shell's rules are blanks alone
        return [word for word in _BLANKS.split(command) if word]
    try:
        return shlex.split(command)
    except ValueError:  # cut off or not quoted by us: blanks will do
        return command.split()


def _programs(script: str) -> list[str]:
    """First words of the commands of a script: what it runs, not what it says."""
    programs: list[str] = []
    for command in _COMMAND_BREAK.split(script.strip("'\"")):
        words = [word for word in command.split() if word not in _KEYWORDS]
        programs += _named_by(words)
    return _without_repeats(programs)[:_WORD_LIMIT]


def _named_by(words: list[str]) -> list[str]:
    """The program of one command, and those that only start it (`sudo`, `nohup`, `exec`)."""
    programs: list[str] = []
    for word in words:
        if _ASSIGNMENT.match(word) or (programs and (word[0] in "-&<>" or word.isdigit())):
            continue
        programs.append(basename(folded(word.strip("'\""))) or "/")
        if word not in _PREFIXES:
            break
    return programs


def _imports(code: str) -> list[str]:
    """System modules that code of another language imports; modules of its own fold together."""
    found = sorted({m if m in _SYSTEM_MODULES else "<module>" for m in _IMPORT.findall(code)})
    return found or ["<code>"]


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
    path = _cut(path.strip("'\""))
    for directory in _TEMPORARY:
        if path.startswith(directory):
            return f"{directory}<random>{_extension(path)}"
    if not path.startswith(("/", "~")):
        return f"./<name{_extension(path)}>"
    kept = [part for part in path.split("/")[:-1] if part][:_KEPT_DIRECTORIES]
    return folded(f"/{'/'.join(kept)}/<name{_extension(path)}>")


def _without_repeats(words: list[str]) -> list[str]:
    return [word for i, word in enumerate(words) if i == 0 or word != words[i - 1]]
