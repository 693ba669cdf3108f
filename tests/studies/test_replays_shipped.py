"""The shipped attack replays are whole, apart from each other, and read by whom they are for."""

import ast
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pytest
import zstandard
from tests.shipped import shipped_rules
from tests.studies.attacks import attack

import foreseen
from foreseen.core.errors import CorruptError
from foreseen.rules import parse_rules
from foreseen.studies.replays import replay, stored
from foreseen.studies.replays.chain import Own, Use
from foreseen.studies.replays.recorded import Deed, Recorded, as_labelled, as_matched, deed_of
from foreseen.studies.replays.replay import replays_under, shipped_replays
from foreseen.studies.replays.sides import LEFT_OUT, SIDES
from foreseen.studies.replays.stored import SUMS, name_of, packed, read, sums_of

SOURCE = Path(foreseen.__file__).parent
DATA = SOURCE / "studies" / "replays" / "data"
SEALED_READERS = {"studies/ledger.py", "studies/replays/sides.py"}


def shipped(use: Use) -> tuple[Recorded, ...]:
    return stored.recorded(use)


@pytest.mark.parametrize("use", [Use.GATE, Use.SEALED])
def test_there_are_chains_of_each_use_and_each_has_matches(use: Use) -> None:
    runs = shipped_replays(use)
    assert len({run.chain for run in runs}) >= 9
    assert [run.run for run in runs if not run.moments] == []
    assert {run.use for run in runs} == {use}


def test_a_chain_has_one_use_and_one_technique() -> None:
    for use in Use:
        for run in shipped(use):
            assert SIDES[run.chain] == (run.technique, use)
            assert not run.chain.startswith(LEFT_OUT)


def test_no_technique_that_chains_are_there_for_is_on_both_sides() -> None:
    sides: dict[str, set[Use]] = defaultdict(set)
    for technique, use in SIDES.values():
        if use is not Use.IMITATION:
            sides[technique.partition(".")[0]].add(use)
    assert {name: uses for name, uses in sides.items() if len(uses) > 1} == {}


def test_replays_are_less_than_a_megabyte() -> None:
    assert sum(path.stat().st_size for path in DATA.iterdir()) < 1_000_000


@pytest.mark.long
@pytest.mark.parametrize("use", list(Use))
def test_what_ships_is_what_would_be_written(use: Use) -> None:
    runs = shipped(use)
    assert not runs or packed(runs) == (DATA / name_of(use)).read_bytes()


@pytest.mark.parametrize("use", [Use.GATE, Use.SEALED])
def test_matches_are_in_order_of_time_with_what_the_chain_has_made(use: Use) -> None:
    for run in shipped_replays(use):
        times = [moment.time for moment in run.moments]
        assert times == sorted(times)
        assert len(run.own) == len(run.moments)
        for moment, own in zip(run.moments, run.own, strict=True):
            assert own.ancestors <= 12
            for places, tokens in (
                (own.window, moment.window),
                (own.session, moment.session),
                (own.siblings, moment.siblings),
            ):
                assert set(places) <= set(range(len(tokens)))


def test_chains_stand_in_the_windows_of_their_later_acts() -> None:
    made = [own.window for run in shipped_replays() for own in run.own]
    assert sum(bool(window) for window in made) > len(made) / 2


def test_the_shipped_rules_match_what_they_matched_when_the_replays_were_made() -> None:
    rules = shipped_rules()
    for use in Use:
        assert replays_under(rules, use) == shipped_replays(use)


