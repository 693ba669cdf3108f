"""Edited rule files laid over those in use, as a rule set of its own."""

from collections.abc import Collection, Iterable, Sequence
from difflib import get_close_matches

from foreseen.core.errors import ConfigurationError, NotFoundError
from foreseen.core.ids import RuleId
from foreseen.rules import Problem, RuleError, RuleSet, load
from foreseen.rules.document import documents_of
from foreseen.rules.tuning import is_tuning
from foreseen.runners.rules.files import Document, refuse


def overlaid(
    base: Sequence[Document],
    changed: Sequence[Document],
    removed: Collection[RuleId],
    loaded: RuleSet,
) -> RuleSet:
    """The rules of `base` without those removed, with the changed files in their places.

    Args:
        base: Rule files.
        changed: Files, each in the place of the rules with its ids, or of the tunings of its rule.
        removed: Ids of rules to take away.
        loaded: Rules loaded before: files among them are not compiled again.

    Raises:
        MalformedInputError: Rules are wrong; the message has a line for each thing.
        NotFoundError: A rule to be removed is not there.
        ConfigurationError: A file to be replaced or removed holds other rules, too.
    """
    names = {path: names_in([(path, text)]) for path, text in base}
    _check_removed(removed, set().union(*names.values()))
    names = {path: names[path] | _tuned_in([(path, text)]) for path, text in base}
    edited = names_in(changed) | _tuned_in(changed)
    leaves = edited | set(removed)
    for path, own in names.items():
        left = own - leaves
        if own & leaves and left:
            rest, gone = (", ".join(sorted(each)) for each in (left, own & leaves))
            message = f"holds {rest} besides {gone}; give the whole file as it shall be"
            raise ConfigurationError(f"{path}: {message}")
    kept = [(path, text) for path, text in base if not names[path] & leaves]
    found = load([*kept, *changed], before=loaded)
    refuse([Problem(each.path, each.line, each.message) for each in found.problems])
    return found.rules


def names_in(documents: Iterable[Document]) -> set[str]:
    """Ids of the rules and correlations in files; a file that cannot be read has none.

    What is wrong with such a file is told when it is loaded.
    """
    names: set[str] = set()
    for path, text in documents:
        try:
            found = documents_of(path, text)
        except RuleError:
            continue
        names |= {str(each.data.get("name") or each.data.get("id") or "") for each in found}
    return names - {""}


def _tuned_in(documents: Iterable[Document]) -> set[str]:
    """What stands for the tunings in files: a rule has one at most."""
    found: set[str] = set()
    for path, text in documents:
        if "tune" not in text:
            continue
        try:
            found |= {
                f"tuning of {each.data['tune']}"
                for each in documents_of(path, text)
                if is_tuning(each)
            }
        except RuleError:
            continue
    return found


def _check_removed(removed: Collection[RuleId], known: Collection[str]) -> None:
    missing = [name for name in removed if name not in known]
    if missing:
        near = get_close_matches(missing[0], sorted(known), n=1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        raise NotFoundError(f"no rule '{missing[0]}' among the {len(known)} in use{hint}")
