"""Commands as a person types them: data on stdout, the rest on stderr, exit codes that tell."""

import csv
import gzip
import io
import os
import re
import subprocess
import sys
import unicodedata
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
import zstandard
from tests import recording
from tests.cli.commands import FOREIGN, Ran, execve, foreseen
from tests.recording import extract, middle_time, time_of
from tests.shipped import shipped_rules

from foreseen import __version__
from foreseen.cli import demo as demo_command
from foreseen.runners.replay import ReplayOrder, replay

LINES = 16_000
PROGRAM = [sys.executable, "-c", "from foreseen.cli.main import main; main()"]


@pytest.fixture(scope="session")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recorded log."""
    file = tmp_path_factory.mktemp("log") / "audit.log"
    file.write_bytes(extract(LINES))
    return file


@pytest.fixture(scope="session")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log for programs of their own, which take long to start."""
    file = tmp_path_factory.mktemp("short") / "audit.log"
    file.write_bytes(extract(1_000))
    return file


@pytest.fixture(scope="session")
def until() -> str:
    """A time near the log's end, as a person writes it."""
    return datetime.fromtimestamp(middle_time(extract(LINES), 0.8) / 1000, UTC).isoformat()


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory, log: Path) -> Path:
    """A data folder with the log in it; nothing is trained."""
    folder = tmp_path_factory.mktemp("kept")
    replay(ReplayOrder([str(log)], "auto", shipped_rules(), folder, 0))
    return folder


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory, log: Path, until: str) -> tuple[Path, Ran]:
    """A data folder whose models a replay has trained, and what the replay said."""
    folder = tmp_path_factory.mktemp("trained")
    options = ("--train-until", until, "--budget", "0.1", "--json")
    ran = foreseen("replay", log, "--data", folder, *options)
    return folder, ran


def test_version_is_the_packages() -> None:
    assert foreseen("--version") == Ran(0, f"foreseen {__version__}\n", "")


def test_replay_prints_alerts_as_detection_findings_and_counts_apart(
    models: tuple[Path, Ran],
) -> None:
    _, ran = models
    assert ran.code == 0
    assert len(ran.rows) > 3
    for finding in ran.rows:
        assert (finding["class_uid"], finding["metadata"]["version"]) == (2004, "1.8.0")
        assert finding["count"] == len(finding["finding_info"]["related_events"])
    assert f"{LINES:,} lines" in ran.err
    assert f"{len(ran.rows):,} alerts" in ran.err


def test_replay_shows_alerts_to_people_with_their_reasons(log: Path) -> None:
    ran = foreseen("replay", log)
    assert ran.code == 0
    assert "The rule has no trained model yet" in ran.out
    assert "lines" not in ran.out


def test_alerts_can_end_with_a_code_of_their_own(log: Path) -> None:
    assert foreseen("replay", log, "--json", "--fail-on-alerts").code == 6


def test_label_prints_every_match_in_order(log: Path, data: Path) -> None:
    ran = foreseen("label", log, "--json")
    assert ran.code == 0
    (counted,) = foreseen(
        "hunt", "SELECT count(*) AS n FROM matches", "--data", data, "--json"
    ).rows
    assert sum(len(row["rules"]) for row in ran.rows) == counted["n"] > 100
    assert [row["event"] for row in ran.rows] == sorted({row["event"] for row in ran.rows})
    shown = foreseen("label", log)
    assert len(shown.out.splitlines()) == counted["n"]


@pytest.mark.parametrize("command", ["replay", "label"])
def test_lines_that_cannot_be_read_are_named_and_end_with_a_code(
    tmp_path: Path, command: str
) -> None:
    file = tmp_path / "mixed.log"
    file.write_bytes(execve(1, "id") + FOREIGN + execve(2, "id"))
    ran = foreseen(command, file, "--json")
    assert ran.code == 4
    assert len(ran.rows) >= 1
    assert "1 in quarantine" in ran.err
    assert re.search(rf"{re.escape(str(file))}:4: not a record of this format", ran.err)