def test_other_rules_match_other_moments_of_the_same_runs() -> None:
    text = (
        "title: Shell\nname: shell\nid: 1ab780a9-7927-4029-a4b0-000000000001\n"
        "description: A shell.\ntags: [attack.t1059]\nlevel: low\n"
        "logsource: {product: linux, service: auditd}\n"
        "detection:\n  one: {comm: [sh, bash, dash]}\n  condition: one\n"
    )
    found = as_labelled(shipped(Use.GATE), parse_rules([("linux/shell.yml", text)]))
    moments = [moment for run in found for moment in run.moments]
    assert {moment.rule for moment in moments} == {"shell"}
    assert [run.run for run in found] == [run.run for run in shipped_replays()]
    deeds = {deed.moment.uid for run in shipped(Use.GATE) for deed in run.deeds}
    assert {deed_of(moment) for moment in moments} <= deeds


def folder(place: Path, runs: tuple[Recorded, ...], use: Use = Use.GATE) -> Path:
    content = packed(runs)
    (place / name_of(use)).write_bytes(content)
    (place / SUMS).write_text(sums_of({name_of(use): content}), encoding="ascii")
    return place


def made() -> Recorded:
    """A recorded run with all that JSON and the folder must keep."""
    run = attack()
    deeds = tuple(
        Deed(
            moment=replace(moment, rule="", uid=f"x:{place}", elsewhere=("seen",)),
            own=own,
            columns={"process_path": "/bin/\N{BELL}sh", "unmapped": {"a": ["1", "2"], "b": []}},
            rules=(moment.rule,),
        )
        for place, (moment, own) in enumerate(zip(run.moments, run.own, strict=True))
    )
    return Recorded(run.chain, run.technique, run.use, run.run, deeds)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    runs = (made(),)
    assert read(folder(tmp_path, runs), Use.GATE) == runs
    assert packed(runs) == packed((made(),))
    assert [m.rule for m in as_matched(runs[0]).moments] == [m.rule for m in attack().moments]


def test_replays_from_before_failed_logins_were_known_read_without_them(tmp_path: Path) -> None:
    known = made()
    later = replace(
        known.deeds[0],
        moment=replace(known.deeds[0].moment, failures=6),
        own=replace(known.deeds[0].own, opened=True),
    )
    text = zstandard.decompress(packed((replace(known, deeds=(later, known.deeds[1])),)))
    for new in (b',"failures":6', b',"failures":null', b',"opened":true', b',"opened":false'):
        assert new in text
        text = text.replace(new, b"")
    content = zstandard.compress(text)
    (tmp_path / name_of(Use.GATE)).write_bytes(content)
    (tmp_path / SUMS).write_text(sums_of({name_of(Use.GATE): content}), encoding="ascii")
    assert read(tmp_path, Use.GATE) == (known,)


def test_a_use_that_nothing_was_recorded_for_has_no_replays(tmp_path: Path) -> None:
    assert read(folder(tmp_path, (made(),)), Use.IMITATION) == ()


@pytest.mark.parametrize("place", [0, 9, -1])
def test_a_flipped_byte_is_an_error_that_names_the_file(tmp_path: Path, place: int) -> None:
    file = folder(tmp_path, (made(),)) / name_of(Use.GATE)
    content = bytearray(file.read_bytes())
    content[place] ^= 1
    file.write_bytes(content)
    with pytest.raises(CorruptError, match=name_of(Use.GATE)):
        read(tmp_path, Use.GATE)


def test_other_replays_than_those_that_ship_are_refused(tmp_path: Path) -> None:
    file = folder(tmp_path, (made(),)) / name_of(Use.GATE)
    file.write_bytes(packed((replace(made(), chain="other"),)))
    with pytest.raises(CorruptError, match="checksum"):
        read(tmp_path, Use.GATE)


def test_a_missing_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    (folder(tmp_path, (made(),)) / name_of(Use.GATE)).unlink()
    with pytest.raises(CorruptError, match=name_of(Use.GATE)):
        read(tmp_path, Use.GATE)


def test_missing_sums_are_an_error(tmp_path: Path) -> None:
    (folder(tmp_path, (made(),)) / SUMS).unlink()
    with pytest.raises(CorruptError, match=r"gate\.jsonl\.zst.*SHA256SUMS"):
        read(tmp_path, Use.GATE)


