"""`foreseen models ledger` and `foreseen models audit`: what models silence, and at what cost."""

import getpass
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from foreseen.cli.stores import database, lake_in_use, lake_of
from foreseen.cli.terminal import console, inert, milliseconds_of, print_json, report, when
from foreseen.control import audit_sample
from foreseen.control.audit_log import Actor
from foreseen.control.audit_sample import Answer, Finding
from foreseen.core.errors import DeniedError, NotFoundError
from foreseen.core.ids import DEFAULT_TENANT, RuleId
from foreseen.models.ledger import Audit
from foreseen.runners.history import history
from foreseen.runners.jobs.ledger import trusted_of
from foreseen.runners.rules.files import folder_documents
from foreseen.runners.server import wall_clock
from foreseen.studies.auditing import PER_DAY, Sampled, suppressed_match, to_answer
from foreseen.studies.ledger import Books, Ledger, Line, Measured, ledger_of
from foreseen.studies.ledger_figures import figures_of
from foreseen.studies.replays.recall import Recall
from foreseen.studies.replays.transplant import PLACEMENTS

audit = typer.Typer(help="Look at a random sample of what models silenced.", no_args_is_help=True)

Data = Annotated[Path, typer.Option("--data", help="Folder of all stores.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_DATA = Path("data")


def ledger(
    rule: Annotated[str | None, typer.Argument(help="Only this rule, in full.")] = None,
    data: Data = _DATA,
    rules: Annotated[
        Path | None, typer.Option(help="Rules in use; else those that labelled last.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="Count matches from this time on (UTC); else all.")
    ] = None,
    placements: Annotated[
        int, typer.Option(min=1, max=100, help="Places that each recorded run is put at.")
    ] = PLACEMENTS,
    json: Json = False,
) -> None:
    """Show by rule what its model silenced, and its recall on attacks that chose no model."""
    in_use = None if rules is None else folder_documents(rules)
    found = history(data, lake_of(data), rules=in_use)
    with database(data) as engine:
        told = ledger_of(
            Books(found.tenant, found.lake, engine, found.rules),
            trusted_of(found),
            since=milliseconds_of(since) if since else 0,
            placements=placements,
        )
    lines = [line for line in told.rules if rule in {None, line.rule}]
    if not lines:
        raise NotFoundError(f"no matches and no model of a rule '{rule}'")
    if json:
        print_json(figures_of(told, lines))
    elif rule:
        _print_line(lines[0])
    else:
        _print(told)


def _print(told: Ledger) -> None:
    imitated = told.imitation.product.chains > 0
    names = ["rule", "stage", "matches", "suppressed", "alerted", "benign", "sealed"]
    table = Table(*names, *(["imitations"] if imitated else []), "audit")
    for column in table.columns[:7]:
        column.no_wrap = True
    for line in told.rules:
        table.add_row(
            inert(line.rule),
            line.stage.value if line.stage else "no model",
            f"{line.matches:,}",
            f"{line.suppressed:,}",
            f"{line.alerted:,}",
            "-" if line.benign_alert_rate is None else f"{line.benign_alert_rate:.1%}",
            _short(line.recall),
            *([_short(line.imitation)] if imitated else []),
            _audit(line.audit) if line.audit.drawn else "-",
        )
    report.print(table)
    report.print(
        "sealed and imitations: chains caught of those that a rule matches, and in brackets"
    )
    report.print("the most that may be suppressed; of a rule with a model, as if it may suppress")
    _print_together("sealed replays", told.sealed)
    if imitated:
        _print_together("imitations of benign jobs", told.imitation)
    console.print(
        "Bounds: exact, 95 %, n = distinct chains; a chain is caught when every run of it alerts at"
        " every place where it was put.",
        soft_wrap=True,
    )


_NOTES = (
    "benign: share of the matches that nobody escalated that alerted",
    "sealed, imitations: chains caught of those that the rule matches, if its model may suppress",
    "in brackets: the share of such chains that it suppresses at most",
    "audit: matches that a person would have wanted to see, of those looked at",
)


def _short(recall: Recall | None) -> str:
    if recall is None or recall.chains == 0:
        return "-"
    return f"{recall.caught} of {recall.chains} ({_percent(recall.upper)})"


def _percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")


def _print_together(what: str, measured: Measured) -> None:
    report.print(f"[bold]{what}[/]", soft_wrap=True)
    report.print(f"  as rules and stages are now: {_recall(measured.product)}", soft_wrap=True)
    report.print(f"  rules with a model alone: {_recall(measured.models)}", soft_wrap=True)
    if measured.impossible:
        count = len(measured.impossible)
        report.print(f"  cannot happen here, and in no figure: {count} chains", soft_wrap=True)


def _print_line(line: Line) -> None:
    rate = line.benign_alert_rate
    told = {
        "rule": line.rule,
        "stage": line.stage.value if line.stage else "no model: all its matches alert",
        "matches": f"{line.matches:,}",
        "suppressed": f"{line.suppressed:,} by its model, {line.hidden:,} otherwise",
        "alerted": f"{line.alerted:,}" + ("" if rate is None else f"; {rate:.2%} of benign ones"),
        "sealed replays": _recall(line.recall),
        "imitations": _recall(line.imitation),
        "audit sample": _audit(line.audit),
    }
    if line.imitation and line.imitation.lost:
        told["lost"] = ", ".join(line.imitation.lost)
    for name, value in told.items():
        report.print(f"{name:>15}  {inert(value)}", soft_wrap=True)


def _recall(recall: Recall | None) -> str:
    if recall is None:
        return "-"
    if recall.chains == 0:
        return "no chain matches it"
    most = _percent(recall.upper)
    return f"{recall.caught} of {recall.chains} chains (suppressed at most {most})"


def _audit(found: Audit) -> str:
    if found.drawn == 0:
        return "not looked at" if found.population else "-"
    skipped = f", {found.skipped} skipped" if found.skipped else ""
    return f"{found.wanted} of {found.drawn}{skipped} ({found.low:.1%} to {found.high:.1%})"


@audit.command(name="list")
def list_(
    rule: Annotated[str | None, typer.Argument(help="Only matches of this rule.")] = None,
    data: Data = _DATA,
    per_day: Annotated[
        int, typer.Option(min=1, max=1000, help="Matches drawn of a rule for each day.")
    ] = PER_DAY,
    json: Json = False,
) -> None:
    """List drawn matches that nobody has spoken on: would you have wanted to see them?"""
    with database(data) as engine:
        answered = audit_sample.answers(engine, DEFAULT_TENANT)
    found = to_answer(
        lake_of(data),
        DEFAULT_TENANT,
        answered.keys(),
        per_day=per_day,
        rule=RuleId(rule) if rule else None,
    )
    for each in found:
        if json:
            print_json(asdict(each))
        else:
            _print_sampled(each)
    if not json:
        console.print(
            f"{len(found)} to answer: 'foreseen models audit answer MATCH wanted|unneeded'"
        )


def _print_sampled(each: Sampled) -> None:
    said = (
        "" if each.probability is None else f", as odd as {each.probability:.1%} of expected ones"
    )
    report.print(f"{each.match}  {when(each.time)}  [bold]{inert(each.rule)}[/]", soft_wrap=True)
    who = " as ".join(map(inert, each.who)) or "?"
    report.print(f"    {inert(each.what)}", soft_wrap=True)
    place = inert(f"{each.host} ({each.workload})")
    report.print(
        f"    [dim]{who} on {place}, from {inert(each.parent) or '?'}{said}[/]", soft_wrap=True
    )


@audit.command()
def answer(
    match: Annotated[str, typer.Argument(help="The match, as the list shows it.")],
    finding: Annotated[Finding, typer.Argument(help="Whether it should have been told.")],
    data: Data = _DATA,
    text: Annotated[str, typer.Option(help="Why, in your words.")] = "",
) -> None:
    """Say whether a match that a model silenced should have been told; the last word stands."""
    actor = getpass.getuser()
    with database(data) as engine:
        found = suppressed_match(lake_in_use(data, engine), DEFAULT_TENANT, match)
        if actor in found.who:
            raise DeniedError(f"match {match} is about {actor}: somebody else must speak on it")
        said = Answer(match, found.rule, actor, finding, text, wall_clock())
        by = Actor(actor, "command")
        audit_sample.answer(engine, DEFAULT_TENANT, said, by)
    console.print(f"{finding.value}: {inert(found.what)}", soft_wrap=True)
