"""Fitted Q iteration (Ernst et al., 2005) with ridge regression, and fitted Q evaluation (Le et al., 2019)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.learning.horizon.visits import Visits, values
from visavis.recommend.horizon import Floats

Progress = Callable[[str, float], None]
Choice = Callable[[Floats], Floats]
"""(N, K) values, -inf where not allowed -> (N, K) probabilities."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Settings of a fit."""

    gamma: float = 0.97  # of a day
    rounds: int = 25
    ridge: float = 1.0
    epsilon: float = 0.05  # share that explores when it serves


def fit_horizon(visits: Visits, recipe: Recipe, progress: Progress = lambda _step, _share: None) -> Floats:
    """Weights of Q(person, item): reward now + gamma^days x the best that is to come.

    Whose next visit is cut off by the end of the log is left out.
    """
    return _iterate(visits, recipe, lambda q: (q == q.max(axis=1, keepdims=True)).astype(np.float64), progress)


def fit_myopic(visits: Visits, recipe: Recipe) -> Floats:
    """Weights of the reward of this visit alone: what a bandit goes by."""
    rows = np.ones(len(visits), np.bool_)
    return _Regression(visits, rows, recipe.ridge).solve(visits.reward)


def fit_value(visits: Visits, choice: Choice, recipe: Recipe, weights: Floats) -> Floats:
    """Weights of Q of the policy that chooses so by these weights, whatever made the log."""
    chosen = choice(values(visits, weights))
    return _iterate(visits, recipe, lambda _q: chosen, lambda _step, _share: None)


class _Regression:
    """The same rows with one target after another."""

    def __init__(self, visits: Visits, rows: NDArray[np.bool_], ridge: float) -> None:
        design = visits.layout.design(visits.people[rows], visits.item[rows])
        penalty = np.full(design.shape[1], ridge)
        penalty[0] = 1e-6
        self._solver = np.linalg.solve(design.T @ design + np.diag(penalty), design.T)

    def solve(self, target: Floats) -> Floats:
        weights: Floats = self._solver @ target
        return weights


def _iterate(visits: Visits, recipe: Recipe, choice: Choice, progress: Progress) -> Floats:
    known = visits.known
    regression = _Regression(visits, known, recipe.ridge)
    discount, weights = visits.discounts(recipe.gamma), np.zeros(visits.layout.size)
    for number in range(recipe.rounds):
        q = values(visits, weights)
        chosen = choice(q)
        come = (chosen * np.where(visits.allowed, q, 0.0)).sum(axis=1) / chosen.sum(axis=1)
        target = visits.reward + discount * np.append(come[1:], 0.0)
        weights = regression.solve(target[known])
        progress("looking ahead", (number + 1) / recipe.rounds)
    return weights


def epsilon_greedy(epsilon: float) -> Choice:
    """Mostly the best of what is allowed, as `recommend.epsilon_greedy` does row by row."""

    def choice(q: Floats) -> Floats:
        allowed = np.isfinite(q)
        best = q == q.max(axis=1, keepdims=True)
        share = best / best.sum(axis=1, keepdims=True)
        chosen: Floats = (1.0 - epsilon) * share + epsilon * allowed / allowed.sum(axis=1, keepdims=True)
        return chosen

    return choice
