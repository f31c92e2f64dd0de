"""Sources of candidates beside the neighbours: closed forms, fold-in, popularity, content, the blend."""

import numpy as np
import pytest
from numpy.typing import NDArray

from visavis.recommend.blend import Blend, on_common_scale
from visavis.recommend.candidates import Floats, History
from visavis.recommend.content import Content, attribute_rows
from visavis.recommend.ease import LinearItems, ease_weights, successor_weights
from visavis.recommend.factors import Factors
from visavis.recommend.popular import DAY_US, New, Popular


def history(*items: int, at: int = 0) -> History:
    return History(items=np.array(items, np.int32), at=np.full(len(items), at, np.int64))


def test_ease_of_two_items_is_the_closed_form() -> None:
    """Gram [[2, 1], [1, 1]] + 1 = [[3, 1], [1, 2]]; its inverse [[2, -1], [-1, 3]] / 5 gives 1/3 and 1/2."""
    weights = ease_weights(np.array([[2.0, 1.0], [1.0, 1.0]]), 1.0)
    np.testing.assert_allclose(weights, [[0.0, 1 / 3], [1 / 2, 0.0]], rtol=1e-6)


def test_ease_predicts_each_item_from_the_others_as_ridge_regression_does() -> None:
    """Column j of EASE minimises |X_j - X B_j|^2 + ridge |B_j|^2 without item j itself."""
    x = np.random.default_rng(0).integers(0, 2, (30, 5)).astype(np.float64)
    weights = ease_weights(x.T @ x, 3.0)
    rest = x[:, 1:]
    expected = np.linalg.solve(rest.T @ rest + 3.0 * np.eye(4), rest.T @ x[:, 0])
    np.testing.assert_allclose(weights[1:, 0], expected, rtol=1e-5)


def test_successors_are_ridge_regression_on_what_follows() -> None:
    """One row, item 0 then item 1: (1 + 1)^-1 = 1/2."""
    weights = successor_weights(np.diag([1.0, 0.0]), np.array([[0.0, 1.0], [0.0, 0.0]]), 1.0)
    assert weights.tolist() == [[0.0, 0.5], [0.0, 0.0]]


def test_linear_items_read_the_latest_choices_loudest() -> None:
    """Latest is 1 with weight 1, before it 0 with 1/2, before it nothing is heard."""
    model = LinearItems("ease", np.array([[0, 4], [8, 0]], np.float32), recency=1.0, recent=2)
    assert model.scores(history(1, 0, 1), 3).tolist() == [8.0, 2.0, 0.0]


def test_a_new_member_is_folded_in_by_hand() -> None:
    """One factor: items 1 and 2, ridge 1, confidence 3, chosen the second: x = 3 x 2 / (5 + 1 + 2 x 4) = 3/7."""
    model = Factors(np.array([[1.0], [2.0]], np.float32), confidence=3.0, ridge=1.0)
    np.testing.assert_allclose(model.member(history(1)), [3 / 7])
    np.testing.assert_allclose(model.scores(history(1), 3), [3 / 7, 6 / 7, 0.0], rtol=1e-6)


def test_old_choices_fade_by_half_in_a_half_life() -> None:
    """Two choices of item 0 two days before one of item 1, half-life one day: 2 / 4 and 1."""
    items, at = np.array([0, 0, 1], np.int32), np.array([0, 0, 2 * DAY_US])
    model = Popular.fit(items, at, 3, half_life_days=1.0)
    assert model.scores(history(), 3).tolist() == [0.5, 1.0, 0.0]


def test_new_items_come_first_and_items_to_come_not_at_all() -> None:
    model = New(np.array([0, 7 * DAY_US, 9 * DAY_US]), days=7.0)
    scores = model.scores(history(0, at=7 * DAY_US), 3)
    np.testing.assert_allclose(scores, [np.exp(-1.0), 1.0, 0.0], rtol=1e-6)


