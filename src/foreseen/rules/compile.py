"""pySigma's parse tree to our own: names become fields, values become atoms, nothing is guessed."""

from collections.abc import Iterator, Mapping, Sequence

from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionNOT,
    ConditionOR,
    ConditionValueExpression,
)
from sigma.exceptions import SigmaError
from sigma.rule import SigmaRule
from sigma.types import (
    Placeholder,
    SigmaCompareExpression,
    SigmaExists,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNull,
    SigmaString,
    SigmaTimestampPart,
    SigmaType,
)

from foreseen.rules.document import Document, RuleError
from foreseen.rules.logsources import Scope
from foreseen.rules.tree import All, Atom, Field, Kind, No, Some, Tree, atoms_of
from foreseen.rules.values import Refusal, atom_of, reference_kind

#: Deepest tree of a rule: every event may walk it.
DEEPEST = 100
#: Most regular expressions of a rule: each costs some milliseconds to compile.
MOST_REGEXES = 1_000
_NOT_A_KEYWORD = (
    SigmaNull,
    SigmaExists,
    SigmaFieldReference,
    SigmaCompareExpression,
    SigmaTimestampPart,
)


class Compiler:
    """Knows the rule's place and scope, so that every refusal names file, line and field."""

    def __init__(
        self, document: Document, scope: Scope, lists: Mapping[str, Sequence[str]]
    ) -> None:
        """For one rule of `document` whose log source is `scope`; lists of placeholders by name."""
        self._document = document
        self._scope = scope
        self._lists = lists

    def tree(self, rule: SigmaRule) -> Tree:
        """The rule as one tree; several conditions are alternatives.

        Raises:
            RuleError: The condition or a value cannot be understood.
        """
        line = self._document.line_of("detection", "condition")
        trees = []
        for condition in rule.detection.parsed_condition:
            if not isinstance(condition.condition, str):
                raise self._document.error(line, f"condition {condition.condition!r} is no text")
            try:
                parsed = condition.parsed
            except SigmaError as error:
                words = {"AND", "OR", "NOT"} & set(condition.condition.split())
                hint = "; write 'and', 'or' and 'not' in small letters" if words else ""
                raise self._document.error(line, _without_place(error) + hint) from error
            except RecursionError as error:
                raise self._too_deep() from error
            if parsed is None:
                raise self._document.error(line, "condition is empty")
            trees.append(self._node(parsed, 0))
        tree = trees[0] if len(trees) == 1 else Some(tuple(trees))
        if sum(atom.kind is Kind.REGEX for atom in atoms_of(tree)) > MOST_REGEXES:
            message = f"rule has more than {MOST_REGEXES} regular expressions; split it"
            raise self._document.error(self._document.line_of("detection"), message)
        return tree

    def field(self, name: str) -> Field:
        """A field by its name, in the names of the rule's log source; blanks do not count."""
        return Field(self._scope.namespace, name.replace(" ", ""))

    def _node(self, node: object, depth: int) -> Tree:
        if depth > DEEPEST:
            raise self._too_deep()
        match node:
            case ConditionAND():
                return All(tuple(self._node(arg, depth + 1) for arg in node.args))
            case ConditionOR():
                return Some(tuple(self._node(arg, depth + 1) for arg in node.args))
            case ConditionNOT():
                return No(self._node(node.args[0], depth + 1))
            case ConditionFieldEqualsValueExpression():
                return self._asked(node.field, node.value)
            case ConditionValueExpression():
                return self._keyword(node.value)
        line = self._document.line_of("detection", "condition")
        raise self._document.error(line, f"condition has an unknown part: {type(node).__name__}")

    def _too_deep(self) -> RuleError:
        line = self._document.line_of("detection", "condition")
        return self._document.error(line, f"condition is nested deeper than {DEEPEST} levels")

    def _asked(self, name: str, value: SigmaType) -> Tree:
        field = self.field(name)
        if isinstance(value, SigmaExpansion):
            return Some(tuple(self._asked(name, each) for each in value.values))
        if isinstance(value, SigmaFieldReference):
            if not value.field.strip():
                raise self._refused(name, f"field '{name}' is compared with a field without a name")
            kind = reference_kind(value)
            return Atom(field, kind, other=self.field(value.field))
        try:
            expanded = self._expanded(value)
            if expanded:
                return Some(tuple(self._asked(name, each) for each in expanded))
            return atom_of(field, value)
        except Refusal as refusal:
            raise self._refused(name, f"field '{name}': {refusal}") from refusal

    def _expanded(self, value: SigmaType) -> list[SigmaType]:
        """A text with each placeholder replaced by each value of its list; empty without any."""
        if not isinstance(value, SigmaString) or not value.contains_placeholder():
            return []
        return list(value.replace_placeholders(self._values))

    def _values(self, placeholder: Placeholder) -> Iterator[str]:
        if placeholder.name not in self._lists:
            raise Refusal(f"placeholder '%{placeholder.name}%' has no list configured")
        yield from self._lists[placeholder.name]

    def _keyword(self, value: SigmaType) -> Tree:
        """A value without a field: inside any text value of the event."""
        if isinstance(value, SigmaExpansion):
            return Some(tuple(self._keyword(each) for each in value.values))
        line = self._document.line_of("detection")
        if isinstance(value, _NOT_A_KEYWORD):
            raise self._document.error(line, "a keyword must be a text; name the field")
        try:
            return atom_of(self.field(""), value, inside=True)
        except Refusal as refusal:
            raise self._document.error(line, f"keyword: {refusal}") from refusal

    def _refused(self, field: str, message: str) -> RuleError:
        return self._document.error(self._document.line_of_field(field), message)


def _without_place(error: SigmaError) -> str:
    return str(error.args[0]) if error.args else type(error).__name__
