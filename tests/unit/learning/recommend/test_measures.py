"""Ranks and measures of lists, worked out by hand, and the ways in which such figures are made too good."""

import numpy as np
import pytest

from visavis.learning.recommend import measures
from visavis.learning.recommend.measures import rank
from visavis.learning.recommend.weigh import climb, fit_weights

NOTHING = np.zeros(0, np.int32)


def one(item: int) -> np.ndarray:
    return np.array([item], np.int32)


def test_equal_scores_are_ordered_by_lot_and_not_in_favour_of_the_model() -> None:
    """A model that says the same of all 11 items has a mean rank of 5, and the wanted item is first once in 11."""
    flat = np.zeros(11, np.float32)
    ranks = [rank(flat, one(3), NOTHING, 10, np.random.default_rng(seed)).ranks[0] for seed in range(2000)]
    assert np.mean(ranks) == pytest.approx(5.0, abs=0.25)
    assert np.mean(np.array(ranks) == 0) == pytest.approx(1 / 11, abs=0.02)


def test_a_rank_and_the_top_of_a_list_agree() -> None:
    """Items that are wanted stand in the top exactly where their rank says, ties included."""
    rng = np.random.default_rng(0)
    for seed in range(200):
        scores = rng.integers(0, 3, 20).astype(np.float32)
        wanted = rng.choice(20, 3, replace=False).astype(np.int32)
        found = rank(scores, wanted, NOTHING, 7, np.random.default_rng(seed))
        places = np.flatnonzero(np.isin(found.top, wanted))
        assert places.tolist() == [r for r in found.ranks.tolist() if r < 7]


def test_seen_items_neither_hit_nor_compete() -> None:
    """Scores fall with the index; items 0 and 1 are seen: item 3 stands at rank 1 of 2, 3, 4."""
    found = rank(-np.arange(5, dtype=np.float32), one(3), np.array([0, 1], np.int32), 2, np.random.default_rng(0))
    assert found.ranks.tolist() == [1]
    assert found.top.tolist() == [2, 3]


def test_a_score_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        rank(np.array([1.0, np.nan], np.float32), one(0), NOTHING, 1, np.random.default_rng(0))


def test_every_item_competes_and_none_is_sampled() -> None:
    """999 items score higher than the wanted one: its rank is 999; among 100 drawn ones it would be about 100."""
    scores = np.arange(1000, dtype=np.float32)
    assert rank(scores, one(0), NOTHING, 10, np.random.default_rng(0)).ranks.tolist() == [999]


@pytest.mark.parametrize(
    ("ranks", "expected"),
    [
        ([0], 1.0),
        ([1], 1 / np.log2(3)),
        ([10], 0.0),
        ([0, 2], (1 + 1 / np.log2(4)) / (1 + 1 / np.log2(3))),
        ([0, 1], 1.0),
    ],
)
def test_ndcg_by_hand(ranks: list[int], expected: float) -> None:
    assert measures.ndcg(np.array(ranks), 10) == pytest.approx(expected)


def test_ndcg_of_more_wanted_items_than_places_can_reach_one() -> None:
    assert measures.ndcg(np.arange(30), 10) == pytest.approx(1.0)


def test_hit_rate_and_reciprocal_rank_by_hand() -> None:
    assert measures.hit_rate(np.array([9]), 10) == 1.0
    assert measures.hit_rate(np.array([10]), 10) == 0.0
    assert measures.reciprocal_rank(np.array([3, 7])) == 0.25


def test_coverage_and_gini_by_hand() -> None:
    """All lists alike on one of four items: a quarter is covered, Gini (2 x 4 - 5) / 4 = 3/4; evenly spread: 0."""
    assert measures.coverage(np.array([0, 0, 0, 8])) == 0.25
    assert measures.gini(np.array([0, 0, 0, 8])) == pytest.approx(0.75)
    assert measures.gini(np.array([2, 2, 2, 2])) == pytest.approx(0.0)


def test_weights_are_where_the_slope_of_the_likelihood_is_zero() -> None:
    """One source, two items, scores 1 and 0, wanted in 3 of 4 cases: w = log 3, without a ridge."""
    features = np.tile(np.array([[[1.0], [0.0]]], np.float32), (4, 1, 1))
    wanted = np.array([[1.0, 0], [1, 0], [1, 0], [0, 1]])
    found = fit_weights(features, wanted, np.ones((4, 2), np.bool_), ridge=1e-9)
    np.testing.assert_allclose(found, [np.log(3)], rtol=1e-4)


def test_weights_recover_those_that_chose() -> None:
    """Choices drawn from softmax(2 a - 1 b) over 30 items give back 2 and -1."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(3000, 30, 2)).astype(np.float32)
    logits = features @ np.array([2.0, -1.0])
    chosen = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)
    wanted = np.eye(30)[chosen]
    found = fit_weights(features, wanted, np.ones((3000, 30), np.bool_))
    np.testing.assert_allclose(found, [2.0, -1.0], atol=0.1)


def test_a_source_that_dominates_does_not_run_away() -> None:
    """Separable choices have no finite optimum; the ridge holds the weight and Newton's steps are halved."""
    features = np.tile(np.array([[[50.0, 1.0], [0.0, 0.0]]], np.float32), (10, 1, 1))
    wanted = np.tile(np.array([[1.0, 0.0]]), (10, 1))
    found = fit_weights(features, wanted, np.ones((10, 2), np.bool_))
    assert np.isfinite(found).all()
    assert 0 < found[0] < 1


def test_climbing_raises_the_list_that_is_shown() -> None:
    """Source 1 knows the wanted item, source 0 another: from weights for the wrong one, one step finds the right."""
    features = np.zeros((5, 6, 2), np.float32)
    features[:, 0, 0] = features[:, 3, 1] = 1.0
    wanted = np.zeros((5, 6))
    wanted[:, 3] = 1.0
    found = climb(np.array([1.0, 0.8]), features, wanted, np.ones((5, 6), np.bool_), k=1)
    assert found[1] > found[0]