def test_an_item_that_nobody_chose_lies_where_its_attributes_put_it() -> None:
    """Two kinds with opposite factors: the unseen item of the member's kind beats that of the other."""
    rows = attribute_rows([["war"], ["war"], ["love"], ["love"], ["war"], ["love"]])
    items = np.array([[1, 0], [1, 0], [-1, 0], [-1, 0], [0, 0], [0, 0]], np.float32)
    factors = Factors(items, confidence=4.0, ridge=0.1)
    content = Content.fit(rows, np.array([True, True, True, True, False, False]), factors, ridge=0.1)
    scores = content.scores(history(0), 6)
    assert scores[4] > 0.5 * scores[1] > 0 > scores[5]


class Fixed:
    """Says the same of everybody."""

    def __init__(self, name: str, scores: list[float]) -> None:
        self.name = name
        self._scores = np.array(scores, np.float32)

    def scores(self, history: History, item_count: int) -> Floats:
        return self._scores[:item_count]


def test_the_common_scale_has_mean_zero_and_deviation_one_over_the_unseen() -> None:
    unseen = np.array([True, True, True, False])
    scaled = on_common_scale(np.array([1.0, 10.0, 0.0, 1000.0], np.float32), unseen)
    assert scaled[:3].mean() == pytest.approx(0.0, abs=1e-6)
    assert scaled[:3].std() == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("scores", [[0.0, 0.0, 0.0], [2.0, 2.0, 2.0], [-1.0, -2.0, -3.0]])
def test_a_source_that_says_nothing_moves_nothing(scores: list[float]) -> None:
    assert on_common_scale(np.array(scores, np.float32), np.ones(3, np.bool_)).tolist() == [0.0, 0.0, 0.0]


def test_a_blend_adds_what_its_weights_say_and_what_is_given() -> None:
    """A weight of zero silences a source; a given score counts by its weight; a missing one adds nothing."""
    first, second = Fixed("first", [4.0, 1.0, 0.0]), Fixed("second", [0.0, 1.0, 4.0])
    blend = Blend([first, second], {"first": 2.0, "second": 0.0, "network": 1.0})
    every = np.ones(3, np.bool_)
    alone = 2.0 * on_common_scale(first.scores(history(), 3), every)
    np.testing.assert_allclose(blend.scores(history(), 3), alone, rtol=1e-6)
    network = np.array([0.0, 8.0, 0.0], np.float32)
    with_network = blend.scores(history(), 3, {"network": network})
    np.testing.assert_allclose(with_network, alone + on_common_scale(network, every), rtol=1e-6)


def test_a_blend_never_returns_what_is_not_eligible() -> None:
    blend = Blend([Fixed("first", [9.0, 1.0, 5.0, 3.0])], {"first": 1.0})
    assert blend.candidates(history(), np.array([False, True, False, True]), 10).tolist() == [3, 1]


def test_a_source_without_a_weight_is_refused() -> None:
    with pytest.raises(ValueError, match="a weight"):
        Blend([Fixed("first", [1.0])], {})


def arrays_again(arrays: dict[str, NDArray[np.generic]]) -> dict[str, NDArray[np.generic]]:
    return {name: array.copy() for name, array in arrays.items()}


def test_what_was_kept_answers_as_before() -> None:
    """Each source from its arrays gives the scores that it gave."""
    rng = np.random.default_rng(1)
    linear = LinearItems("ease", rng.random((4, 4), np.float32), recency=0.5, recent=3)
    factors = Factors(rng.random((4, 2), np.float32), confidence=2.0, ridge=1.0)
    popular = Popular.fit(np.array([0, 1, 1], np.int32), np.array([0, 1, 2]), 4, half_life_days=2.0)
    new = New(np.array([0, 1, 2, 3]))
    seen = history(1, 2, at=3)
    for before, after in [
        (linear, LinearItems.restored("ease", arrays_again(linear.arrays()))),
        (factors, Factors.restored(arrays_again(factors.arrays()))),
        (popular, Popular.restored(arrays_again(popular.arrays()))),
        (new, New.restored(arrays_again(new.arrays()))),
    ]:
        assert (before.scores(seen, 4) == after.scores(seen, 4)).all()
