"""DeepCASE: an attention network over the events before, and clusters of what it attends to."""

from importlib import import_module

import numpy as np

from foreseen.studies.benchmark.dataset import TRAIN, Dataset, Integers, Reals, Truths
from foreseen.studies.benchmark.method import Scored
from foreseen.studies.benchmark.sequences import Torch, seeded
from foreseen.studies.benchmark.vocabulary import (
    NOTHING,
    Vocabulary,
    codes,
    drawn_evenly,
    preceding,
    trained_events,
    vocabulary,
)


class DeepCase:
    """How far a match's attended context is from the clusters of train (van Ede et al., S&P 2022).

    PyPI deepcase 1.0.1 with its and the paper's parameters: ten events of context, none older than
    a day, 128 hidden, label smoothing 0.1, least confidence 0.2, 100 steps of attention query, and
    DBSCAN with epsilon 0.1 and five members. All of train is labelled benign, so that a match is
    suppressed where DeepCASE finds it in a known cluster, and alerts where it passes it to an
    analyst: no confidence, unknown event, no cluster near. That is its own decision and takes no
    budget; on either side of it the score still ranks.

    Cut: the network learns from `EVENTS` events of train in the published 100 epochs, drawn as
    evenly over tokens as there are, the clusters from `MATCHES` matches, as evenly over rules. (All
    events in fewer epochs is no way out: after ten it is sure of hardly anything.) Tokens beyond
    the `KEYS` most frequent share a number; one never seen in train is unknown.
    """

    name = "DeepCASE"

    def __call__(self, data: Dataset, *, budget: float, seed: int) -> Scored:
        """Distance to the nearest cluster, above 2 without confidence, 4 for an unknown event."""
        del budget
        train = trained_events(data)
        words = vocabulary(data, train, KEYS)
        known, event = data.column("part") == TRAIN, data.matches["event"].to_numpy()
        scores = np.where(known, np.nan, _UNKNOWN)
        judged = np.flatnonzero(~known & words.seen[event])
        if known.any() and len(judged):
            draw = np.random.default_rng(seed)
            learnt, clustered = _drawn(data, words, train, known, draw)
            with seeded(seed) as torch:
                model = _fitted(torch, data, words, learnt, event[clustered])
                scores[judged] = distances(model, *_asked(torch, data, words, event[judged]))
        return Scored(scores, EPSILON)


def _drawn(
    data: Dataset, words: Vocabulary, train: Truths, known: Truths, draw: np.random.Generator
) -> tuple[Integers, Integers]:
    """Events for the network and matches for the clusters."""
    events, matches = np.flatnonzero(train), np.flatnonzero(known)
    rules = codes(data.matches["rule"])[matches]
    return (
        events[drawn_evenly(words.number[events], EVENTS, draw)],
        matches[drawn_evenly(rules, MATCHES, draw)],
    )


def _fitted(
    torch: Torch, data: Dataset, words: Vocabulary, events: Integers, matched: Integers
) -> Torch:
    model = import_module("deepcase").DeepCASE(
        words.size, max_length=WINDOW, hidden_size=128, eps=EPSILON, min_samples=5, threshold=LEAST
    )
    context, event = _asked(torch, data, words, events)
    model.context_builder.fit(context, event, epochs=EPOCHS, batch_size=128, verbose=False)
    context, event = _asked(torch, data, words, matched)
    model.interpreter.fit(context, event, np.zeros(len(matched)), iterations=STEPS)
    return model


def _asked(torch: Torch, data: Dataset, words: Vocabulary, rows: Integers) -> tuple[Torch, Torch]:
    """Contexts, shape (n, window), and events, shape (n, 1)."""
    before = preceding(data, rows, WINDOW)
    time = data.events["time"].to_numpy()
    fresh = (before >= 0) & (time[rows][:, np.newaxis] - time[before] <= _DAY)
    context = np.where(fresh, words.windows(before), NOTHING)
    return torch.from_numpy(context), torch.from_numpy(words.number[rows][:, np.newaxis])


def distances(model: Torch, context: Torch, event: Torch) -> Reals:
    """What DeepCASE's `predict` decides on, as numbers: it says 0 where they are up to its epsilon.

    Args:
        model: A fitted DeepCASE, all of its training labelled 0.
        context: Shape (n, window).
        event: Shape (n, 1).
    """
    reader = model.interpreter
    confidence, attention = reader.attention_query(context, event, iterations=STEPS)
    sure = (confidence >= LEAST).numpy()
    vectors = np.round(reader.vectorize(context[sure], attention[sure], reader.features), 4)
    result: Reals = 3.0 - confidence.detach().numpy().astype(np.float64)
    result[sure] = _UNKNOWN
    places, events = np.flatnonzero(sure), event[:, 0].numpy()[sure]
    for one in set(reader.tree) & set(events.tolist()):
        rows = np.flatnonzero(events == one)
        kinds, back = np.unique(vectors[rows].toarray(), axis=0, return_inverse=True)
        result[places[rows]] = reader.tree[one].query(kinds)[0][:, 0][back]
    return result


WINDOW, EPOCHS, STEPS, KEYS = 10, 100, 100, 300
EVENTS, MATCHES = 15_000, 20_000
EPSILON, LEAST = 0.1, 0.2
_UNKNOWN = 4.0
_DAY = 24 * 3600 * 1000