def test_a_damaged_file_is_read_as_far_as_it_goes(tmp_path: Path, log: Path) -> None:
    file = tmp_path / "audit.log.gz"
    file.write_bytes(gzip.compress(log.read_bytes())[:-9_000])
    ran = foreseen("replay", file, "--json")
    assert ran.code == 4
    assert ran.rows
    assert "compressed file is damaged" in ran.err


@pytest.mark.long
def test_the_standard_input_is_read(short: Path) -> None:
    ran = program("label", "-", "--json", given=short.read_bytes())
    assert ran.code == 0
    assert len(ran.rows) > 10


def program(
    *arguments: str | Path, given: bytes = b"", environment: dict[str, str] | None = None
) -> Ran:
    """Run a command as a program of its own."""
    ended = subprocess.run(
        [*PROGRAM, *map(str, arguments)],
        input=given,
        capture_output=True,
        check=False,
        env={**os.environ, **(environment or {})},
    )
    return Ran(ended.returncode, ended.stdout.decode(), ended.stderr.decode())


@pytest.mark.long
@pytest.mark.parametrize(
    "forced", [{"FORCE_COLOR": "1"}, pytest.param({}, marks=pytest.mark.slow)], ids=["forced", ""]
)
def test_without_a_terminal_nothing_is_drawn(short: Path, forced: dict[str, str]) -> None:
    ran = program("replay", short, "--json", environment=forced)
    assert ran.code == 0
    assert ran.rows
    assert not set(controls(ran.err)) - {"\x1b" if forced else ""}
    assert "━" not in ran.err.partition("lines, ")[0]


@pytest.mark.slow
def test_a_reader_that_stops_early_is_no_error_of_ours(short: Path) -> None:
    command = [*PROGRAM, "label", str(short), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stderr is not None
        assert orjson.loads(writer.stdout.readline())
        writer.stdout.close()
        assert b"Traceback" not in writer.stderr.read()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM matches",
        "SELECT * FROM events",
        "SELECT sum(time) AS s, avg(time) AS a, count(*) AS c FROM events",
        "SELECT interval 1 day AS i, DATE '2026-11-21' AS d, TIME '19:30' AS t, now() AS n",
        "SELECT 'a'::BLOB AS b, uuid() AS u, 1e400::DOUBLE AS f, 2::HUGEINT AS h, NULL AS z",
        "SELECT {'a': [1, 2]} AS s, MAP {'k': 1} AS m, [[1]] AS l, '101'::BIT AS bit",
    ],
)
@pytest.mark.parametrize("form", ["json", "csv", "table"])
def test_hunt_prints_whatever_sql_can_give(data: Path, sql: str, form: str) -> None:
    ran = foreseen("hunt", sql, "--data", data, "--as", form, "--limit", "5")
    assert ran.code == 0
    if form == "json":
        assert all(isinstance(row, dict) for row in ran.rows)
    if form == "csv":
        read = list(csv.reader(io.StringIO(ran.out)))
        assert len({len(row) for row in read}) == 1
    assert ran.out


@pytest.mark.long
@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-rf", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1"]
)
def test_no_cell_of_csv_is_a_formula_of_a_spreadsheet(data: Path, text: str) -> None:
    codes = "".join(f" || chr({ord(letter)})" for letter in text)
    sql = f"SELECT ''{codes} AS t, -5 AS n, 'a=1' AS plain, ['=1'] AS l"
    rows = list(csv.reader(io.StringIO(foreseen("hunt", sql, "--data", data, "--as", "csv").out)))
    assert rows[1] == [f"'{text}", "-5", "a=1", '["=1"]']
    (exact,) = foreseen("hunt", sql, "--data", data, "--json").rows
    assert exact["t"] == text


