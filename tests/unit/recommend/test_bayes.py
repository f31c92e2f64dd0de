"""The posterior of a linear model, against what its formulas give in one piece."""

import math

import numpy as np
import pytest

from visavis.errors import ContextInvalid
from visavis.recommend.arms import Arms
from visavis.recommend.bayes import FIRST_NOISE, BayesianLinear
from visavis.recommend.policy import pick


def rows(count: int, size: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(count, size)), rng.normal(size=count)


def test_widths_equal_the_closed_form() -> None:
    """sqrt(noise x^T (prior I + X^T X)^-1 x), with the noise of the normal-inverse-gamma posterior."""
    x, y = rows(60, 5)
    model = BayesianLinear(5, prior=2.0)
    for one, target in zip(x, y, strict=True):
        model.observe(one, float(target))
    precision = 2.0 * np.eye(5) + x.T @ x
    weights = np.linalg.solve(precision, x.T @ y)
    squares = y @ y - weights @ precision @ weights  # Bishop 2006, exercise 3.12
    noise = (FIRST_NOISE + squares) / (1.0 + len(y))
    assert model.noise == pytest.approx(noise, rel=1e-9)
    asked, _ = rows(4, 5, seed=1)
    widths = np.sqrt(noise * np.einsum("nd,nd->n", asked @ np.linalg.inv(precision), asked))
    assert model.width(asked) == pytest.approx(widths, rel=1e-9)


def test_a_fading_past_equals_the_weighted_closed_form() -> None:
    """Each row weighs keep^age; the prior has been given back column by column, so that it is never far below whole."""
    keep, size = 0.9, 3
    x, y = rows(300, size)
    model = BayesianLinear(size, prior=2.0, keep=keep)
    precision, moment = 2.0 * np.eye(size), np.zeros(size)
    for n, (one, target) in enumerate(zip(x, y, strict=True), start=1):
        model.observe(one, float(target))
        precision, moment = keep * precision + np.outer(one, one), keep * moment + target * one
        precision[n % size, n % size] += 2.0 * (1 - keep**size)
    assert model.weights == pytest.approx(np.linalg.solve(precision, moment), rel=1e-8)
    assert model.scale * model.matrix == pytest.approx(np.linalg.inv(precision), rel=1e-8)


def test_after_a_change_a_fading_past_is_right_sooner() -> None:
    """Y = x for 500 rows, then y = -x for 100: the one that forgets says -20 / 21 or so, the other 400 / 601."""
    models = {keep: BayesianLinear(1, keep=keep) for keep in (1.0, 0.95)}
    for n in range(600):
        for model in models.values():
            model.observe(np.ones(1), 1.0 if n < 500 else -1.0)
    assert models[0.95].weights[0] == pytest.approx(-20 / 21, abs=0.02)
    assert models[1.0].weights[0] == pytest.approx(400 / 601, abs=0.01)


def test_what_is_never_seen_does_not_become_wider_without_end() -> None:
    """50,000 rows without the second column: it stays within what the prior has lost between its turns."""
    model = BayesianLinear(2, keep=0.99)
    for _ in range(50_000):
        model.observe(np.array([1.0, 0.0]), 0.5)
    spread = model.scale * model.matrix[1, 1]
    assert 1.0 <= spread <= 1.0 / 0.99**2
    assert np.isfinite(model.matrix).all()


def test_the_matrix_stays_symmetric_and_positive() -> None:
    """To the last bit and after 20,000 rows that nearly repeat each other: nothing needs to be refreshed."""
    rng = np.random.default_rng(0)
    base = rng.normal(size=8)
    for keep in (1.0, 0.999):
        model = BayesianLinear(8, keep=keep)
        for _ in range(20_000):
            model.observe(base + 1e-4 * rng.normal(size=8), float(rng.random()))
        assert (model.matrix == model.matrix.T).all()
        assert np.linalg.eigvalsh(model.matrix)[0] > 0
        assert math.isfinite(model.noise)


@pytest.mark.parametrize("keep", [1.0, 0.99])
def test_one_memory_for_all_choices_tells_what_each_alone_does(keep: float) -> None:
    """Means to the last digits; widths share one noise."""
    arms, alone = Arms(3, 4, prior=2.0, keep=keep), [BayesianLinear(4, prior=2.0, keep=keep) for _ in range(3)]
    x, y = rows(90, 4)
    for n, (one, target) in enumerate(zip(x, y, strict=True)):
        arms.update(one, n % 3, float(target))
        alone[n % 3].observe(one, float(target))
    beliefs = arms.beliefs(x[0])
    assert beliefs.mean == pytest.approx([float(x[0] @ model.weights) for model in alone])
    spreads = [model.width(x[:1])[0] / math.sqrt(model.noise) for model in alone]
    assert beliefs.width / beliefs.width[0] == pytest.approx(np.array(spreads) / spreads[0])


def test_arms_come_back_to_the_bit() -> None:
    """From their state, and learn on alike."""
    one, two = Arms(3, 4, keep=0.99), Arms(3, 4, keep=0.99)
    x, y = rows(60, 4)
    for n in range(30):
        one.update(x[n], n % 3, float(y[n]))
    two.restore({name: array.copy() for name, array in one.state().items()})
    for n in range(30, 60):
        for arms in (one, two):
            arms.update(x[n], n % 3, float(y[n]), first=n % 5 > 0)
    first, second = one.beliefs(x[0]), two.beliefs(x[0])
    assert (first.mean == second.mean).all()
    assert (first.width == second.width).all()


def test_arms_refuse_what_is_not_a_number() -> None:
    """And have learned nothing of it."""
    arms = Arms(2, 3)
    before = arms.beliefs(np.ones(3)).mean.copy()
    for bad in (np.nan, np.inf):
        wrong = np.array([1.0, bad, 0.0])
        with pytest.raises(ContextInvalid):
            arms.beliefs(wrong)
        with pytest.raises(ContextInvalid):
            arms.update(wrong, 0, 1.0)
        with pytest.raises(ContextInvalid):
            arms.update(np.ones(3), 0, bad)
    assert (arms.beliefs(np.ones(3)).mean == before).all()


def test_a_draw_falls_on_the_candidates_in_order() -> None:
    assert [pick(np.array([0.5, 0.5]), draw) for draw in (0.0, 0.49, 0.5, 0.99)] == [0, 0, 1, 1]
