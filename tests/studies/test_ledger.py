"""The ledger of a replayed folder: what models silenced, what attacks they would have missed."""

import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from tests.models.histories import RULES
from tests.recording import extract, middle_time
from tests.shipped import shipped_rules
from tests.studies.attacks import models

from foreseen.alerts.decide import Policy
from foreseen.control import alerts as stored_alerts
from foreseen.control import audit_sample, dispositions
from foreseen.control.audit_sample import Answer, Finding
from foreseen.control.database import opened
from foreseen.control.dispositions import Disposition
from foreseen.control.reasons import Verdict
from foreseen.core.decisions import Basis, Stage
from foreseen.core.errors import NotFoundError
from foreseen.core.ids import DEFAULT_TENANT, RuleId, TenantId
from foreseen.lake.lake import Lake
from foreseen.models.ensemble import RuleModel, fit
from foreseen.models.foresight import foresight
from foreseen.models.ledger import drawn_order
from foreseen.models.moments.moment import Moment, moments_of
from foreseen.runners.replay import ReplayOrder, replay
from foreseen.runners.settings.settings import Settings
from foreseen.studies.auditing import suppressed_match, to_answer
from foreseen.studies.gates import Bars
from foreseen.studies.last_words import last_words
from foreseen.studies.ledger import Books, Ledger, Line, Trusted, ledger_of
from foreseen.studies.stored import stored_foresight

LINES = 24_000
POLICY = Policy(0.02, 30)
NOW = 1_800_000_000_000
"""Wall time of the tests, ms UTC."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Recorded telemetry under the shipped rules, the models of its earlier half in use."""
    place = tmp_path_factory.mktemp("ledger")
    log = extract(LINES)
    (place / "audit.log").write_bytes(log)
    order = ReplayOrder(
        files=[str(place / "audit.log")],
        format="auditd",
        rules=shipped_rules(),
        data=place,
        now=NOW,
        train_until=middle_time(log, 0.6),
        settings=Settings(POLICY),
        bars=Bars.none(),
    )
    replay(order)
    return place


@pytest.fixture
def copied(folder: Path, tmp_path: Path) -> Path:
    """The folder, for tests in which people say something."""
    return shutil.copytree(folder, tmp_path / "copy")


@contextmanager
def opened_books(folder: Path) -> Iterator[Books]:
    with opened(folder / "control.db") as engine:
        yield Books(DEFAULT_TENANT, Lake.open(folder / "lake"), engine, shipped_rules())


def trusted(books: Books) -> Trusted:
    """The models that judged the folder."""
    stored = stored_foresight(books.engine, books.tenant)
    assert stored is not None
    return Trusted(
        stored.hash,
        stored.foresight,
        POLICY,
        stored.stages,
        int(stored.about["accepted_until"]),
    )


@pytest.fixture(scope="module")
def told(folder: Path) -> Ledger:
    with opened_books(folder) as books:
        return ledger_of(books, trusted(books))


def busiest(told: Ledger) -> Line:
    """The rule that most was suppressed of; the folder has some."""
    assert told.rules[0].suppressed > 20
    return told.rules[0]


def test_every_judged_match_is_in_one_column(folder: Path, told: Ledger) -> None:
    rows = Lake.open(folder / "lake").read("predictions").to_pylist()
    judged = Counter(row["rule_id"] for row in rows)
    assert {line.rule: line.matches for line in told.rules if line.matches} == judged
    for line in told.rules:
        assert line.matches == line.suppressed + line.hidden + line.alerted
    silent = Counter(row["basis"] for row in rows if row["outcome"] == "suppressed")
    expected = silent.pop(Basis.EXPECTED.value)
    assert sum(line.suppressed for line in told.rules) == expected > 100
    assert sum(line.hidden for line in told.rules) == silent.total()


def test_rules_with_a_model_have_a_recall_and_others_have_none(told: Ledger) -> None:
    for line in told.rules:
        assert (line.stage is None) == (line.recall is None)
    assert any(line.recall and line.recall.chains for line in told.rules)


@pytest.mark.long
def test_the_share_of_benign_matches_that_alert_leaves_escalated_ones_out(copied: Path) -> None:
    with opened_books(copied) as books:
        before = ledger_of(books, trusted(books), placements=1)
        first = stored_alerts.Page(limit=1)
        (alert,) = stored_alerts.alerts(books.engine, books.tenant, page=first)
        said = Disposition(alert.uid, "ann", Verdict.ESCALATED, "attack", "", NOW)
        dispositions.dispose(books.engine, books.tenant, said)
        after = ledger_of(books, trusted(books), placements=1)
    ours, theirs = ({ln.rule: ln for ln in each.rules}[alert.rule] for each in (before, after))
    grave = len(set(alert.members))
    assert ours.benign_alert_rate == pytest.approx(ours.alerted / ours.matches)
    assert theirs.benign_alert_rate == pytest.approx(
        (ours.alerted - grave) / (ours.matches - grave)
        if ours.matches > grave
        else theirs.benign_alert_rate
    )


@pytest.mark.long
def test_the_same_folder_gives_the_same_ledger(folder: Path, told: Ledger) -> None:
    with opened_books(folder) as books:
        assert ledger_of(books, trusted(books)) == told


@pytest.fixture(scope="module")
def fitted(folder: Path) -> dict[RuleId, RuleModel]:
    """A model of every rule that matches in the folder."""
    found = moments_of(Lake.open(folder / "lake").read("matches"))
    by_rule: dict[RuleId, list[Moment]] = {}
    for moment in found:
        by_rule.setdefault(RuleId(moment.rule), []).append(moment)
    return {rule: fit(rule, own[:40], found[:40], 0) for rule, own in by_rule.items()}


