"""DeepLog, DeepCASE and our own network, on sequences that are plainly odd."""

import random
from dataclasses import replace

import numpy as np
import pytest
from tests.studies.benchmark_days import (
    ODD_COMMAND,
    ODD_PARENT,
    USUAL,
    Session,
    dataset,
    history,
)

from foreseen.studies.benchmark.baselines import absent
from foreseen.studies.benchmark.dataset import CALIBRATE, TEST
from foreseen.studies.benchmark.deepcase import EPSILON, WINDOW, DeepCase, distances
from foreseen.studies.benchmark.gated import GatedSequence
from foreseen.studies.benchmark.method import Method, Scored
from foreseen.studies.benchmark.sequences import DeepLog, seeded

pytestmark = pytest.mark.deep

ODD_WINDOW = replace(USUAL, tokens=("get", "read", "open", "copy", "sync"), odd=True)
METHODS: dict[str, Method] = {
    DeepLog.name: DeepLog(),
    DeepCase.name: DeepCase(),
    GatedSequence.name: GatedSequence(),
}
SESSIONS: list[Session] = [*history(50), USUAL, ODD_WINDOW, ODD_PARENT, ODD_COMMAND]


@pytest.fixture(scope="module", params=METHODS)
def method(request: pytest.FixtureRequest) -> Method:
    """One of the methods, if it is installed."""
    name = str(request.param)
    if name in absent():
        pytest.skip(absent()[name])
    return METHODS[name]


@pytest.fixture(scope="module")
def answer(method: Method) -> Scored:
    """What it says of the sessions."""
    return method(dataset(SESSIONS), budget=0.05, seed=1)


def test_another_window_is_odd_and_nothing_else_is_seen(answer: Scored) -> None:
    usual, before, parent, command = answer.scores[-4:]
    assert before > usual
    assert usual == parent == command


def test_scores_depend_on_the_seed_and_not_on_labels(method: Method, answer: Scored) -> None:
    again = method(dataset(SESSIONS, flipped=True), budget=0.05, seed=1)
    np.testing.assert_array_equal(answer.scores, again.scores)


def test_every_match_that_is_judged_has_a_score(answer: Scored) -> None:
    judged = np.isin(dataset(SESSIONS).column("part"), (CALIBRATE, TEST))
    assert not np.isnan(answer.scores[judged]).any()


def test_a_match_without_history_alerts(method: Method) -> None:
    alone = method(dataset([USUAL]), budget=0.05, seed=1)
    assert (alone.scores > (alone.threshold or 0)).all()


def test_deepcase_decides_by_itself_and_the_others_leave_it_to_the_budget(
    method: Method, answer: Scored
) -> None:
    usual, before = answer.scores[-4:-2]
    threshold = usual if answer.threshold is None else answer.threshold
    assert (answer.threshold is None) == (method.name != DeepCase.name)
    assert usual <= threshold < before


def test_deepcase_decides_as_its_own_predict_does() -> None:
    deepcase = pytest.importorskip("deepcase", reason="not installed: foreseen[deep]")
    with seeded(5) as torch:
        context = torch.randint(0, 3, (400, WINDOW))
        event = 3 + context[:, -1:] % 2
        model = deepcase.DeepCASE(6, max_length=WINDOW, eps=EPSILON, min_samples=2)
        model.context_builder.fit(context[:300], event[:300], epochs=20, verbose=False)
        model.interpreter.fit(context[:300], event[:300], np.zeros(300))
        event[350:] = 5  # one that it has never seen
        verdict = model.predict(context, event)
        found = distances(model, context, event)
    assert len(np.unique(verdict)) > 1
    np.testing.assert_array_equal(verdict == 0, found <= EPSILON)
    np.testing.assert_array_equal(verdict == -1, (found > 2) & (found < 4))


def test_a_run_leaves_the_random_state_and_the_threads_as_they_were() -> None:
    torch = pytest.importorskip("torch", reason="not installed: foreseen[deep]")
    state, threads = random.getstate(), torch.get_num_threads()
    drawn = torch.random.get_rng_state()
    with seeded(1):
        random.shuffle(list(range(9)))
        torch.rand(3)
        assert torch.get_num_threads() == 1
    assert random.getstate() == state
    assert torch.equal(torch.random.get_rng_state(), drawn)
    assert torch.get_num_threads() == threads
