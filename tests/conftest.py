"""What every suite shares: the research data, and the rule that CI skips nothing silently."""

import os
from pathlib import Path

import pytest
from tests.postgres.fixtures import all_on_one_kind as all_on_one_kind  # noqa: PLC0414 (a fixture)
from tests.postgres.fixtures import databases_go as databases_go  # noqa: PLC0414
from tests.postgres.fixtures import kind as kind  # noqa: PLC0414
from tests.postgres.fixtures import postgres as postgres  # noqa: PLC0414

NO_DATA = "no FORESEEN_DATA"
_CHECKOUT = Path(__file__).resolve().parents[1]
_SKIPPED = pytest.StashKey[list[str]]()


def research_data() -> Path:
    """Where the research data lie: FORESEEN_DATA, or shared/data beside the checkout."""
    return Path(os.environ.get("FORESEEN_DATA") or _CHECKOUT.parent / "shared" / "data")


@pytest.fixture(scope="session")
def foreseen_data() -> Path:
    """Folder of the research data; a test that needs it is skipped where it is absent."""
    folder = research_data()
    if not folder.is_dir():
        pytest.skip(f"{NO_DATA}: set it to the folder of the research data (docs/testing.md)")
    return folder


def pytest_configure(config: pytest.Config) -> None:
    """Start the list of skips that CI does not accept."""
    config.stash[_SKIPPED] = []
    config.pluginmanager.register(_SkipGuard(config.stash[_SKIPPED]), "foreseen-skip-guard")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run that skipped a test in CI."""
    if session.config.stash[_SKIPPED] and session.exitstatus in {
        pytest.ExitCode.OK,
        pytest.ExitCode.NO_TESTS_COLLECTED,
    }:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Name the skips that failed the run."""
    for skip in config.stash[_SKIPPED]:
        terminalreporter.line(f"skipped in CI, which counts as a failure: {skip}", red=True)


class _SkipGuard:
    """Collects skips while the environment says CI; under xdist the controller sees them all."""

    def __init__(self, skipped: list[str]) -> None:
        self._skipped = skipped

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not hasattr(report, "wasxfail"):
            self._judge(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._judge(report)

    def _judge(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.skipped and os.environ.get("CI", "").lower() in {"1", "true"}:
            reason = _reason(report.longrepr)
            if not (reason.startswith(NO_DATA) and not research_data().is_dir()):
                self._skipped.append(f"{report.nodeid}: {reason}")


def _reason(longrepr: object) -> str:
    """Text of `pytest.skip`, from pytest's (path, line, "Skipped: text")."""
    text = longrepr[2] if isinstance(longrepr, tuple) else longrepr
    return str(text).removeprefix("Skipped: ")
