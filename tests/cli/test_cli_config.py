"""`foreseen config`: every fault with its place, what is in force, an example that is sound."""

import json
import os
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cli.commands import foreseen

from foreseen.core.errors import MalformedInputError, NotFoundError
from foreseen.runners.config.declaring import Secret, keys_of
from foreseen.runners.config.reading import read_configuration
from foreseen.runners.config.sections import SECTIONS, Configuration
from foreseen.runners.config.showing import example

FORMATS = '"auto", "console", "json"'


def faults(file: Path, text: str, **environment: str) -> list[str]:
    file.write_text(text)
    with pytest.raises(MalformedInputError) as told:
        read_configuration(file, environment)
    return str(told.value).splitlines()


def test_the_example_names_every_key_and_is_what_holds_without_a_file(tmp_path: Path) -> None:
    file = tmp_path / "foreseen.toml"
    file.write_text(example())
    told = tomllib.loads(example())
    assert list(told) == list(SECTIONS)
    for section, made in SECTIONS.items():
        for name in keys_of(made):
            assert f"\n{name} = " in example() or f"\n# {name}" in example(), name
        assert set(told[section]) <= set(keys_of(made))
    assert read_configuration(file, {}).configuration == Configuration()


def test_every_fault_is_told_with_file_line_and_the_nearest_key(tmp_path: Path) -> None:
    file = tmp_path / "foreseen.toml"
    found = faults(
        file,
        "[server]\nhots = 'x'\nport = 'a'\n\n[limts]\nconnections = 1\n"
        "[log]\nlevel = 'loud'\naccess = 1\n[limits]\nhead_seconds = -1\nbody_rate = 1.5\n"
        "[hunting]\nport = 9\n",
        FORESEEN_SERVER__PROT="1",
        FORESEEN_LOG__FORMAT="xml",
    )
    assert found == [
        f"{file}:2: 'server.hots' is no key; did you mean 'server.host'?",
        f"{file}:3: 'server.port' is a whole number from 0 to 65535, not 'a'",
        f"{file}:5: '[limts]' is no section; did you mean '[limits]'?",
        f'{file}:8: \'log.level\' is one of "debug", "info", "warning", "error", not \'loud\'',
        f"{file}:9: 'log.access' is true or false, not 1",
        f"{file}:11: 'limits.head_seconds' is a number from 0.1 to 600, not -1",
        f"{file}:12: 'limits.body_rate' is a whole number from 0 to 1000000000, not 1.5",
        f"{file}:14: 'hunting.port' is no key; did you mean 'server.port'?",
        f"environment FORESEEN_LOG__FORMAT: 'log.format' is one of {FORMATS}, not 'xml'",
        "environment FORESEEN_SERVER__PROT: 'server.prot' is no key; did you mean 'server.port'?",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("port = 1", ":1: 'port' stands in no section; write it under [server]"),
        ("server = 1", ":1: 'server' is a section; write [server]"),
        ("[server]\nport = ,", ":2: Invalid value"),
        ("[server]\nhost = ''", ":2: 'server.host' is a text, not ''"),
        ("[server]\nport = true", "not True"),
        ("[limits]\nhead_seconds = nan", "not nan"),
        ("[limits]\nhead_seconds = 1e999", "not inf"),
        (f"[limits]\nhead_seconds = {'9' * 400}", "a number from 0.1 to 600"),
        ("[server]\nroles = []", "a list of"),
        ("[server]\nroles = ['api', 3]", "a list of"),
        ("[server]\ntls_cert = '/nowhere'", "'server.tls_cert' needs 'server.tls_key' too"),
        ("[server]\npublic_url = 'x'", ":2: 'server.public_url' is an address with http://"),
        ("[telemetry]\nendpoint = 'http://'", ":2: 'telemetry.endpoint' is an address"),
        ("[server]\ntrusted_proxies = ['10.0.0.1/8']", ":2: 'server.trusted_proxies' names"),
        ("[server]\ntrusted_proxies = ['*']", ":2: 'server.trusted_proxies' names"),
        ("[identity]\nfile = '/nowhere'", ":2: 'identity.file' cannot be read"),
        ("[stores]\nintake_file = '/nowhere'", "cannot be read: No such file"),
        ('[stores]\nintake_file = "\\u0000"', "cannot be read"),
        ('[log]\nlevel = """\nport = 1\n"""', ":2: 'log.level' is one of"),
    ],
)
def test_hostile_files_are_refused_in_words(tmp_path: Path, text: str, told: str) -> None:
    assert any(told in each for each in faults(tmp_path / "foreseen.toml", text))


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_in_our_words(text: str) -> None:
    file = Path(os.environ.get("TMPDIR", "/tmp")) / f"foreseen-{os.getpid()}.toml"
    file.write_text(text, "utf-8", "surrogatepass")
    try:
        read_configuration(file, {})
    except MalformedInputError as error:
        told = str(error)
        assert str(file) in told
    finally:
        file.unlink()