RUN = b'{"chain":"a","technique":"b","run":"c","deeds":%b}\n'
DEED = b'[{"moment":{},"own":{},"columns":{},"rules":[]}]'
NO_REPLAYS = [b"{", b"[]\n", b"null\n", b'{"chain":"a"}\n', RUN % b"5", RUN % b"[5]", RUN % DEED]


@pytest.mark.parametrize("text", NO_REPLAYS)
def test_whole_files_that_hold_no_replays_are_errors(tmp_path: Path, text: bytes) -> None:
    content = zstandard.compress(text)
    (tmp_path / name_of(Use.GATE)).write_bytes(content)
    (tmp_path / SUMS).write_text(sums_of({name_of(Use.GATE): content}), encoding="ascii")
    with pytest.raises(CorruptError, match=name_of(Use.GATE)):
        read(tmp_path, Use.GATE)


def test_a_file_that_claims_to_be_huge_is_refused(tmp_path: Path) -> None:
    huge = zstandard.compress(b"\n" * (300 << 20))
    (tmp_path / name_of(Use.GATE)).write_bytes(huge)
    (tmp_path / SUMS).write_text(sums_of({name_of(Use.GATE): huge}), encoding="ascii")
    with pytest.raises(CorruptError, match="bytes when unpacked"):
        read(tmp_path, Use.GATE)


def test_only_the_ledger_reads_sealed_replays() -> None:
    readers = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if "lab/assets" not in path.as_posix() and names_sealed(path.read_text("utf-8"))
    }
    assert readers == SEALED_READERS


def test_only_commands_the_api_and_the_jobs_that_people_ask_for_read_the_ledger() -> None:
    asked_for = "runners/jobs/ledger.py"
    assert _importing("foreseen.studies.ledger") == {asked_for, "studies/ledger_figures.py"}
    assert _importing("foreseen.studies.ledger_figures") == {asked_for}
    assert _importing("foreseen.runners.jobs.ledger") == {"runners/jobs/kinds.py"}
    assert _importing("foreseen.runners.jobs.kinds") == {"runners/jobs/task.py"}


def _importing(module: str) -> set[str]:
    """Files of ours that import it, but for commands and the API; somebody has to be there."""
    readers = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if module in imported(ast.parse(path.read_text("utf-8")))
    }
    assert readers
    return {name for name in readers if not name.startswith(("cli/", "api/"))}


@pytest.mark.parametrize(
    "text", ["x = Use.SEALED", "Use(name)", "recorded(Use['SEALED'])", "for use in Use: x(use)"]
)
def test_the_search_for_readers_finds_them(text: str) -> None:
    assert names_sealed(text)


def names_sealed(text: str) -> bool:
    """Whether code names the sealed use, makes a use of something, or goes through all of them."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute) and node.attr == "SEALED":
            return True
        made = node.func if isinstance(node, ast.Call) else getattr(node, "value", None)
        if isinstance(node, ast.Call | ast.Subscript) and made and ast.unparse(made) == "Use":
            return True
        if isinstance(node, ast.For | ast.comprehension) and ast.unparse(node.iter) == "Use":
            return True
    return False


def imported(tree: ast.AST) -> set[str]:
    """Modules that code imports, also as names of their package."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {str(node.module), *(f"{node.module}.{each.name}" for each in node.names)}
    return found


def test_who_asks_for_replays_without_a_use_gets_the_gate_set() -> None:
    assert shipped_replays() == shipped_replays(Use.GATE) != ()
    assert "Use" in replay.__all__


def test_a_recorded_moment_knows_its_deed_wherever_it_is_put() -> None:
    moment = attack().moments[0]
    placed = replace(moment, uid=f"{moment.uid}@a:b@c#3")
    assert deed_of(placed) == deed_of(moment) == "dropper-1:1"
    assert Own() == Own(0, (), (), ())
