"""Directed neighbours: what is counted, and how it speaks."""

import numpy as np
import pytest
from numpy.typing import NDArray

from visavis.recommend import pairs
from visavis.recommend.candidates import History, best
from visavis.recommend.neighbours import NeighbourRule, Neighbours

RULE = NeighbourRule(window=2, fade=1.0, back=0.0, recent=2, recency=1.0, damping=0.0)


def history(*items: int) -> History:
    return History(items=np.array(items, np.int32), at=np.arange(len(items), dtype=np.int64))


def row(items: list[int]) -> NDArray[np.int32]:
    return np.array(items, np.int32)


def test_what_follows_is_counted_by_its_distance_and_not_backwards() -> None:
    """0, 1, 2: from 0 to 1 weight 1, to 2 weight 1/2; from 1 to 2 weight 1; nothing leads to 0."""
    model = Neighbours.fit([row([0, 1, 2])], 3, RULE)
    assert model.scores(history(0), 3).tolist() == [0.0, 1.0, 0.5]
    assert model.scores(history(1), 3).tolist() == [0.0, 0.0, 1.0]
    assert model.scores(history(2), 3).tolist() == [0.0, 0.0, 0.0]


def test_the_latest_choice_speaks_loudest() -> None:
    """After 0 and 1: the latest, 1, with weight 1 and 0 with 1/2: item 2 has 1 + 1/4, item 1 has 1/2."""
    model = Neighbours.fit([row([0, 1, 2])], 3, RULE)
    assert model.scores(history(0, 1), 3).tolist() == [0.0, 0.5, 1.25]


def test_damping_divides_by_how_often_both_were_chosen() -> None:
    """0 -> 1 once; 0 was chosen 1 time and 1 was chosen 4 times: 1 / (1 x 4)^0.5."""
    rule = NeighbourRule(window=1, fade=1.0, back=0.0, recent=1, recency=1.0, damping=0.5)
    model = Neighbours.fit([row([0, 1]), row([1]), row([1]), row([1])], 2, rule)
    assert model.scores(history(0), 2).tolist() == [0.0, 0.5]


def test_items_beyond_the_known_score_nothing_and_do_no_harm() -> None:
    model = Neighbours.fit([row([0, 1])], 2, RULE)
    assert model.scores(history(0, 7), 9).tolist() == [0.0, 0.5, *[0.0] * 7]


def test_large_catalogues_are_counted_like_small_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of what occurred give the numbers of the square, bit for bit, growing catalogue included."""
    rng = np.random.default_rng(0)
    sequences = [rng.integers(0, 12, rng.integers(1, 9)).astype(np.int32) for _ in range(20)]
    square = Neighbours.fit(sequences, 12)
    square.observe(history(3, 4), 14, 0)
    monkeypatch.setattr(pairs, "DENSE_ITEMS", 5)
    rows = Neighbours.fit(sequences, 12)
    rows.observe(history(3, 4), 14, 0)
    for left, right in zip(square.pairs.rows(), rows.pairs.rows(), strict=True):
        assert (left == right).all()
    np.testing.assert_allclose(square.scores(history(1, 4), 15), rows.scores(history(1, 4), 15), rtol=1e-6)


def test_a_history_out_of_order_is_refused() -> None:
    with pytest.raises(ValueError, match="never fall"):
        History(items=row([1, 2]), at=np.array([2, 1]))


def test_the_best_are_in_order_and_eligible() -> None:
    """Item 0 scores highest and is not open; of equal scores the lower index comes first."""
    scores = np.array([9.0, 1.0, 3.0, 3.0], np.float32)
    assert best(scores, np.array([False, True, True, True]), 2).tolist() == [2, 3]
    assert best(scores, np.array([False, True, True, True]), 9).tolist() == [2, 3, 1]
    assert best(scores, np.zeros(4, np.bool_), 2).tolist() == []
