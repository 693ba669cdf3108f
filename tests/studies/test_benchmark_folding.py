"""Commands of Windows fold where they are random and nowhere else; thinning loses no weight."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foreseen.studies.benchmark.loaders.commands import act, folded_command
from foreseen.studies.benchmark.loaders.thinning import first_of, thinned


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            "msiexec.exe /x {AA3B11D2-F1D2-33D1-4411-1E555555E666}",
            "MsiExec.exe  /x {BB3B11D2-F1D2-33D1-4411-1E555555E666}",
        ),
        ("C:\\Temp\\EU1A2B.tmp\\update.exe /c", "c:\\temp\\eu99.tmp\\UPDATE.exe /c"),
        ("C:\\Users\\ANNA~1\\x.exe -p 80", "C:\\Users\\bob\\x.exe -p 81"),
        (
            "\\??\\C:\\Windows\\system32\\conhost.exe 0xffffffff",
            "C:\\windows\\system32\\conhost.exe 0x1",
        ),
        ("a.exe /v 1.3.195.27_b", "a.exe  /v 1.4.2.9_b"),
    ],
)
def test_random_parts_of_windows_commands_fold(first: str, second: str) -> None:
    assert folded_command(first) == folded_command(second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("C:\\Windows\\System32\\sc.exe", "C:\\Users\\a\\AppData\\Local\\Temp\\sc.exe"),
        ("sc.exe start wuauserv", "sc.exe query wuauserv"),
        ("nslookup.exe 192.0.2.1", "nslookup.exe 192.0.2.2"),
        ("rundll32.exe a.dll,Start", "rundll32.exe a.dll,Stop"),
        ("x.exe /system32", "x.exe /system64"),
    ],
)
def test_what_matters_in_windows_commands_stays(first: str, second: str) -> None:
    assert folded_command(first) != folded_command(second)


@pytest.mark.parametrize(
    ("parent", "child", "command", "told"),
    [
        ("-", "C:\\W\\sc.exe", '"C:\\W\\sc.exe" start wuauserv', "- > sc.exe start wuauserv"),
        ("C:\\cmd.exe", "C:\\sc.exe", "sc  query  state= all", "cmd.exe > sc.exe query <word> all"),
        (
            None,
            "C:\\W\\rundll32.exe",
            "C:\\W\\rundll32.exe C:\\W\\PcaSvc.dll,PcaPatch",
            "rundll32.exe pcasvc.dll,pcapatch",
        ),
        (
            None,
            "C:\\P\\powershell.exe",
            '"powershell.exe" & {Get-Content x | Set-Content y}',
            "powershell.exe get-content set-content",
        ),
        (None, "C:\\a.exe", "a.exe --type=x C:\\d\\e\\f\\g.txt", "a.exe --type c:\\d\\<name.txt>"),
        ("/bin/sh", None, None, "sh > "),
    ],
)
def test_a_token_keeps_program_switches_and_kinds(
    parent: str | None, child: str | None, command: str | None, told: str
) -> None:
    assert act(parent, child, command) == told


@given(st.text(max_size=3_000), st.text(max_size=50))
def test_any_text_folds(text: str, child: str) -> None:
    for windows in (None, True, False):
        assert isinstance(folded_command(text, windows=windows), str)
    assert isinstance(act(child, child, text), str)


@given(st.lists(st.integers(0, 3), max_size=200), st.integers(1, 20))
def test_weights_sum_to_what_was_thinned(groups: list[int], limit: int) -> None:
    numbers = np.array(groups, np.int64)
    kept, weights = thinned(numbers, limit)
    assert np.all(np.diff(kept) > 0)
    for group, size in Counter(groups).items():
        own = numbers[kept] == group
        assert own.sum() == min(size, limit)
        assert weights[own].sum() == size
        if size > limit:  # evenly spread: no two stand for very different numbers
            assert np.ptp(weights[own]) <= 1
    assert Counter(numbers[first_of(numbers, limit)].tolist()) == Counter(
        {group: min(size, limit) for group, size in Counter(groups).items()}
    )