def test_hunt_says_when_there_is_more(data: Path) -> None:
    ran = foreseen("hunt", "SELECT seq FROM events", "--data", data, "--json", "--limit", "3")
    assert len(ran.rows) == 3
    assert "first 3 rows" in ran.err


def test_models_are_listed_and_shown(models: tuple[Path, Ran]) -> None:
    folder, _ = models
    (listed,) = foreseen("models", "list", "--data", folder, "--json").rows
    rules = [model["rule"] for model in listed["models"]]
    assert rules
    (shown,) = foreseen("models", "show", rules[0], "--data", folder, "--json").rows
    assert shown["rule"] == rules[0]
    assert shown["hash"] == listed["models"][0]["hash"]
    assert rules[0] in foreseen("models", "list", "--data", folder).out
    assert shown["hash"] in foreseen("models", "show", rules[0], "--data", folder).out


def test_models_can_be_trained_on_what_a_folder_holds(data: Path, until: str) -> None:
    options = ("--until", until, "--budget", "0.1", "--json")
    ran = foreseen("models", "train", "--data", data, *options)
    assert ran.code == 0
    (trained,) = ran.rows
    assert foreseen("models", "list", "--data", data, "--json").rows == [trained]


RULE = """\
title: T
name: t
id: 1ab780a9-7927-4029-a4b0-f2421485211b
description: It matches.
tags: [attack.t1059]
logsource: {product: linux, category: process_creation}
detection:
  one: {CommandLine|contains: x}
  condition: one
level: low
"""


@pytest.mark.parametrize("command", [["list"], ["lint"], ["test"]])
def test_shipped_rules_are_listed_and_well(command: list[str]) -> None:
    ran = foreseen("rules", *command, "--json")
    assert ran.code == 0
    (found,) = ran.rows
    assert len(found) > 15 if command == ["list"] else found == []
    assert foreseen("rules", *command).code == 0


def test_lint_names_every_problem_by_file_line_and_nearest_name(tmp_path: Path) -> None:
    good = RULE.replace("1ab7", "2ab7").replace("name: t", "name: other")
    (tmp_path / "good.yml").write_text(good)
    (tmp_path / "bad.yml").write_text(RULE.replace("CommandLine", "ComandLine"))
    ran = foreseen("rules", "lint", tmp_path)
    assert ran.code == 1
    assert re.search(r"bad\.yml:8: .*ComandLine.*CommandLine", ran.out)
    (problems,) = foreseen("rules", "lint", tmp_path, "--json").rows
    assert [(Path(each["path"]).name, each["line"]) for each in problems] == [("bad.yml", 8)]


def test_a_rule_that_breaks_its_promise_is_named(tmp_path: Path) -> None:
    (tmp_path / "r.yml").write_text(RULE)
    shipped = Path(demo_command.__file__).parents[1] / "rules/packs/linux/discovery_command"
    test = shipped.with_suffix(".test.yml").read_text()
    (tmp_path / "discovery_command.test.yml").write_text(test)
    ran = foreseen("rules", "test", tmp_path)
    assert ran.code == 1
    assert "discovery_command.test.yml" in ran.out


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording cut short."""
    folder = tmp_path_factory.mktemp("recording")
    parts = []
    for part in ("train", "test"):
        lines = extract(8_000, part)
        (folder / f"{part}.log.zst").write_bytes(zstandard.compress(lines))
        parts.append({"part": part, "start": time_of(lines.splitlines()[0]) / 1000})
    (folder / "parts.json").write_bytes(orjson.dumps(parts))
    for name in ("labels.csv.zst", "runs.json"):
        (folder / name).write_bytes((recording.RECORDING / name).read_bytes())
    return folder


@pytest.mark.long
def test_demo_counts_what_a_recording_gives(small: Path) -> None:
    ran = foreseen("demo", "--recording", small, "--json")
    assert ran.code == 0
    (figures,) = ran.rows
    assert figures["records"] == 16_000
    assert sum(figures["matches"].values()) > 300
    for score in figures["methods"].values():
        assert score["suppressed"] <= score["benign"]
        assert score["attack_matches_alerted"] <= score["attack_matches"]


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory, models: tuple[Path, Ran]) -> Path:
    """A folder with what commands are pointed at; nothing in it is changed."""
    folder = tmp_path_factory.mktemp("furnished")
    for name in ("rules", "empty", "good"):
        (folder / name).mkdir()
    (folder / "good" / "good.yml").write_text(RULE)
    (folder / "rules" / "bad.yml").write_text(RULE.replace("CommandLine", "CommandLine|contians"))
    (folder / "audit.log").write_bytes(execve(1, "id"))
    (folder / "trained").symlink_to(models[0])
    assert foreseen("replay", folder / "audit.log", "--data", folder / "kept").code == 0
    return folder


@pytest.fixture
def workplace(furnished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands are typed in the furnished folder."""
    monkeypatch.chdir(furnished)


