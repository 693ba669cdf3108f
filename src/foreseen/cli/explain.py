"""`foreseen models explain` and `foreseen alerts explain`: why a match alerted, or did not."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from sqlalchemy import Engine

from foreseen.cli.stores import database, lake_in_use
from foreseen.cli.terminal import plain, print_json, report, when
from foreseen.control.alerts import alert_by_uid
from foreseen.core.alerts import Alert
from foreseen.core.errors import NotFoundError
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.models.explaining.alignment import Mark, Step
from foreseen.models.explaining.comparison import Comparison
from foreseen.models.explaining.event_shares import EventShare
from foreseen.models.explaining.explained import Explained
from foreseen.models.explaining.phrases import several, short
from foreseen.models.explaining.smallest_change import Turned, Way
from foreseen.studies.explanation import Explanation, explain_match, share_of

Data = Annotated[Path, typer.Option("--data", help="Folder of lake and control database.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, with all events.")]
_DATA = Path("data")
_EVENTS_SHOWN = 8

Every = Annotated[bool, typer.Option("--all", help="Print all events, not the latest alone.")]


def match(
    uid: Annotated[str, typer.Argument(help="The match's uid, of an alert or a suppression.")],
    data: Data = _DATA,
    every: Every = False,
    json: Json = False,
) -> None:
    """Explain why a match alerted or was suppressed."""
    with database(data) as engine:
        found = explain_match(lake_in_use(data, engine), engine, DEFAULT_TENANT, uid)
    if json:
        print_json(asdict(found))
    else:
        show(found, report, None if every else _EVENTS_SHOWN)


def alert(
    uid: Annotated[str, typer.Argument(help="The alert's uid, as the list shows it.")],
    data: Data = _DATA,
    every: Every = False,
    json: Json = False,
) -> None:
    """Explain why an alert was raised: the match that opened it."""
    with database(data) as engine:
        told = _alert(engine, uid)
        found = explain_match(lake_in_use(data, engine), engine, DEFAULT_TENANT, told.uid)
    if json:
        print_json({"alert": asdict(told), **asdict(found)})
        return
    report.print(Text(plain(told.title), style="bold"))
    if told.count > 1:
        report.print(
            f"It holds {told.count:,} matches; explained is the one that opened it."
            " 'foreseen models explain' explains each other one."
        )
    show(found, report, None if every else _EVENTS_SHOWN)


def _alert(engine: Engine, uid: str) -> Alert:
    try:
        return alert_by_uid(engine, DEFAULT_TENANT, uid)
    except NotFoundError as error:
        raise NotFoundError(f"{error}; of a match, 'foreseen models explain' tells") from error


def show(told: Explanation, to: Console, most: int | None = None) -> None:
    """An explanation for people; what telemetry says of itself is printed as inert text.

    Args:
        told: The explanation.
        to: Where it is printed.
        most: Lines a section of events; None: all.
    """
    lead = f"{told.rule} on {told.workload}, {when(told.time)} UTC, match {told.match}"
    to.print(_text(lead))
    if told.happened:
        to.print(_text(f"  {told.happened}"))
    to.print(_text(told.verdict))
    for note in told.notes:
        to.print(_text(f"note: {note}"))
    if told.answer is None:
        return
    if told.same:
        model = f"model {str(told.model)[:12]}"
        to.print(_text(f"Asked again, {model} gives the same answer to the last bit."))
    for title, body in _chapters(told, told.answer, most):
        to.print()
        to.print(Text(title, style="bold"))
        for part in body:
            to.print(Padding(part, (0, 0, 0, 2), expand=False))


def _text(words: str) -> Text:
    return Text(plain(words))


def _chapters(
    told: Explanation, answer: Explained, most: int | None
) -> Iterator[tuple[str, Iterator[RenderableType]]]:
    yield "What each member says (bits of surprise x its weight)", _members(answer)
    yield "What weighs most in its context (bits; + is against it, - for it)", _shares(answer, most)
    yield (
        "The nearest expected matches (= same, ~ akin, + only here, - only there)",
        _nearest(answer, told.gone, most),
    )
    other = "unexpected" if answer.expected else "expected"
    yield f"The smallest change that would have made it {other}", _turned(answer.turned, other)


def _members(answer: Explained) -> Iterator[RenderableType]:
    table = _grid("right", "left", "left", "left")
    for each in answer.prediction.evidence:
        weight = answer.weights.get(each.member, 0.0)
        counts = f"x {weight:g}" if weight else "not counted"
        table.add_row(_bits(each.surprise), counts, each.member, _text(each.sentence))
    yield table


def _shares(answer: Explained, most: int | None) -> Iterator[RenderableType]:
    if not answer.shares:
        yield _text("This model has no context member.")
        return
    table = _grid("right", "left", "left", "right")
    shown = answer.shares[:most]
    unseen = [s for s in answer.shares[len(shown) :] if s.times and not s.seen.count]
    for share in [*shown, *unseen[:most]]:
        table.add_row(_bits(share.bits, "+"), share.section, _event(share), str(share.seen))
    yield table


def _bits(bits: float, sign: str = "") -> str:
    return f"{round(bits, 2) + 0.0:{sign}.2f}"  # no minus before what is rounded to nothing


def _event(share: EventShare) -> Text:
    token = short(share.token)
    if not share.times:
        return _text(f"(absent) {token}")
    return _text(f"{token} x{share.times}" if share.times > 1 else token)


def _nearest(answer: Explained, gone: Sequence[str], most: int | None) -> Iterator[RenderableType]:
    for number, other in enumerate(answer.nearest, start=1):
        yield _text(f"{number}. {other.alike:.1%} alike: match {other.uid}, {when(other.time)} UTC")
        yield Padding(_side_by_side(other, most), (0, 0, 0, 3), expand=False)
    for uid in gone:
        yield _text(f"match {uid} is no longer in the lake: it cannot be shown")


def _side_by_side(other: Comparison, most: int | None) -> Table:
    """Parts and sections below each other, of a section's events the latest `most` lines."""
    table = _grid("left", "left", "left")
    for name, steps in other.parts.items():
        _add(table, name, [(step.mark.value, _step(step)) for step in steps])
    for name, steps in other.events.items():
        lines = list(_lines(steps))
        older = lines[: max(len(lines) - most, 0)] if most is not None else []
        shown = [(mark, words) for mark, words, _ in lines[len(older) :]]
        _add(table, name, [*_counted(older), *shown])
    return table


