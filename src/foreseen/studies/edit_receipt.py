"""The receipt of an edit of rules: what it excludes teaches no more, what it adds is cold."""

from collections.abc import Iterator
from dataclasses import replace

import pyarrow as pa

from foreseen.core.ids import RuleId
from foreseen.rules import RuleSet
from foreseen.rules.ruleset import Compiled
from foreseen.schema.arrow import texts
from foreseen.studies.desk import Desk, evidence_of, matches_of_rule, spoken
from foreseen.studies.receipt import FORMAT, Receipt, notes_on
from foreseen.studies.relabelled import still_matching
from foreseen.studies.weighing import Change, Progress, weigh

EDITED = "edited"
"""What stands for a person's verdict in the receipt of an edit."""


_NOBODY = "before the edit"  # no content hash, so no rule set's


def receipts_of_edit(
    desk: Desk, after: RuleSet, progress: Progress = lambda *_: None
) -> tuple[Receipt, ...]:
    """What moves in the models of the rules that an edit makes match otherwise, by rule.

    Attack replays are matched by the rules after the edit on both sides: what the edit itself no
    longer matches is the what-if's to tell. A rule that is removed needs no model.

    Args:
        desk: Where to look, with the rules before the edit.
        after: All rules after it.
        progress: Told what is done: stage, steps done, steps in all.
    """
    return tuple(_receipt(desk, rule, after, progress) for rule in edited(desk.rules, after))


def edited(before: RuleSet, after: RuleSet) -> list[RuleId]:
    """Rules with a model that stay and look at other events than before, in order."""
    known = {each.rule.id: _asks(each) for each in before.compiled if each.rule.foresee}
    now = {each.rule.id: _asks(each) for each in after.compiled if each.rule.foresee}
    return sorted(name for name in known if name in now and now[name] != known[name])


def _asks(each: Compiled) -> tuple[object, ...]:
    return each.scope.gates, each.tree


def _receipt(desk: Desk, rule: RuleId, after: RuleSet, progress: Progress) -> Receipt:
    rows = matches_of_rule(desk, rule)
    kept = still_matching(_unasked(rows), after)
    evidence = evidence_of(desk)
    lessons = spoken(rows, rule, evidence), spoken(kept, rule, evidence)
    gone = frozenset(texts(rows, "match_uid")) - frozenset(texts(kept, "match_uid"))
    then = replace(desk, rules=after)
    moved = weigh(then, Change(rule, kept, lessons, gone), progress)
    return Receipt(
        format=FORMAT,
        rule=rule,
        verdict=EDITED,
        matches=len(gone),
        lessons=(len(lessons[0]), len(lessons[1])),
        share=desk.policy.budget,
        days=desk.days,
        moved=moved,
        notes=(*_on_edit(len(gone)), *notes_on(then, rule, lessons)),
    )


def _unasked(rows: pa.Table) -> pa.Table:
    """Rows as if rules had labelled them that nobody has: so every one is asked again."""
    place = rows.schema.get_field_index("ruleset_hash")
    return rows.set_column(place, rows.schema.field(place), pa.repeat(_NOBODY, rows.num_rows))


def _on_edit(excluded: int) -> Iterator[str]:
    if excluded:
        yield f"{excluded:,} retained matches that it excludes teach no more."
    yield (
        "What it adds is cold: it teaches nothing until people accept or dismiss it. Until its"
        " model is trained again it only observes, so all its matches alert."
    )