@pytest.mark.parametrize(
    ("typed", "code", "says"),
    [
        ("replay missing.log", 3, r"missing\.log: no such file"),
        ("label missing.log", 3, r"missing\.log: no such file"),
        ("replay .", 3, "is a directory; name the files in it"),
        ("label audit.log .", 3, "is a directory; name the files in it"),
        ("rules lint good --files .", 3, "is a directory; name the files in it"),
        ("rules diff --files . --rules good", 3, "is a directory; name the files in it"),
        ("rules diff --edit missing.yml", 3, r"missing\.yml: no such file or folder of rules"),
        ("rules diff --suppressions no.yml", 3, r"no\.yml: no such file or folder of suppressions"),
        ("rules lint audit.log", 3, r"audit\.log: no rules there \(.* \.yml or \.yaml\)"),
        ("rules test good", 3, r"good: no tests there \(.* \.test\.yml or \.test\.yaml\)"),
        ("suppressions lint empty", 3, "empty: no suppressions there"),
        ("suppressions add missing.yml", 3, "no such file or folder of suppressions"),
        ("replay audit.log --settings missing.yml", 3, r"missing\.yml: no such settings file"),
        ("replay audit.log --settings empty", 3, "empty: is a directory; name the settings file"),
        ("replay audit.log --format syslog", 2, "'syslog'.*auditd"),
        ("label audit.log --format syslog", 2, "'syslog'.*auditd"),
        ("replay audit.log --train-until yesterday", 2, "'yesterday' is no time; write it like"),
        ("replay audit.log --train-until 2020-01-01", 3, "clean matches"),
        ("replay audit.log --rules rules", 1, r"bad\.yml:8: .*contians"),
        ("label audit.log --rules rules", 1, r"bad\.yml:8: .*contians"),
        ("rules list rules", 1, r"bad\.yml:8: "),
        ("replay audit.log --rules nowhere", 3, "nowhere: no such file or folder"),
        ("replay audit.log --rules empty", 3, "empty: no rules there"),
        ("replay audit.log --budget 2", 2, "budget"),
        ("replay", 2, "(?i)files"),
        ("replay audit.log --data audit.log", 1, r"audit\.log: a file where a folder is needed"),
        ("up --port 0 --data audit.log", 1, r"audit\.log: a file where a folder is needed"),
        ("rules coverage good --svg empty", 1, "empty: Is a directory"),
        ("replay audit.log --data /proc/none", 1, "/proc/none"),
        ("up --port 0 --data /proc/none", 1, "/proc/none"),
        ("up --port 0 --host 203.0.113.1", 2, r"203\.0\.113\.1:0: cannot listen there"),
        ("up --port 0 --host no.such.host.invalid", 2, "cannot listen there"),
        ("hunt SELECT --data nowhere", 3, "nowhere: no lake there"),
        ("hunt DROP_TABLE_events --data kept", 1, "SQL"),
        ("hunt COPY --data kept", 1, "."),
        ("models list --data nowhere", 3, "nowhere: no data of Foreseen"),
        ("models train --until 2030-01-01 --data nowhere", 3, "nowhere: no data"),
        ("models show discovery_command --data nowhere", 3, "nowhere: no data"),
        ("models list --data kept", 3, "no models yet"),
        ("models train --until never --data kept", 2, "'never' is no time"),
        ("models show unheard_of --data trained", 3, "no model of rule 'unheard_of'; there are"),
        ("demo --recording nowhere", 3, r"nowhere/train\.log\.zst"),
        ("up --rules rules --data new", 1, r"bad\.yml:8: "),
        ("frobnicate", 2, "frobnicate"),
        ("replay audit.log --frobnicate", 2, "frobnicate"),
    ],
)
@pytest.mark.usefixtures("workplace")
def test_errors_say_what_where_and_what_to_do(typed: str, code: int, says: str) -> None:
    ran = foreseen(*typed.split())
    assert (ran.code, ran.out) == (code, "")
    assert re.search(says, plain(ran.err)), ran.err


