"""A linear reward model that is never asked about a row that it was fitted on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.learning.off_policy.feedback import Feedback, Floats, Whole

FOLDS = 3
MOST_COLUMNS = 600  # beyond, no context by action: too much to fit, and to say with few rewards
MOST_LEVERAGE = 0.99
RIDGE = 1.0  # per column, in units of one row


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Modelled:
    """What the reward model says of every row."""

    q: Floats  # (N, K) reward expected of each action at the row's context and position, from the other folds
    folds: Whole  # (N,)
    crossed: bool  # whether context counts differently for each action
    design: Floats  # (N, C) of the action that was chosen
    solved: tuple[tuple[Floats, Floats], ...]  # of each fold: inverse (C, C) and weights (C,) fitted on the others

    def pseudo(self, feedback: Feedback, target: Floats) -> Floats:
        """(N,) whose mean is the direct method's estimate, and whose spread knows that the model was fitted.

        A row moves the estimate by what is asked at its own context, and by what it taught the folds it was not in:
        m A^-1 phi (r - phi w) / (1 - leverage), with m the mean question of a fold (the sandwich of Huber, 1967, with
        the residuals that a row would have had left out: HC3 of MacKinnon and White, 1985).
        """
        rows = np.arange(len(feedback))
        values: Floats = (target * self.q).sum(axis=1)
        own = values.copy()
        for fold, (inverse, weights) in enumerate(self.solved):
            here = rows[self.folds == fold]
            asked = _asked(feedback, target, here, crossed=self.crossed)  # (C,) summed over the fold
            others = rows[self.folds != fold]
            design = self.design[others]
            leverage = np.einsum("nc,cd,nd->n", design, inverse, design, optimize=True)
            off = (feedback.reward[others] - design @ weights) / (1 - np.minimum(leverage, MOST_LEVERAGE))
            own[others] += (design @ (inverse @ asked)) * off
        own += values.mean() - own.mean()
        return own


def model_rewards(feedback: Feedback, *, rng: np.random.Generator, folds: int = FOLDS) -> Modelled:
    """Fit ridge regression of the reward on context, action, position and context by action, in folds.

    Rows of one group are in one fold: what is said of a member never rests on that member's own rewards.
    """
    crossed = _columns(feedback, crossed=True) <= MOST_COLUMNS and feedback.context.shape[1] > 0
    design = _design(feedback, crossed=crossed)
    which = _deal(feedback, folds, rng)
    q, solved = np.empty((len(feedback), len(feedback.actions))), []
    for fold in range(folds):
        others = design[which != fold]
        penalty = np.full(design.shape[1], RIDGE)
        penalty[0] = 1e-6  # the mean is not shrunk
        inverse = np.linalg.inv(others.T @ others + np.diag(penalty))
        weights = inverse @ (others.T @ feedback.reward[which != fold])
        q[which == fold] = _expected(feedback, which == fold, weights, crossed=crossed)
        solved.append((inverse, weights))
    return Modelled(q=q, folds=which, crossed=crossed, design=design, solved=tuple(solved))


def _deal(feedback: Feedback, folds: int, rng: np.random.Generator) -> Whole:
    groups = np.arange(len(feedback)) if feedback.groups is None else feedback.groups
    count = int(groups.max()) + 1
    folds_of: Whole = rng.permutation(np.arange(count) % folds)[groups].astype(np.int64)
    return folds_of


def _columns(feedback: Feedback, *, crossed: bool) -> int:
    k, d = len(feedback.actions), feedback.context.shape[1]
    return int(1 + d + len(feedback.positions) + k + (k * d if crossed else 0))


def _design(feedback: Feedback, *, crossed: bool) -> Floats:
    """(N, C): one, context, position, action, context of the chosen action."""
    n, d, k = len(feedback), feedback.context.shape[1], len(feedback.actions)
    chosen = np.zeros((n, k))
    chosen[np.arange(n), feedback.action] = 1.0
    parts = [np.ones((n, 1)), feedback.context, _places(feedback), chosen]
    if crossed:
        parts.append((chosen[:, :, None] * feedback.context[:, None, :]).reshape(n, k * d))
    return np.concatenate(parts, axis=1)


def _places(feedback: Feedback) -> Floats:
    return np.eye(len(feedback.positions))[feedback.position]


def _expected(feedback: Feedback, rows: NDArray[np.bool_], w: Floats, *, crossed: bool) -> Floats:
    """(n, K) for some rows."""
    d, p, k = feedback.context.shape[1], len(feedback.positions), len(feedback.actions)
    context = feedback.context[rows]
    shared = w[0] + context @ w[1 : 1 + d] + _places(feedback)[rows] @ w[1 + d : 1 + d + p]
    own = w[1 + d + p : 1 + d + p + k]
    by_action = context @ w[1 + d + p + k :].reshape(k, d).T if crossed else 0.0
    expected: Floats = shared[:, None] + own + by_action
    return expected


def _asked(feedback: Feedback, target: Floats, rows: Whole, *, crossed: bool) -> Floats:
    """(C,) the design rows of the target's choices, summed over these rows."""
    context, share = feedback.context[rows], target[rows]
    parts = [
        np.array([float(len(rows))]),
        context.sum(axis=0),
        _places(feedback)[rows].sum(axis=0),
        share.sum(axis=0),
    ]
    if crossed:
        parts.append((share.T @ context).reshape(-1))
    return np.concatenate(parts)
