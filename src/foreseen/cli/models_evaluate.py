"""`foreseen models evaluate`: methods side by side on a data set of labelled matches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from foreseen.cli.recordings import read_recording
from foreseen.cli.terminal import console, inert, milliseconds_of, print_json, progress_bar, report
from foreseen.core.errors import ConfigurationError, ForeseenError
from foreseen.runners.settings.file import LEAST_BUDGET, MOST_BUDGET
from foreseen.studies.benchmark.ablation import WithoutWindow
from foreseen.studies.benchmark.baselines import absent, available
from foreseen.studies.benchmark.contest import Contest, Failure, Order, contest
from foreseen.studies.benchmark.dataset import CALIBRATE, Dataset
from foreseen.studies.benchmark.loaders.recognise import load
from foreseen.studies.benchmark.method import Method
from foreseen.studies.benchmark.ours import Ours
from foreseen.studies.benchmark.paired import paired, pairs_json, pairs_sheet
from foreseen.studies.benchmark.pairs import Pair, Place
from foreseen.studies.benchmark.pictures import calibration_picture, recall_picture
from foreseen.studies.benchmark.report import as_json
from foreseen.studies.benchmark.sheets import Sheet, sheets
from foreseen.studies.benchmark.splits import contaminated, reviewed, without

FINE = 1_000
"""Matches of calibration from which half a percent of them can be told well."""

RECALL_PICTURE, CALIBRATION_PICTURE = "recall-against-alerts.svg", "promised-and-realised.svg"


class History(StrEnum):
    """What methods learn from."""

    REVIEWED = "reviewed"
    """As the product trains: a person took known attacks out before accepting it."""
    AS_IS = "as-is"
    """All that happened before the test, attacks among it."""


def evaluate(
    path: Annotated[
        Path,
        typer.Argument(
            help="Parquet file of labelled matches (docs/benchmark-data.md), or a lab recording."
        ),
    ],
    train_until: Annotated[
        str | None, typer.Option(help="Methods learn from what is before this time (UTC).")
    ] = None,
    calibrate_until: Annotated[
        str | None, typer.Option(help="Thresholds are set on what is before this time (UTC).")
    ] = None,
    history: Annotated[
        History, typer.Option(help="Whether attacks stand in what methods learn from.")
    ] = History.REVIEWED,
    leave_out: Annotated[
        str | None,
        typer.Option(
            help="Cold start: learn without these workloads (or clusters), divided by commas, and"
            " test on them alone."
        ),
    ] = None,
    contaminate: Annotated[
        float, typer.Option(help="Share of the attacks moved into training, unlabelled.", min=0)
    ] = 0.0,
    budget: Annotated[
        float | None,
        typer.Option(
            help="Share of expected matches that may alert; else 0.005, or 0.01 where calibration"
            f" has fewer than {FINE:,} matches.",
            min=LEAST_BUDGET,
            max=MOST_BUDGET,
        ),
    ] = None,
    methods: Annotated[
        str | None, typer.Option(help="Names of methods, divided by commas; else all.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Makes a run repeatable.", min=0)] = 0,
    without_harness: Annotated[
        bool, typer.Option("--without-harness", help="Leave out what the recording itself made.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    pictures: Annotated[
        Path | None, typer.Option(help="Folder for the curves, drawn as SVG.")
    ] = None,
) -> None:
    """Let methods decide on matches whose labels they never see; thresholds are set before test."""
    cuts = _moment(train_until), _moment(calibrate_until)
    chosen, missing = _chosen(methods)
    with progress_bar("loading") as advance:
        loaded = _loaded(path, cuts, history)
        data = _varied(loaded.data, history, leave_out, contaminate, seed)
        order = Order(budget or _usual(data), seed, harness=not without_harness)
        held = contest(data, chosen, order, advance)
    pairs = paired(held, data, loaded.places, loaded.pairs) if loaded.pairs else []
    held = replace(held, failures=(*held.failures, *missing))
    for failure in held.failures:
        console.print(inert(f"left out: {failure.method}: {failure.reason}"), soft_wrap=True)
    if not held.entries:
        raise ForeseenError(f"{path}: no method gave an answer; the reasons are above")
    if pictures:
        _draw(held, pictures)
    if json:
        print_json({**as_json(held), **({"pairs": pairs_json(pairs)} if pairs else {})})
        return
    for sheet in (*([pairs_sheet(pairs)] if pairs else []), *sheets(held)):
        _print(sheet)


def _usual(data: Dataset) -> float:
    """The share that may alert where nobody says: small, as far as calibration can tell."""
    return 0.005 if (data.column("part") == CALIBRATE).sum() >= FINE else 0.01


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A data set; of a recording with the places of its matches and its pairs."""

    data: Dataset
    places: Mapping[str, Place] = field(default_factory=dict)
    pairs: Sequence[Pair] = ()


def _loaded(path: Path, cuts: tuple[int | None, int | None], history: History) -> _Loaded:
    if not path.is_dir():
        return _Loaded(load(path, *cuts))
    if cuts != (None, None):
        raise ConfigurationError(f"{path}: a recording has parts of its own: leave the times out")
    found = read_recording(path, mixed=history is History.AS_IS)
    return _Loaded(found.recorded.data, found.recorded.places, found.pairs)


def _varied(
    data: Dataset, history: History, leave_out: str | None, contaminate: float, seed: int
) -> Dataset:
    """The data set in the variant that was asked for."""
    if history is History.REVIEWED:
        data = reviewed(data)
    if leave_out is not None:
        data = without(data, [name.strip() for name in leave_out.split(",")])
    return contaminated(data, share=contaminate, seed=seed) if contaminate else data


def _moment(text: str | None) -> int | None:
    return None if text is None else milliseconds_of(text)


def _chosen(names: str | None) -> tuple[list[Method], list[Failure]]:
    """Methods to run, ours first, and those asked for that cannot run here.

    Raises:
        ConfigurationError: There is no method of a name.
    """
    every: list[Method] = [Ours(), WithoutWindow(), *available()]
    known = {_plain(method.name): method for method in every}
    reasons = {_plain(name): Failure(name, reason) for name, reason in absent().items()}
    if names is None:
        return list(known.values()), list(reasons.values())
    asked = dict.fromkeys(_plain(name) for name in names.split(",") if name.strip())
    unknown = [name for name in asked if name not in known and name not in reasons]
    if unknown or not asked:
        told = ", ".join(sorted({*known, *reasons}))
        raise ConfigurationError(f"--methods {names}: no method '{', '.join(unknown)}'; of {told}")
    return [known[n] for n in asked if n in known], [reasons[n] for n in asked if n in reasons]


def _plain(name: str) -> str:
    """A method's name as one types it: 'parent > child frequency' is parent-child-frequency."""
    return "-".join("".join(c if c.isalnum() else " " for c in name.lower()).split())


def _draw(held: Contest, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    drawn = {
        RECALL_PICTURE: recall_picture(held),
        CALIBRATION_PICTURE: calibration_picture(held),
    }
    for name, picture in drawn.items():
        (folder / name).write_text(picture, encoding="utf-8")
        console.print(inert(f"drawn: {folder / name}"), soft_wrap=True)


def _print(sheet: Sheet) -> None:
    table = Table(*map(inert, sheet.columns), title=inert(sheet.title), title_justify="left")
    for number, column in enumerate(table.columns):
        column.justify = "right" if number else "left"
    for row in sheet.rows:
        table.add_row(*map(inert, row))
    report.print(table)
    if sheet.note:
        report.print(inert(sheet.note))
