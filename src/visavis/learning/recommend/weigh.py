"""Weights of a blend: the conditional logit of what members chose next among all that they had not seen."""

from itertools import product

import numpy as np
from numpy.typing import NDArray

Wanted = NDArray[np.float64]
STEPS = (0.4, 0.2, 0.1)  # parts of the largest weight
LEAST_GAIN = 1e-4  # of NDCG; less is chance
SHORTLIST = 200  # best items of the first weights: what stands below them does not come into a short list


def fit_weights(
    features: NDArray[np.float32], wanted: Wanted, is_open: NDArray[np.bool_], *, ridge: float = 1.0, rounds: int = 50
) -> NDArray[np.float64]:
    """Newton's method with halved steps on -sum log softmax(features w)[wanted] + ridge |w|^2 / 2.

    The softmax runs over every open item; none is sampled.

    Args:
        features: (members, items, sources) scores on the common scale.
        wanted: (members, items) share of each member's next choices, summing to 1, or to 0 for who has none.
        is_open: (members, items) what competes; every wanted item does.
        ridge: pulls weights to zero.
        rounds: at most so many steps.

    Returns:
        (sources,)
    """
    rows, columns = np.nonzero(wanted)
    if not is_open[rows, columns].all():
        raise ValueError("a wanted item is not open")
    mass = wanted.sum(axis=1)
    reached = np.einsum("mi,mif->f", wanted, features, optimize=True)
    weights = np.zeros(features.shape[2])
    loss, p = _loss(features, weights, reached, mass, is_open, ridge)
    for _ in range(rounds):
        mean = np.einsum("mi,mif->mf", p, features, optimize=True)  # (M, F)
        slope = mean.T @ mass - reached + ridge * weights
        curve = _curvature(features, p * mass[:, None]) - (mean.T * mass) @ mean + ridge * np.eye(len(weights))
        step, part = np.linalg.solve(curve, slope), 1.0
        while True:
            tried = weights - part * step
            new_loss, new_p = _loss(features, tried, reached, mass, is_open, ridge)
            if new_loss <= loss or part < 1e-6:
                break
            part /= 2
        gained, weights, loss, p = loss - new_loss, tried, new_loss, new_p
        if gained < 1e-7 * abs(loss):
            break
    return weights


def _loss(
    features: NDArray[np.float32],
    weights: NDArray[np.float64],
    reached: NDArray[np.float64],
    mass: NDArray[np.float64],
    is_open: NDArray[np.bool_],
    ridge: float,
) -> tuple[float, NDArray[np.float32]]:
    logits = np.where(is_open, features @ weights.astype(np.float32), -np.inf)  # (M, I)
    highest = logits.max(axis=1, keepdims=True)
    p = np.exp(logits - highest)
    total = p.sum(axis=1, keepdims=True)
    log_total = (highest + np.log(total))[:, 0].astype(np.float64)
    loss = mass @ log_total - reached @ weights + ridge / 2 * weights @ weights
    return float(loss), (p / total).astype(np.float32)


def _curvature(features: NDArray[np.float32], p: NDArray[np.float64]) -> NDArray[np.float64]:
    curve = np.zeros((features.shape[2], features.shape[2]))
    for rows, shares in zip(features, p, strict=True):  # (I, F): one member at a time needs no copy of everything
        curve += rows.T @ (rows * shares[:, None].astype(np.float32))
    return curve


def climb(
    weights: NDArray[np.float64],
    features: NDArray[np.float32],
    wanted: Wanted,
    is_open: NDArray[np.bool_],
    *,
    k: int,
) -> NDArray[np.float64]:
    """From the likelihood's weights up to a top of mean NDCG@k, one weight at a time by ever smaller steps.

    The likelihood cares for the whole list alike; where members want many items, the first k alone are what they see.

    Args:
        weights: (sources,) to begin with.
        features: as of `fit_weights`.
        wanted: as of `fit_weights`.
        is_open: as of `fit_weights`.
        k: length of the list.
    """
    counts = (wanted > 0).sum(axis=1)
    gains = 1.0 / np.log2(np.arange(2, k + 2))
    best_gain = np.cumsum(gains)[np.minimum(np.maximum(counts, 1), k) - 1]
    scale = max(float(np.abs(weights).max()), 1e-6)
    first = np.where(is_open, features @ weights.astype(np.float32), -np.inf)
    near = np.argpartition(-first, min(SHORTLIST, first.shape[1]) - 1, axis=1)[:, :SHORTLIST]
    features = np.take_along_axis(features, near[:, :, None], axis=1)
    wanted = np.take_along_axis(wanted, near, axis=1)
    is_open = np.take_along_axis(is_open, near, axis=1)

    def value(tried: NDArray[np.float64]) -> float:
        scores = np.where(is_open, features @ tried.astype(np.float32), -np.inf)
        top = np.argpartition(-scores, min(k, scores.shape[1]) - 1, axis=1)[:, :k]
        order = np.argsort(-np.take_along_axis(scores, top, axis=1), axis=1, kind="stable")
        hits = np.take_along_axis(wanted, np.take_along_axis(top, order, axis=1), axis=1) > 0
        return float((hits @ gains[: hits.shape[1]] / best_gain).mean())

    found, reached = weights.copy(), value(weights)
    for step in STEPS:
        improved = True
        while improved:
            improved = False
            for n, move in product(range(len(weights)), (step, -step)):
                tried = found.copy()
                tried[n] += scale * move
                if (now := value(tried)) > reached + LEAST_GAIN:
                    found, reached, improved = tried, now, True
    return found