def test_options_count_more_than_the_environment_and_that_more_than_the_file(
    tmp_path: Path,
) -> None:
    file = tmp_path / "foreseen.toml"
    file.write_text("[server]\nport = 1\nhost = 'a'\npublic_url = 'https://x'\n")
    environment = {"FORESEEN_SERVER__PORT": "2", "FORESEEN_SERVER__HOST": "b", "FORESEEN_DATA": "x"}
    read = read_configuration(file, environment, {"server.port": 3, "server.host": None})
    server = read.configuration.server
    assert (server.port, server.host, server.public_url) == (3, "b", "https://x")
    assert read.sources == {
        "server.port": "option --port",
        "server.host": "environment FORESEEN_SERVER__HOST",
        "server.public_url": f"{file}:4",
    }


def test_a_file_in_the_data_folder_is_found_and_one_that_is_named_has_to_be_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "d").mkdir()
    (tmp_path / "d/foreseen.toml").write_text("[server]\nport = 5\n")
    read = read_configuration(None, {"FORESEEN_STORES__DATA": "d"})
    assert (read.file, read.configuration.server.port) == (Path("d/foreseen.toml"), 5)
    (tmp_path / "foreseen.toml").write_text("[server]\nport = 6\n")
    assert read_configuration(None, {}, {"stores.data": "d"}).configuration.server.port == 6
    with pytest.raises(NotFoundError, match="no such configuration file"):
        read_configuration(Path("other.toml"), {})


def test_what_is_in_force_is_shown_with_its_source_and_without_secrets(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hunter2\n")
    file = tmp_path / "foreseen.toml"
    file.write_text(
        f"[telemetry]\nheaders_file = '{tmp_path}/secret'\n"
        "[stores]\nintake = 'nats://u:hunter2@h/x'\n"
    )
    ran = foreseen("config", "show", "--config", file)
    assert ran.code == 0
    assert "hunter2" not in ran.out + ran.err
    assert f'stores.intake = "***"  # {file}:4\n' in ran.out
    assert f'telemetry.headers = "***"  # {file}:2 (headers_file)\n' in ran.out
    assert "server.port = 8440  # default\n" in ran.out
    held = read_configuration(file, {}).configuration
    assert held.telemetry.headers == Secret("hunter2")
    assert "hunter2" not in repr(held)
    as_json = foreseen("config", "show", "--config", file, "--json")
    assert "hunter2" not in as_json.out
    lines = [json.loads(line) for line in as_json.out.splitlines()]
    assert {"key": "server.port", "value": 8440, "source": "default"} in lines


def test_check_says_what_is_wrong_and_ends_with_an_error(tmp_path: Path) -> None:
    file = tmp_path / "foreseen.toml"
    file.write_text("[log]\n")
    assert foreseen("config", "check", "--config", file).code == 0
    file.write_text("[log]\nfromat = 'json'\n")
    ran = foreseen("config", "check", "--config", file)
    assert (ran.code, ran.out) == (1, "")
    assert "did you mean 'log.format'?" in ran.err
    assert foreseen("config", "check", "--config", tmp_path / "no").code == 3
    assert foreseen("config", "example").out == example()
