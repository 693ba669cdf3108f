"""`workloads` and `rulesets` of a settings file; whatever is not understood is refused."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from foreseen.rules.assignment import Assignment, NamedSet, RuleSets, Selection
from foreseen.rules.document import Document, RuleError
from foreseen.rules.rule import Rule

_SET_KEYS = ("include", "exclude", "tags")
_SELECTION_KEYS = ("rules", "tags", "packs", "levels")
_TAG_KEYS = ("include", "exclude")


def parse_rule_sets(document: Document) -> tuple[RuleSets, list[RuleError]]:
    """Rule sets and the tags of workloads, and all that is wrong with them, by line.

    Args:
        document: A settings file; keys other than `workloads` and `rulesets` are the caller's.
    """
    reader = _Reader(document)
    sets = RuleSets(reader.workloads(), reader.sets())
    return sets, sorted(reader.problems, key=lambda each: (each.line, each.message))


def empty_sets(document: Document, sets: RuleSets, rules: Sequence[Rule]) -> list[RuleError]:
    """An error for each set that holds none of the rules: it would switch detection off."""
    return [
        document.error(
            document.line_of("rulesets", name),
            f"rule set '{name}' holds none of the {len(rules)} rules, so its workloads would be"
            " looked at by none; mend its include or exclude",
        )
        for name in Assignment(sets, rules).empty
    ]


class _Reader:
    """Reads the parts and gathers what is wrong with each."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self.problems: list[RuleError] = []

    def workloads(self) -> dict[str, tuple[str, ...]]:
        """Tags by pattern of a workload's name."""
        return {
            pattern: self._texts(("workloads", pattern, "tags"), parts.get("tags"))
            for pattern, parts in self._named("workloads", ("tags",))
        }

    def sets(self) -> tuple[NamedSet, ...]:
        """Named sets of rules."""
        return tuple(self._set(name, parts) for name, parts in self._named("rulesets", _SET_KEYS))

    def _set(self, name: str, parts: Mapping[str, object]) -> NamedSet:
        place = ("rulesets", name)
        tags = self._lists((*place, "tags"), parts.get("tags", {}), _TAG_KEYS)
        return NamedSet(
            name,
            Selection(
                **self._lists((*place, "include"), parts.get("include", {}), _SELECTION_KEYS)
            ),
            Selection(
                **self._lists((*place, "exclude"), parts.get("exclude", {}), _SELECTION_KEYS)
            ),
            tags.get("include", ()),
            tags.get("exclude", ()),
        )

    def _named(self, key: str, keys: Sequence[str]) -> list[tuple[str, Mapping[str, object]]]:
        """Entries of a mapping of mappings, those left out that are none."""
        entries = self._mapping((key,), self._document.data.get(key, {}))
        found = []
        for name, value in entries.items():
            parts = self._mapping((key, name), value)
            self._check_keys((key, name), parts, keys)
            found.append((name, parts))
        return found

    def _lists(
        self, place: tuple[str, ...], value: object, keys: Sequence[str]
    ) -> dict[str, tuple[str, ...]]:
        parts = self._mapping(place, value)
        self._check_keys(place, parts, keys)
        return {key: self._texts((*place, key), parts[key]) for key in keys if key in parts}

    def _texts(self, place: tuple[str, ...], value: object) -> tuple[str, ...]:
        """A list of texts that is not empty: an empty one would mean all."""
        if isinstance(value, list) and value and all(isinstance(v, str) and v for v in value):
            return tuple(value)
        self._wrong(place, f"'{'.'.join(place)}' must be a list of texts, not {value!r}")
        return ()

    def _mapping(self, place: tuple[str, ...], value: object) -> Mapping[str, object]:
        if isinstance(value, Mapping):
            return {str(key): part for key, part in value.items()}
        self._wrong(place, f"'{'.'.join(place)}' must be a mapping, not {value!r}")
        return {}

    def _check_keys(
        self, place: tuple[str, ...], parts: Mapping[str, object], keys: Sequence[str]
    ) -> None:
        for key in parts:
            if key not in keys:
                near = get_close_matches(key, keys, n=1, cutoff=0.0)[0]
                message = f"'{'.'.join((*place, key))}' is not known; did you mean '{near}'?"
                self._wrong((*place, key), message)

    def _wrong(self, place: tuple[str, ...], message: str) -> None:
        self.problems.append(self._document.error(self._document.line_of(*place), message))
