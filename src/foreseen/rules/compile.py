"""pySigma's parse tree to our own: names become fields, values become atoms, nothing is guessed."""

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
    SigmaCompareExpression,
    SigmaExists,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNull,
    SigmaTimestampPart,
    SigmaType,
)

from foreseen.rules.document import Document, RuleError
from foreseen.rules.fields import KEYWORD_FIELDS, Scope
from foreseen.rules.tree import All, Atom, Field, No, Some, Tree
from foreseen.rules.values import Refusal, atom_of, reference_kind

_NOT_A_KEYWORD = (
    SigmaNull,
    SigmaExists,
    SigmaFieldReference,
    SigmaCompareExpression,
    SigmaTimestampPart,
)


class Compiler:
    """Knows the rule's place and scope, so that every refusal names file, line and field."""

    def __init__(self, document: Document, scope: Scope) -> None:
        """For one rule of `document` whose log source is `scope`."""
        self._document = document
        self._scope = scope

    def tree(self, rule: SigmaRule) -> Tree:
        """The rule as one tree; several conditions are alternatives.

        Raises:
            RuleError: The condition, a field or a value cannot be understood.
        """
        trees = []
        for condition in rule.detection.parsed_condition:
            line = self._document.line_of("detection", "condition")
            try:
                parsed = condition.parsed
            except SigmaError as error:
                raise self._document.error(line, _without_place(error)) from error
            if parsed is None:
                raise self._document.error(line, "condition is empty")
            trees.append(self._node(parsed))
        return trees[0] if len(trees) == 1 else Some(tuple(trees))

    def field(self, name: str, asked_by: str = "") -> Field:
        """Meaning of a field's name, and for the message the field that refers to it.

        Raises:
            RuleError: Not known for this log source; the message has the nearest name.
        """
        field = self._scope.field(name)
        if field is None:
            nearest = self._scope.nearest(name)
            hint = f"; did you mean '{nearest}'?" if nearest else ""
            raise self._refused(
                asked_by or name, f"field '{name}' is not known for {self._scope.name}{hint}"
            )
        return field

    def _node(self, node: object) -> Tree:
        match node:
            case ConditionAND():
                return All(tuple(self._node(arg) for arg in node.args))
            case ConditionOR():
                return Some(tuple(self._node(arg) for arg in node.args))
            case ConditionNOT():
                return No(self._node(node.args[0]))
            case ConditionFieldEqualsValueExpression():
                return self._asked(node.field, node.value)
            case ConditionValueExpression():
                return self._keyword(node.value)
        line = self._document.line_of("detection", "condition")
        raise self._document.error(line, f"condition has an unknown part: {type(node).__name__}")

    def _asked(self, name: str, value: SigmaType) -> Tree:
        field = self.field(name)
        if isinstance(value, SigmaExpansion):
            return Some(tuple(self._asked(name, each) for each in value.values))
        if isinstance(value, SigmaFieldReference):
            kind = reference_kind(value)
            return Atom(field, kind, other=self.field(value.field, name))
        try:
            return atom_of(field, value)
        except Refusal as refusal:
            raise self._refused(name, f"field '{name}': {refusal}") from refusal

    def _keyword(self, value: SigmaType) -> Tree:
        """A value without a field: inside any text value of the event."""
        if isinstance(value, SigmaExpansion):
            return Some(tuple(self._keyword(each) for each in value.values))
        line = self._document.line_of("detection")
        if isinstance(value, _NOT_A_KEYWORD):
            raise self._document.error(line, "a keyword must be a text; name the field")
        try:
            return Some(tuple(atom_of(field, value, inside=True) for field in KEYWORD_FIELDS))
        except Refusal as refusal:
            raise self._document.error(line, f"keyword: {refusal}") from refusal

    def _refused(self, field: str, message: str) -> RuleError:
        return self._document.error(self._document.line_of_field(field), message)


def _without_place(error: SigmaError) -> str:
    return str(error.args[0]) if error.args else type(error).__name__
