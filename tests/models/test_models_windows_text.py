"""Windows command lines fold as those of Linux do."""

import pytest

from foreseen.models.moments.tokens import folded, shape
from foreseen.models.moments.windows_text import as_posix, path_as_posix


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (
            r'"C:\Windows\system32\wevtutil.exe" cl Security',
            "/c/windows/system32/wevtutil.exe cl security",
        ),
        (r"C:\Windows\Temp\EU1A2B.tmp\setup.exe /c", "/tmp/EU1A2B.tmp/setup.exe -c".lower()),
        (r"C:\Users\ana\AppData\Local\Temp\x.ps1", "/tmp/x.ps1"),
        (
            r"\??\C:\Windows\system32\conhost.exe 0xffffffff",
            "/c/windows/system32/conhost.exe 0xffffffff",
        ),
        ("taskkill.exe /f /IM a.exe", "taskkill.exe -f -im a.exe"),
        (r"\\files\share\run.exe", "//files/share/run.exe"),
    ],
)
def test_slashes_switches_and_temporary_places_are_those_of_the_others(
    command: str, expected: str
) -> None:
    assert as_posix(command) == expected


@pytest.mark.parametrize(
    "command",
    [
        "curl -s http://a/b",
        "/usr/bin/x /etc/hosts",
        "",
        "a b\tc",
        "sed s/a/\\n/",
        "find . -name \\*.py",
        "grep a\\.b",
    ],
)
def test_what_is_not_of_windows_is_left_alone(command: str) -> None:
    assert as_posix(command) == command


def test_a_quoted_path_with_blanks_stays_one_word() -> None:
    one = r'"C:\Program Files (x86)\Edge\1.3.195.27\Update.exe" /ua /installsource scheduler'
    assert shape(as_posix(one)).startswith("Update.exe".lower() + " -ua")


def test_random_names_in_temporary_places_fold_together() -> None:
    commands = [rf"C:\Windows\Temp\EU{name}.tmp\setup.exe /c" for name in ("1A2B", "FF09")]
    assert len({folded(as_posix(each)) for each in commands}) == 1


@pytest.mark.parametrize(
    "text", ['"', '"C:\\', "C:\\", "\\", "/" * 900, '"' * 999 + "\\", ".exe", "%temp%\\"]
)
def test_hostile_texts_fold(text: str) -> None:
    assert isinstance(shape(as_posix(text)), str)
    assert isinstance(path_as_posix(text), str)
