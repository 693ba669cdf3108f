"""A receipt for people: what a word or an edit moves."""

from foreseen.cli.terminal import inert, report, when
from foreseen.studies.receipt import Receipt
from foreseen.studies.weighing import Moved


def print_receipt(receipt: Receipt) -> None:
    """The receipt on stdout."""
    moved, (before, after) = receipt.moved, receipt.lessons
    report.print(
        f"[bold]{inert(receipt.rule)}[/]: {receipt.verdict}, {receipt.matches:,} matches; the"
        f" model would learn from {after:,} expected matches ({after - before:+,})",
        soft_wrap=True,
    )
    if not moved.judged:
        report.print("nothing moves")
    else:
        report.print(
            f"of {moved.judged:,} matches of the last {receipt.days} days:"
            f" {moved.to_expected.matches:,} similar ones that alert would be expected,"
            f" {moved.to_alerted.matches:,} that are expected would alert;"
            f" {moved.own:,} of its own would be expected",
            soft_wrap=True,
        )
    _print_moved("would be expected", moved.to_expected)
    _print_moved("would alert", moved.to_alerted)
    if moved.judged:
        _print_chains(receipt)
    for note in receipt.notes:
        report.print(f"[dim]{inert(note)}[/]", soft_wrap=True)


def _print_moved(title: str, moved: Moved) -> None:
    if not moved.matches:
        return
    places = ", ".join(f"{name} {count:,}" for name, count in moved.by_workload.items())
    report.print(f"  {title}: {inert(places)}", soft_wrap=True)
    for each in moved.examples:
        told = f"{each.act}, from {each.parent}, on {each.workload}"
        report.print(f"    {when(each.time)}  {inert(told)}", soft_wrap=True)


def _print_chains(receipt: Receipt) -> None:
    chains = receipt.moved.chains
    if not chains.measured:
        report.print("attack replays: none has matches of this rule here")
        return
    report.print(
        f"attack replays: {chains.caught} of {chains.measured} still caught by the models,"
        f" {len(chains.lost)} lost by it"
    )
    if chains.lost:
        report.print(f"  [red]lost: {inert(', '.join(chains.lost))}[/]", soft_wrap=True)
    if weaker := [name for name in chains.weaker if name not in chains.lost]:
        told = f"caught by other rules alone: {', '.join(weaker)}"
        report.print(f"  {inert(told)}", soft_wrap=True)