def certain(books: Books, fitted: dict[RuleId, RuleModel], *, alert: bool) -> Trusted:
    """Models that find everything expected, or nothing, however little they know."""
    fusion = models(alert=alert, rules=RULES[:1]).fusion
    return replace(
        trusted(books), foresight=foresight(fitted, fusion), policy=Policy(0.01, 0), stages={}
    )


def test_models_that_expect_everything_catch_nothing_and_bound_nothing(
    folder: Path, fitted: dict[RuleId, RuleModel]
) -> None:
    with opened_books(folder) as books:
        found = ledger_of(books, certain(books, fitted, alert=False), placements=1)
    assert (found.sealed.models.caught, found.sealed.models.upper) == (0, 1.0)
    assert found.sealed.models.chains > 0


def test_models_that_expect_nothing_catch_all_chains(
    folder: Path, fitted: dict[RuleId, RuleModel]
) -> None:
    with opened_books(folder) as books:
        found = ledger_of(books, certain(books, fitted, alert=True), placements=1)
    sealed = found.sealed.models
    assert sealed.caught == sealed.chains > 0
    assert sealed.upper == pytest.approx(1 - 0.05 ** (1 / sealed.chains))


def test_models_that_only_observe_hide_nothing_from_the_product(
    folder: Path, fitted: dict[RuleId, RuleModel]
) -> None:
    with opened_books(folder) as books:
        observed = certain(books, fitted, alert=False)
        stages = dict.fromkeys(observed.foresight.models, Stage.OBSERVE)
        found = ledger_of(books, replace(observed, stages=stages), placements=1)
    assert found.sealed.product.caught == found.sealed.product.chains > 0
    assert found.sealed.models.caught == 0


def test_chains_that_no_rule_of_the_tenant_matches_are_counted_apart(folder: Path) -> None:
    with opened_books(folder) as books:
        known = trusted(books)
        nothing = replace(known, accepted_until=0)
        found = ledger_of(replace(books, tenant=TenantId("other")), nothing, placements=1)
    assert found.sealed.product.chains == 0
    assert len(found.sealed.impossible) >= 9
    assert {line.matches for line in found.rules} <= {0}


def answered(books: Books, uid: str, rule: RuleId, finding: Finding) -> None:
    audit_sample.answer(books.engine, books.tenant, Answer(uid, rule, "ann", finding, "", NOW))


def test_answers_on_the_audit_sample_bound_what_was_wanted(copied: Path, told: Ledger) -> None:
    line = busiest(told)
    with opened_books(copied) as books:
        drawn = drawn_order(last_words(books.lake, books.tenant)[line.rule].expected)
        answered(books, drawn[0], line.rule, Finding.WANTED)
        answered(books, drawn[0], line.rule, Finding.UNNEEDED)  # the last word stands
        for uid in drawn[1:10]:
            answered(books, uid, line.rule, Finding.UNNEEDED)
        answered(books, drawn[10], line.rule, Finding.WANTED)
        lines = ledger_of(books, trusted(books), placements=1).rules
        found = {each.rule: each for each in lines}[line.rule]
        hits = audit_sample.audit_hits(books.engine, books.tenant)
        assert audit_sample.answers(books.engine, TenantId("other")) == {}
    assert (found.audit.drawn, found.audit.wanted, found.audit.skipped) == (11, 1, 0)
    assert found.audit.population == line.suppressed
    assert found.audit.low < 1 / 11 < found.audit.high < 1
    assert hits == {drawn[10]}


def test_the_sample_is_so_many_of_a_rule_for_each_day_less_those_answered(
    folder: Path, told: Ledger
) -> None:
    line = busiest(told)
    lake = Lake.open(folder / "lake")
    listed = to_answer(lake, DEFAULT_TENANT, (), per_day=7, rule=line.rule)
    words = last_words(lake, DEFAULT_TENANT)[line.rule]
    assert [each.match for each in listed] == drawn_order(words.expected)[: 7 * len(words.days)]
    assert len(words.days) == 1
    rest = to_answer(lake, DEFAULT_TENANT, {listed[0].match}, per_day=7, rule=line.rule)
    assert rest == listed[1:]
    everything = to_answer(lake, DEFAULT_TENANT, (), per_day=7)
    assert {each.rule for each in everything} == {ln.rule for ln in told.rules if ln.suppressed}


def test_a_sampled_match_says_what_it_did_where_and_who(folder: Path, told: Ledger) -> None:
    lake = Lake.open(folder / "lake")
    listed = to_answer(lake, DEFAULT_TENANT, (), rule=busiest(told).rule)
    rows = {row["match_uid"]: row for row in lake.read("matches").to_pylist()}
    for each in listed:
        row = rows[each.match]
        assert (each.host, each.workload, each.time) == (row["host"], row["workload"], row["time"])
        assert row["user_uid"] in each.who
        assert each.what not in {"", "?"}
        assert suppressed_match(lake, DEFAULT_TENANT, each.match) == each


def test_a_match_that_no_model_suppressed_is_not_asked_about(folder: Path) -> None:
    lake = Lake.open(folder / "lake")
    words = last_words(lake, DEFAULT_TENANT).values()
    told = min(uid for each in words for uid in each.alerted)
    silenced = min(uid for each in words for uid in each.expected)
    for uid in (told, "none", "", "'; drop table audit_answer; --"):
        with pytest.raises(NotFoundError, match="audit list"):
            suppressed_match(lake, DEFAULT_TENANT, uid)
    with pytest.raises(NotFoundError):
        suppressed_match(lake, TenantId("other"), silenced)