def _add(table: Table, name: str, lines: Sequence[tuple[str, str]]) -> None:
    for number, (mark, words) in enumerate(lines):
        table.add_row("" if number else name, mark, _text(words))


def _lines(steps: Sequence[Step]) -> Iterator[tuple[str, str, int]]:
    """Mark, words and how many steps: what is the same in a row, or repeats, is only counted."""
    for is_same, group in groupby(steps, key=lambda step: step.mark is Mark.SAME):
        found = list(group)
        if is_same and len(found) > 1:
            yield Mark.SAME.value, f"{len(found)} the same", len(found)
            continue
        for step, repeated in groupby(found):
            times = len(list(repeated))
            yield step.mark.value, _step(step) + (f" x{times}" if times > 1 else ""), times


def _counted(older: Sequence[tuple[str, str, int]]) -> list[tuple[str, str]]:
    """One line for those that are not shown."""
    counts: Counter[str] = Counter()
    for mark, _, times in older:
        counts[mark] += times
    told = ", ".join(f"{counts[mark]} {words}" for mark, words in _MARKS.items() if counts[mark])
    return [("", f"(before these: {told})")] if told else []


_MARKS = {"=": "the same", "~": "akin", "+": "only here", "-": "only there"}


def _step(step: Step) -> str:
    if step.mark is Mark.AKIN:
        return f"{short(str(step.here))}  (there: {short(str(step.there))})"
    return short(str(step.there if step.here is None else step.here))


def _turned(turned: Turned, other: str) -> Iterator[RenderableType]:
    for number, way in enumerate(turned.ways):
        yield _text(f"{'Or' if number else f'It would have been {other}'} {_way(way)}.")
    if turned.ways and len(turned.ways[0].changes) > _PAIR:
        yield _text("Each of these is needed: without any one of them it would be as it is.")
    if not turned.ways:
        yield _text(_none_found(turned))
    if turned.nearest:
        yield _text(f"The nearest to it: {_way(turned.nearest)}.")
    tried, asked = several(turned.tried, "change"), several(turned.asked, "time")
    yield _text(f"{tried} to try; the model was asked {asked}.")


_PAIR = 2


def _way(way: Way) -> str:
    words = " and ".join(change.words for change in way.changes)
    return f"{words} (probability {share_of(way.probability)})"


def _none_found(turned: Turned) -> str:
    if not turned.tried:
        return "None to try: nothing that the model keeps to compare it with differs from it."
    if not turned.complete:
        return "None found, though not all pairs of changes could be tried."
    return "None found: no change to try is enough, nor are two, nor all that go together."


def _grid(*justify: Literal["left", "right"]) -> Table:
    """A table without lines whose last columns fold."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    for side in justify:
        table.add_column(justify=side, overflow="fold")
    return table
