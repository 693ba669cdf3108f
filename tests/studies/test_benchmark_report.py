"""What a contest says to programs and to people: exact keys, no NaN, readable pictures."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from xml.etree import ElementTree as ET

import orjson
import pytest
from tests.studies.contests import INF, Match, Told, dataset, history, told

from foreseen.studies.benchmark.contest import Contest, Order, contest
from foreseen.studies.benchmark.pictures import calibration_picture, recall_picture
from foreseen.studies.benchmark.report import as_json
from foreseen.studies.benchmark.sheets import sheets
from foreseen.studies.benchmark.thresholds import EVERYTHING

PROMISED_KEYS = {  # those that the issue names
    *("method", "rule", "benign_matches", "malicious_matches", "benign_suppressed"),
    *("malicious_recall", "roc", "alert_rate_promised", "alert_rate_realised"),
}
SVG = "{http://www.w3.org/2000/svg}"


def rows() -> list[Match]:
    """Two rules: one with enough malicious matches, one with two; three sessions."""
    return [
        *history(50, cluster="c1"),
        *history(49, cluster="c2"),
        *(Match(n, cluster=f"s{n % 3}") for n in range(40, 55)),
        Match(INF, cluster="s1", weight=2.5),
        *(Match(n + 35, malicious=True, group=f"g{n % 2}", cluster=f"s{n % 3}") for n in range(25)),
        *(Match(70, rule="<wget> & \x1b[1m", malicious=True, group="g9") for _ in range(2)),
        Match(1, harness=True, cluster="s2"),
    ]


@pytest.fixture(scope="module")
def held() -> Contest:
    """A contest of three methods, one of which fails."""
    given = rows()
    methods = [
        told("foreseen", given),
        told("alert all", given, EVERYTHING),
        Told("broken", [], error=ValueError("x")),
    ]
    return contest(dataset(given), methods, Order(0.05, seed=3))


def test_json_has_the_promised_keys_on_every_row_and_a_row_for_all_rules(held: Contest) -> None:
    told_ = orjson.loads(orjson.dumps(as_json(held)))
    assert set(told_) == {
        *("dataset", "rows", "groups_found", "budget", "seed", "harness_counts", "clusters"),
        *("macro", "methods", "differences", "failed", "rows_without_harness"),
    }
    extra = {
        *("malicious_alerted", "malicious_suppressed_bound", "groups", "groups_found"),
        *("groups_missed_bound", "pairs", "pairs_found", "oracle_benign_suppressed"),
    }
    for row in (*told_["rows"], *told_["rows_without_harness"]):
        assert set(row) == PROMISED_KEYS | extra
    names = [(row["method"], row["rule"]) for row in told_["rows"]]
    rules = [None, "<wget> & \x1b[1m", "curl"]
    assert names == [(method, rule) for method in ("foreseen", "alert all") for rule in rules]
    assert (told_["dataset"], told_["budget"], told_["seed"]) == ("made", 0.05, 3)
    assert told_["clusters"] == 3


def test_json_says_what_the_outcome_says(held: Contest) -> None:
    told_ = orjson.loads(orjson.dumps(as_json(held)))
    row, outcome = told_["rows"][0], held.entries[0].outcome.overall
    assert row["benign_matches"] == 18.5
    assert row["malicious_matches"] == 27
    assert row["benign_suppressed"] == outcome.benign_suppressed
    assert row["malicious_recall"] == outcome.malicious_recall
    assert row["roc"] == outcome.roc
    assert row["alert_rate_promised"] == outcome.promised == pytest.approx(0.04)
    assert row["alert_rate_realised"] == pytest.approx(1 - row["benign_suppressed"])
    assert row["oracle_benign_suppressed"].keys() == {"1", "0.99", "0.95"}
    assert told_["rows"][1]["malicious_recall"] is None
    assert told_["groups_found"]["alert all"] == {
        "found": 3,
        "groups": 3,
        "missed": [],
        "pairs_found": 3,
        "pairs": 3,
    }
    assert told_["failed"] == [{"method": "broken", "reason": "ValueError: x"}]
    (difference,) = told_["differences"]
    assert (difference["method"], difference["against"]) == ("foreseen", "alert all")
    assert difference["benign_suppressed"].keys() == {"value", "low", "high"}
    without = told_["rows_without_harness"][0]
    assert without["benign_matches"] == 17.5


def test_json_never_holds_what_is_no_number(held: Contest) -> None:
    empty = contest(dataset([]), [told("one", [])], Order(0.05))
    always = contest(
        dataset([Match(INF), Match(INF, malicious=True)]),
        [told("one", [Match(INF)] * 2)],
        Order(0.05),
    )
    for each in (held, empty, always):
        found = list(_leaves(as_json(each)))
        assert [leaf for leaf in found if isinstance(leaf, float) and not math.isfinite(leaf)] == []
        kinds = {type(leaf) for leaf in found}
        assert kinds <= {str, int, float, bool, type(None)}
    assert as_json(empty)["rows_without_harness"] is None
    methods = orjson.loads(orjson.dumps(as_json(always)["methods"]))
    assert methods[0]["threshold"] is None  # it alerts on all


def test_the_same_contest_says_the_same_but_for_the_time_it_took(held: Contest) -> None:
    given = rows()
    again = contest(dataset(given), [told("foreseen", given)], held.order)
    assert again.entries[0].outcome == held.entries[0].outcome
    assert again.entries[0].promised == held.entries[0].promised
    assert again.entries[0].realised == held.entries[0].realised


def test_sheets_have_a_cell_for_every_heading_and_name_what_they_show(held: Contest) -> None:
    found = sheets(held)
    assert [sheet.title.split(",")[0] for sheet in found] == [
        "made: all rules",
        "Share of benign matches that alert [95 %",
        "Benign suppressed at a malicious recall",
        "Without the matches that the recording itself made",
        "foreseen against each",
        "foreseen by rule",
    ]
    for sheet in found:
        assert sheet.rows
        assert {len(row) for row in sheet.rows} == {len(sheet.columns)}
    overall = dict(zip(found[0].columns, found[0].rows[1], strict=True))
    assert overall["method"] == "alert all"
    assert overall["suppressed"] == "0.00 %"
    assert overall["recall"] == "100.00 %"
    assert overall["groups"] == "3 of 3"
    assert "18 benign and 27 malicious matches" in found[0].note


def test_sheets_of_a_single_method_and_of_none() -> None:
    given = rows()
    alone = contest(dataset(given), [told("one", given)], Order(0.05))
    assert sheets(alone)[-1].title == "one by rule"
    nobody = contest(dataset(given), [], Order(0.05))
    assert sheets(nobody)[0].note == "no method answered"
    assert as_json(nobody)["rows"] == []


@pytest.mark.parametrize("picture", [recall_picture, calibration_picture])
def test_pictures_hold_a_line_and_a_mark_for_each_method(
    held: Contest, picture: Callable[[Contest], str]
) -> None:
    tree = ET.fromstring(picture(held))  # noqa: S314 (made here)
    names = [group.find(f"{SVG}title").text for group in tree.iter(f"{SVG}g")]  # type: ignore[union-attr]
    assert names == ["foreseen", "alert all"]
    assert len(list(tree.iter(f"{SVG}circle"))) == 2
    assert len(list(tree.iter(f"{SVG}polyline"))) == 4
    for line in tree.iter(f"{SVG}polyline"):
        for point in line.attrib["points"].split():
            x, y = map(float, point.split(","))
            assert 0 <= x <= float(tree.attrib["width"])
            assert 0 <= y <= float(tree.attrib["height"])


def test_the_mark_of_recall_stands_where_the_outcome_is(held: Contest) -> None:
    tree = ET.fromstring(recall_picture(held))  # noqa: S314 (made here)
    frame = next(box for box in tree.iter(f"{SVG}rect") if box.get("class") == "grid")
    left, top, side = (float(frame.attrib[name]) for name in ("x", "y", "width"))
    ours, every = tree.iter(f"{SVG}circle")
    recall = held.entries[0].outcome.overall.malicious_recall
    assert recall
    assert float(ours.attrib["cy"]) == pytest.approx(top + side * (1 - recall), abs=0.06)
    assert float(every.attrib["cx"]) == pytest.approx(left + side)  # all alert: 100 %
    assert float(every.attrib["cy"]) == pytest.approx(top)


def test_a_curve_of_many_thresholds_is_thinned_and_keeps_its_ends() -> None:
    many = [*history(), *(Match(n, malicious=n % 7 == 0) for n in range(20_000))]
    text = recall_picture(contest(dataset(many), [told("one", many)], Order(0.05)))
    curve = next(iter(ET.fromstring(text).iter(f"{SVG}polyline")))  # noqa: S314 (made here)
    points = curve.attrib["points"].split()
    assert 100 < len(points) <= 400
    assert points[0] == "74.0,512.0"
    assert points[-1] == "514.0,72.0"


def test_pictures_of_hostile_names_and_of_too_few_matches_are_well_formed() -> None:
    given = [Match(1), Match(2, malicious=True)]
    found = contest(
        replace(dataset(given), name="<a & b>\x1b"), [told('"<m>"\x00', given)], Order(0.05)
    )
    for picture in (recall_picture, calibration_picture):
        tree = ET.fromstring(picture(found))  # noqa: S314 (made here)
        assert "(too few matches)" in "".join(tree.itertext())
        assert "<a & b>" in "".join(tree.itertext())


def _leaves(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        for each in value.values():
            yield from _leaves(each)
    elif isinstance(value, list):
        for each in value:
            yield from _leaves(each)
    else:
        yield value