def plain(text: str) -> str:
    """Messages of the option parser without their frame."""
    return " ".join(text.replace("│", " ").split())


HOSTILE = (
    b"\x1b[31mred\x1b]0;title\x07",
    "\N{RIGHT-TO-LEFT OVERRIDE}txt.exe\N{RIGHT-TO-LEFT MARK}\N{ARABIC LETTER MARK}".encode(),
    "\N{RIGHT-TO-LEFT ISOLATE}a\N{LINE SEPARATOR}b\N{ZERO WIDTH SPACE}".encode(),
    b"[bold red]markup[/] [/nothing] [link=http://evil]x[/link] \\[a]",
    b"one\r\ntwo\x0b\x0c\x85\x9b31m",
    b"\xff\xfe\x80",
)


def controls(text: str) -> list[str]:
    """Characters that a terminal obeys or that turn text round."""
    return [
        letter
        for letter in text
        if letter != "\n" and unicodedata.category(letter) in {"Cc", "Cf", "Zl", "Zp", "Cs"}
    ]


def test_text_of_telemetry_is_inert_on_a_terminal(tmp_path: Path) -> None:
    file = tmp_path / "hostile\x1b[31m[red].log"
    starts = [execve(number, "id", text) for number, text in enumerate(HOSTILE, start=1)]
    file.write_bytes(b"".join(starts) + b"\x1b[31m[/red] no record\n")
    data = tmp_path / "data"
    sql = 'SELECT process_cmd_line AS "[red]\x1b[31m" FROM events'
    for ran in (
        foreseen("replay", file, "--data", data),
        foreseen("label", file),
        foreseen("hunt", sql, "--data", data),
        foreseen("models", "show", "[/x]\x1b[31m", "--data", data),
        foreseen("replay", f"{file}.missing"),
        foreseen("rules", "list", tmp_path / "[/x]\x1b[31m"),
    ):
        assert controls(ran.out + ran.err) == []
    shown = foreseen("hunt", sql, "--data", data).out
    for text in ("[bold red]markup[/]", "[/nothing]"):
        assert text in shown


def test_json_holds_the_text_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "hostile.log"
    file.write_bytes(b"".join(execve(n, "id", text) for n, text in enumerate(HOSTILE, start=1)))
    foreseen("replay", file, "--data", tmp_path / "data")
    sql = "SELECT process_cmd_line FROM matches WHERE rule_id = 'discovery_command'"
    rows = foreseen("hunt", sql, "--data", tmp_path / "data", "--json").rows
    commands = [row["process_cmd_line"] for row in rows]
    assert len(commands) == len(HOSTILE)
    assert HOSTILE[1].decode() in commands[1]


@pytest.mark.parametrize(
    "command", ["up", "replay", "label", "hunt", "demo", "models train", "rules test", "lab record"]
)
def test_every_command_explains_itself(command: str) -> None:
    ran = foreseen(*command.split(), "--help")
    assert ran.code == 0
    assert "Usage" in ran.out
