"""`foreseen rules stats`, `list` and `coverage`: figures that can be counted otherwise."""

from pathlib import Path

import pytest
from tests.cli.commands import foreseen
from tests.recording import extract

from foreseen.control.alerts import Page, alerts
from foreseen.control.database import open_database
from foreseen.core.ids import DEFAULT_TENANT
from foreseen.lake.lake import Lake
from foreseen.runners.rules.files import SHIPPED, load_rules

RULES = Path(__file__).parents[2] / "src" / Path(*SHIPPED.split(".")) / "linux"
BURST = """\
title: Three of them
name: burst
id: 4ab780a9-7927-4029-a4b0-f2421485211b
description: It counts.
tags: [attack.t1059]
level: high
logsource: {product: linux, category: process_creation}
detection:
  one: {CommandLine|contains: x}
  condition: one
foreseen: {threshold: 3, window: 90m, compliance: ["pci-dss:10.2.2"]}
"""


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recorded log."""
    file = tmp_path_factory.mktemp("log") / "audit.log"
    file.write_bytes(extract(2_500))
    return file


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, log: Path) -> Path:
    """A folder with it."""
    folder = tmp_path_factory.mktemp("data")
    assert foreseen("replay", log, "--data", folder, "--rules", RULES).code == 0
    return folder


def test_stats_count_what_the_lake_and_the_alerts_say(data: Path) -> None:
    (told,) = foreseen("rules", "stats", "--data", data, "--rules", RULES, "--json").rows
    control = open_database(data / "control.db")
    raised = [alert.rule for alert in alerts(control, DEFAULT_TENANT, page=Page(limit=10_000))]
    control.dispose()
    matches = Lake.open(data / "lake").read("matches", ["rule_id", "time"]).to_pylist()
    assert {each["id"] for each in told["rules"]} == {str(r.id) for r in load_rules(RULES).rules}
    assert matches
    for each in told["rules"]:
        times = [row["time"] for row in matches if row["rule_id"] == each["id"]]
        assert each["matches"] == each["alerted"] + each["suppressed"] == len(times)
        assert each["last"] == max(times, default=None)
        assert each["share_suppressed"] == (0 if times else None)
    assert {e["id"]: e["alerts"] for e in told["rules"] if e["alerts"]} == {
        name: raised.count(name) for name in set(raised)
    }


def test_stats_are_sorted_and_name_rules_that_never_matched(data: Path) -> None:
    options = ("--data", data, "--rules", RULES, "--sort", "matches")
    (told,) = foreseen("rules", "stats", *options, "--json").rows
    counts = [each["matches"] for each in told["rules"]]
    assert counts == sorted(counts, reverse=True)
    shown = foreseen("rules", "stats", *options)
    assert shown.code == 0
    never = [each["id"] for each in told["rules"] if not each["matches"]]
    assert f"{len(never)} rules never matched" in shown.out
    assert never[0] in shown.out


@pytest.mark.long
def test_measured_cost_names_every_log_source_and_the_same_hits(data: Path, log: Path) -> None:
    options = ("--data", data, "--rules", RULES, "--measure", log, "--sort", "cost")
    (told,) = foreseen("rules", "stats", *options, "--json").rows
    rules = load_rules(RULES)
    assert set(told["cost"]["classes"]) == {each.scope.name for each in rules.compiled}
    assert told["cost"]["cpu_seconds"] > 0
    assert told["cost"]["events"] == Lake.open(data / "lake").read("events", ["seq"]).num_rows
    for each in told["rules"]:
        assert each["hits"] == each["matches"]
    trials = [each["trials"] for each in told["rules"]]
    assert trials == sorted(trials, reverse=True)
    assert trials[0] > 10
    assert "from cold" in foreseen("rules", "stats", *options).out


def test_stats_of_rules_that_are_no_longer_loaded_stay(data: Path, tmp_path: Path) -> None:
    (tmp_path / "burst.yml").write_text(BURST)
    (told,) = foreseen("rules", "stats", "--data", data, "--rules", tmp_path, "--json").rows
    gone = [each for each in told["rules"] if not each["loaded"]]
    assert gone
    assert all(each["matches"] for each in gone)
    assert "not loaded" in foreseen("rules", "stats", "--data", data, "--rules", tmp_path).out


def test_stats_without_data_are_refused(tmp_path: Path) -> None:
    assert foreseen("rules", "stats", "--data", tmp_path).code == 3


def test_list_says_all_of_a_rule(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "burst.yml").write_text(BURST)
    ((told,),) = foreseen("rules", "list", tmp_path, "--json").rows
    assert (told["pack"], told["kept"], told["decided_by"]) == ("mine", "local", "rule alone")
    assert told["alerting"] == {"threshold": 3, "window": 5_400_000, "aggregate": [], "title": ""}
    assert (told["severity"], told["compliance"]) == (1, ["pci-dss:10.2.2"])
    assert "3 in 90m" in foreseen("rules", "list", tmp_path).out


@pytest.mark.parametrize(
    ("typed", "fits"),
    [
        (("--pack", "LINUX"), lambda rule: rule.path.endswith(f"linux/{rule.id}.yml")),
        (
            ("--technique", "t1059"),
            lambda rule: any(t == "T1059" or t.startswith("T1059.") for t in rule.techniques),
        ),
        (
            ("--compliance", "pci-dss:10.*"),
            lambda rule: any(c.startswith("pci-dss:10.") for c in rule.compliance),
        ),
    ],
)
def test_list_is_narrowed_by(typed, fits) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    (told,) = foreseen("rules", "list", RULES, *typed, "--json").rows
    wanted = {str(rule.id) for rule in load_rules(RULES).rules if fits(rule)}
    assert {each["id"] for each in told if each["decided_by"] != "correlation"} == wanted
    assert {each["kept"] for each in told} <= {"local"}


def test_shipped_rules_are_managed() -> None:
    (told,) = foreseen("rules", "list", "--technique", "T1003.008", "--json").rows
    assert {(each["kept"], each["path"].split("/")[0]) for each in told} == {("managed", "packs")}


def test_coverage_can_be_asked_for() -> None:
    (told,) = foreseen("rules", "coverage", RULES, "--json").rows
    assert told["rules"] >= len(load_rules(RULES).rules)


def test_lint_and_coverage_say_which_rules_can_match_what_is_collected(
    data: Path, log: Path, tmp_path: Path
) -> None:
    (tmp_path / "burst.yml").write_text(BURST)
    (tmp_path / "windows.yml").write_text(
        BURST.replace("burst", "elsewhere").replace("4ab7", "5ab7").replace("linux", "windows")
    )
    for place in (("--data", data), ("--files", log)):
        (told,) = foreseen("rules", "lint", tmp_path, *place, "--json").rows
        assert told["problems"] == []
        reach = told["reach"]
        assert {name: one["reachable"] for name, one in reach.items()} == {
            "burst": True,
            "elsewhere": False,
        }
        assert "windows/process_creation" in reach["elsewhere"]["reason"]
    shown = foreseen("rules", "lint", tmp_path, "--data", data)
    assert shown.code == 0
    assert "elsewhere: cannot match what is collected" in shown.out
    assert "1 of 2 rules can match" in shown.out
    (told,) = foreseen("rules", "coverage", tmp_path, "--data", data, "--json").rows
    (technique,) = told["techniques"]
    assert (technique["telemetry"], technique["blind"]) == (["burst"], ["elsewhere"])


def test_lint_of_wrong_rules_ends_with_an_error_whatever_is_collected(
    data: Path, tmp_path: Path
) -> None:
    (tmp_path / "burst.yml").write_text(BURST.replace("condition: one", "condition: two"))
    ran = foreseen("rules", "lint", tmp_path, "--data", data, "--json")
    assert ran.code == 1
    assert [each["line"] for each in ran.rows[0]["problems"]] == [10]
    assert foreseen("rules", "lint", tmp_path, "--data", tmp_path).code == 3
