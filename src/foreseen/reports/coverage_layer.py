"""ATT&CK coverage as a layer for the ATT&CK Navigator, format 4.5."""

from collections.abc import Mapping

from foreseen.reports.coverage import Coverage, State, Technique

FORMAT = "4.5"
DOMAIN = "enterprise-attack"
COLORS: Mapping[State, str] = {
    State.COVERED: "#66c2a5",
    State.UNTESTED: "#ffd92f",
    State.UNKNOWN: "#c5c9d3",
    State.BLIND: "#fc8d62",
}
LEGEND: Mapping[State, str] = {
    State.COVERED: "tested rule that sees its telemetry",
    State.UNTESTED: "rule without tests that sees its telemetry",
    State.UNKNOWN: "rules; telemetry not known",
    State.BLIND: "rules, but no telemetry for them",
}

Json = dict[str, object]


def layer(coverage: Coverage, name: str) -> Json:
    """A layer that the Navigator opens: one entry for each technique and sub-technique.

    The score is the number of rules; colours say what `Technique.state` says.

    Args:
        coverage: What is covered.
        name: Name of the layer, as the Navigator shows it.
    """
    entries = [
        entry
        for technique in coverage.techniques
        for entry in (_entry(technique), *map(_entry, technique.parts))
    ]
    return {
        "name": name,
        "versions": {"layer": FORMAT},
        "domain": DOMAIN,
        "description": f"{coverage.rules} rules, {len(coverage.techniques)} techniques",
        "techniques": entries,
        "legendItems": [{"label": LEGEND[state], "color": COLORS[state]} for state in State],
        "hideDisabled": False,
    }


def _entry(technique: Technique) -> Json:
    counts = {
        "rules": len(technique.rules),
        "with tests": len(technique.tested),
        "with telemetry": len(technique.telemetry),
        "without telemetry": len(technique.blind),
    }
    return {
        "techniqueID": technique.id,
        "score": len(technique.rules),
        "color": COLORS[technique.state],
        "comment": f"{LEGEND[technique.state]}: {', '.join(technique.rules)}",
        "enabled": True,
        "metadata": [{"name": key, "value": str(count)} for key, count in counts.items()],
        "showSubtechniques": bool(technique.parts),
    }
