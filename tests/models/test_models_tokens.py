"""Folding hides what is random and keeps what tells a habit from an attack."""

import hashlib
import shlex
import string
import subprocess
import sys
import textwrap
import uuid

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from tests.models.histories import hostile_text

from foreseen.models.moments.tokens import folded, place, shape, split_words

names = st.text(string.ascii_letters + string.digits, min_size=6, max_size=12)
programs = st.text(string.ascii_lowercase, min_size=1, max_size=10).map("tool{}".format)
addresses = st.ip_addresses(v=4).map(str)
ports = st.integers(1, 32_767)


@pytest.mark.parametrize("directory", ["/tmp", "/var/tmp", "/dev/shm", "/run/user"])
@given(one=names, other=names)
def test_names_below_temporary_directories_fold_together(
    directory: str, one: str, other: str
) -> None:
    commands = [f"sh {directory}/{name}/build.sh --fast" for name in (one, other)]
    for fold in (folded, shape):
        assert fold(commands[0]) == fold(commands[1])
        assert (
            f"{directory.rsplit('/', maxsplit=1)[-1]}/<random>" in fold(commands[0])
            or directory == "/var/tmp"
        )
    assert f"{directory}/<random>" in folded(commands[0])


def test_a_temporary_file_keeps_its_extension() -> None:
    assert folded("/tmp/a1.sh") != folded("/tmp/a1.py")
    assert place("/tmp/a1.sh") != place("/tmp/a1.py")


@given(one=st.integers(0), other=st.integers(0))
def test_hashes_uuids_and_numbers_fold_together(one: int, other: int) -> None:
    for first, second in zip(random_commands(one), random_commands(other), strict=True):
        assert folded(first) == folded(second)
        assert shape(first) == shape(second)


def random_commands(number: int) -> list[str]:
    return [
        f"git checkout {hashlib.sha256(str(number).encode()).hexdigest()}",
        f"docker rm {uuid.UUID(int=number % 2**128)}",
        f"kill -9 {number}",
        f"sleep {number}",
    ]


@given(one=st.tuples(addresses, ports), other=st.tuples(addresses, ports))
def test_a_new_destination_is_not_folded_away(one: tuple[str, int], other: tuple[str, int]) -> None:
    assume(one != other)
    first, second = (f"curl http://{address}:{port}/x" for address, port in (one, other))
    assert folded(first) != folded(second)
    assume(not all(address.startswith("127.") for address, _ in (one, other)))
    assert shape(first) != shape(second)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("curl http://[2001:db8::1]/x", "curl http://[2001:db8::2]/x"),
        ("nc 203.0.113.7 4444", "nc 203.0.113.7 443"),
        ("chmod 4755 /usr/local/bin/x", "chmod 0644 /usr/local/bin/x"),
    ],
)
def test_destinations_and_modes_of_other_spellings_are_not_folded_away(
    one: str, other: str
) -> None:
    assert folded(one) != folded(other)


@given(program=programs, option=st.sampled_from(string.ascii_letters))
def test_options_are_kept(program: str, option: str) -> None:
    other = "a" if option != "a" else "b"
    assert f"-{option}" in shape(f"{program} -{option} x")
    assert shape(f"{program} -{option} x") != shape(f"{program} -{other} x")
    assert shape(f"{program} --{program}-a x") != shape(f"{program} --{program}-b x")


@given(first=programs, second=programs, between=st.sampled_from(["; ", " | ", " && ", "\n", " & "]))
def test_programs_of_a_shell_script_are_kept(first: str, second: str, between: str) -> None:
    kept = shape(f"sh -c '{first} a{between}{second} b'").split(" ")
    assert {first, second} <= set(kept)


@pytest.mark.parametrize(
    "script",
    [
        "if true; then evil x; fi",
        "while read l; do evil $l; done",
        "! evil x",
        "VAR=1 evil x",
        "echo $(evil x)",
        "(evil x)",
        "exec evil x",
        "nohup evil x &",
    ],
)
def test_a_program_does_not_hide_behind_the_words_of_the_shell(script: str) -> None:
    assert "evil" in shape(f"sh -c '{script}'").split(" ")


@pytest.mark.parametrize("option", ["-c", "-lc", "-ec", "-xc", "-ic", "-euc", "-xec"])
def test_a_script_is_read_whatever_options_stand_with_it(option: str) -> None:
    assert "evil" in shape(f"bash {option} 'date; evil x'").split(" ")


@given(text=st.text() | hostile_text)
@example(text="")
@example(text="'")
@example(text="-")
@example(text="http://")
@example(text="/tmp/")
def test_no_text_raises(text: str) -> None:
    for fold in (folded, shape, place):
        assert isinstance(fold(text), str)


@given(words=st.lists(st.one_of(names, programs, addresses, ports.map(str)), max_size=8))
def test_folding_twice_is_folding_once(words: list[str]) -> None:
    once = folded(" ".join(words))
    assert folded(once) == once


HOSTILE = {
    "slashes": "a/",
    "capitals": "A1/",
    "pip": "pip-",
    "dots": "1.",
    "one word": "x",
    "quote": "'",
    "dollars": "$(",
    "tmp": "/tmp/a ",
    "hex": "a1",
    "at signs": "a@",
    "words": "x y ",
}


@pytest.mark.parametrize("unit", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_command_line_of_a_megabyte_is_folded_fast_and_short(unit: str) -> None:
    program = """
        import sys, time
        from foreseen.models.moments.tokens import folded, place, shape, split_words
        text = "sh -c " + sys.argv[1] * (1_000_000 // len(sys.argv[1]))
        started = time.process_time()
        longest = max(len(fold(text)) for fold in (folded, shape, place))
        print(longest, time.process_time() - started)
    """
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), unit],
        capture_output=True,
        timeout=20,
        check=True,
    )
    longest, seconds = ran.stdout.split()
    assert int(longest) < 20_000
    assert float(seconds) < 1.5


@given(st.text(st.sampled_from("ab-/=\"'\\ \t\r\n\v\f\x00é\u2003#;$"), max_size=40))
def test_words_are_the_shells_words_with_and_without_quotes(command: str) -> None:
    try:
        wanted = shlex.split(command)
    except ValueError:
        wanted = command.split()
    assert split_words(command) == wanted
