"""YAML text to plain data that remembers its lines; refuses what is too big, deep or aliased."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import yaml

from foreseen.core.errors import MalformedInputError

MAX_BYTES = 1 << 20
MAX_DEPTH = 24
MAX_ALIASES = 64
MAX_NODES = 50_000
_STRAY = re.compile("[\ud800-\udfff]")  # a byte that is no UTF-8, as the file was read


class RuleError(MalformedInputError):
    """A rule file is wrong at one place.

    Attributes:
        path: File, as the caller named it.
        line: Line in it, from 1.
        message: What is wrong and what to do, without the place.
    """

    def __init__(self, path: str, line: int, message: str) -> None:
        super().__init__(f"{path}:{line}: {message}")
        self.path = path
        self.line = line
        self.message = message


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document of a file.

    Attributes:
        path: Name of the file, for messages.
        data: Its mapping, plain Python values.
        text: The file's text, line ends normalised.
        node: The parse tree, for places.
    """

    path: str
    data: Mapping[str, object]
    text: str
    node: yaml.MappingNode

    @property
    def line(self) -> int:
        """Line of the first key, from 1."""
        return _line(self.node)

    def line_of(self, *keys: str) -> int:
        """Line of the key at a path of keys, else that of the deepest key that is there.

        The items of a list count as one mapping.
        """
        node: yaml.Node = self.node
        line = self.line
        for wanted in keys:
            items = node.value if isinstance(node, yaml.SequenceNode) else [node]
            found = [pair for item in items for pair in _pairs(item) if pair[0].value == wanted]
            if not found:
                return line
            line, node = _line(found[0][0]), found[0][1]
        return line

    def line_of_field(self, field: str) -> int:
        """Line of the first key under `detection` that asks about a field."""
        detection = [value for key, value in _pairs(self.node) if key.value == "detection"]
        lines = [line for node in detection for line in _field_lines(node, field)]
        return min(lines, default=self.line_of("detection"))

    def error(self, line: int, message: str) -> RuleError:
        """An error that names file and line."""
        return RuleError(self.path, line, message)


def documents_of(path: str, text: str) -> list[Document]:
    """The documents of one YAML file, empty ones left out.

    Raises:
        RuleError: Not YAML, not mappings, over a limit, or a key stands twice.
    """
    text = text.replace("\r\n", "\n")
    stray = _STRAY.search(text)
    if stray:
        line = text.count("\n", 0, stray.start()) + 1
        raise RuleError(path, line, "not UTF-8; save the file so")
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise RuleError(path, 1, f"file is larger than {MAX_BYTES} bytes; split it")
    try:
        _check_events(path, text)
        return _composed(path, text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise RuleError(path, line, f"not valid YAML: {error.problem}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise RuleError(path, 1, f"not valid YAML: {error}") from error


def _check_events(path: str, text: str) -> None:
    """Depth and aliases before anything is built, so that nesting cannot exhaust the stack."""
    depth = aliases = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        line = _line(event)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.AliasEvent):
            aliases += 1
        if depth > MAX_DEPTH:
            raise RuleError(path, line, f"nested deeper than {MAX_DEPTH} levels")
        if aliases > MAX_ALIASES:
            raise RuleError(path, line, f"more than {MAX_ALIASES} YAML aliases")


def _composed(path: str, text: str) -> list[Document]:
    loader = yaml.CSafeLoader(text)
    documents = []
    try:
        while loader.check_node():
            node = loader.get_node()
            if isinstance(node, yaml.ScalarNode) and node.value in {"", "null", "~"}:
                continue
            line = _line(node)
            if not isinstance(node, yaml.MappingNode):
                raise RuleError(path, line, "a document must be a mapping of keys")
            if _size(path, node, {}) > MAX_NODES:
                raise RuleError(path, line, "aliases expand to too much; write it out")
            _check_keys(path, node, set())
            documents.append(Document(path, loader.construct_document(node), text, node))
    finally:
        loader.dispose()
    return documents


def _size(path: str, node: yaml.Node, seen: dict[int, int]) -> int:
    """Nodes below a node with aliases written out; 0 marks a node that is still open."""
    if id(node) not in seen:
        seen[id(node)] = 0
        seen[id(node)] = 1 + sum(_size(path, child, seen) for child in _children(node))
    elif seen[id(node)] == 0:
        raise RuleError(path, _line(node), "alias contains itself")
    return seen[id(node)]


def _check_keys(path: str, node: yaml.Node, done: set[int]) -> None:
    """Refuse a key that stands twice: YAML would silently keep the last."""
    if id(node) in done:
        return
    done.add(id(node))
    keys: set[str] = set()
    for key, _ in _pairs(node):
        line = _line(key)
        if not isinstance(key, yaml.ScalarNode):
            raise RuleError(path, line, "a key must be a plain word")
        if key.value in keys:
            raise RuleError(path, line, f"key '{key.value}' stands twice; keep one")
        keys.add(key.value)
    for child in _children(node):
        _check_keys(path, child, done)


def _field_lines(node: yaml.Node, field: str) -> list[int]:
    """Lines of keys for a field; the tree has no cycles and is small, checked before."""
    lines = [_line(key) for key, _ in _pairs(node) if key.value.split("|")[0] == field]
    return lines + [line for child in _children(node) for line in _field_lines(child, field)]


def _line(place: yaml.Node | yaml.Event | None) -> int:
    mark = place.start_mark if place else None
    return mark.line + 1 if mark else 1


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [child for pair in node.value for child in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _pairs(node: yaml.Node) -> list[tuple[yaml.Node, yaml.Node]]:
    return list(node.value) if isinstance(node, yaml.MappingNode) else []
