"""The ledger as JSON."""

from collections.abc import Sequence
from dataclasses import asdict

from foreseen.studies.ledger import Ledger, Line, Measured
from foreseen.studies.replays.recall import Recall


def figures_of(told: Ledger, lines: Sequence[Line]) -> dict[str, object]:
    """JSON without the names of sealed chains: who knows them tunes to them."""
    return {
        "foresight": told.foresight,
        "since": told.since,
        "placements": told.placements,
        "rules": [
            {
                **asdict(line),
                "recall": _recall_figures(line.recall, sealed=True),
                "imitation": _recall_figures(line.imitation),
            }
            for line in lines
        ],
        "sealed": _measured_figures(told.sealed, sealed=True),
        "imitation": _measured_figures(told.imitation),
    }


def _measured_figures(measured: Measured, *, sealed: bool = False) -> dict[str, object]:
    impossible = measured.impossible
    return {
        "models": _recall_figures(measured.models, sealed=sealed),
        "product": _recall_figures(measured.product, sealed=sealed),
        "impossible": len(impossible) if sealed else list(impossible),
    }


def _recall_figures(recall: Recall | None, *, sealed: bool = False) -> dict[str, object] | None:
    if recall is None:
        return None
    return {**asdict(recall), "lost": len(recall.lost) if sealed else list(recall.lost)}
