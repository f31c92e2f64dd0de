"""Whether looking ahead beats the bandit: sequential doubly robust evaluation on members that neither was fitted on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.learning.horizon.fit import Recipe, epsilon_greedy, fit_horizon, fit_myopic, fit_value
from visavis.learning.horizon.visits import Visits, values
from visavis.recommend.bounds import Gain, gain
from visavis.recommend.horizon import Floats

LEVEL = 0.99  # of the gain's bounds: a few long stories weigh much, and an interval of 95 % promises too much
MOST_WEIGHT = 40.0  # product of importance weights along a member's visits


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The two on the same members."""

    gain: Gain  # discounted reward of a member from their first visit on
    logged: float  # what the members brought as it was
    weights: Floats  # of the agent that looks ahead, fitted on all members


def judge_horizon(
    visits: Visits, recipe: Recipe, *, rng: np.random.Generator, folds: int = 3, current: Floats | None = None
) -> Judgement:
    """Fit both on some members, what they are worth on others, and judge on the rest, in turn.

    Whoever judged by what it was fitted on would find the one that chose with more care better than it is.

    Args:
        visits: of all members.
        recipe: settings.
        rng: deals members into folds.
        folds: how many, at least 3.
        current: weights of what serves; None: the best reward of each visit alone, as a bandit goes by.
    """
    count = int(visits.member.max()) + 1
    fold_of = rng.permutation(np.arange(count) % folds)
    new, old = np.zeros(count), np.zeros(count)
    choice = epsilon_greedy(recipe.epsilon)
    for fold in range(folds):
        inside = fold_of[visits.member] == fold
        second = fold_of[visits.member] == (fold + 1) % folds
        learned, valued, asked = visits.part(~inside & ~second), visits.part(second), visits.part(inside)
        serving = fit_myopic(learned, recipe) if current is None else current
        for found, weights in ((new, fit_horizon(learned, recipe)), (old, serving)):
            q = fit_value(valued, choice, recipe, weights)
            found[np.flatnonzero(fold_of == fold)] = _worth(asked, choice(values(asked, weights)), q, recipe)
    return Judgement(
        gain=gain(new, old, measure="discounted reward of a member, sequential DR", level=LEVEL),
        logged=float(_returns(visits, recipe).mean()),
        weights=fit_horizon(visits, recipe),
    )


def _worth(visits: Visits, chosen: Floats, weights: Floats, recipe: Recipe) -> Floats:
    """(members,) V(s0) + sum gamma^t w (r + gamma V(s') - Q(s, a)), w the product so far (Jiang and Li, 2016).

    The product is capped, so that a few long stories do not decide; beyond the cap the model's word counts for more.
    Where a member's next visit is cut off by the end of the log, the model's word stands.
    """
    q = np.where(visits.allowed, values(visits, weights), 0.0)
    rows = np.arange(len(visits))
    expected = (chosen * q).sum(axis=1)
    w = chosen[rows, visits.item] / visits.propensity
    discount, first = visits.discounts(recipe.gamma), _first(visits)
    off = visits.reward + discount * np.append(expected[1:], 0.0) - q[rows, visits.item]
    off[~visits.known] = 0.0
    worth: Floats = expected[first].copy()
    so_far = before = 1.0
    for row in rows:
        so_far, before = (1.0, 1.0) if first[row] else (so_far, discount[row - 1] * before)
        so_far = min(so_far * w[row], MOST_WEIGHT)
        worth[visits.member[row]] += before * so_far * off[row]
    return worth


def _first(visits: Visits) -> NDArray[np.bool_]:
    first: NDArray[np.bool_] = np.append(True, visits.member[1:] != visits.member[:-1])
    return first


def _returns(visits: Visits, recipe: Recipe) -> Floats:
    discount, after, returns = visits.discounts(recipe.gamma), 0.0, np.zeros(len(visits))
    for row in range(len(visits) - 1, -1, -1):
        after = visits.reward[row] + discount[row] * after
        returns[row] = after
    found: Floats = returns[_first(visits)]
    return found
