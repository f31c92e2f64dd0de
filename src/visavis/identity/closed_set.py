"""Which of a known group of people is this? Softmax regression on frozen embeddings.

Closed set: the answer is always somebody of the group, so this serves a roll call, never a door. For strangers there
is the gallery with its thresholds.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil, exp, lgamma, log, log1p

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32] | NDArray[np.float64]
Labels = NDArray[np.int64]

_SHARPEST = 512.0
_STEPS = 300
_HALVINGS = 60


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClosedSetHead:
    """P(person | embedding) = softmax(weights @ embedding)."""

    weights: NDArray[np.float64] = field(repr=False)  # (people, D)
    sharpness: float  # of the cosines to the people's means, before the weights were refined

    def probabilities(self, embeddings: Vectors) -> NDArray[np.float64]:
        """Unit embeddings (N, D) -> (N, people); each row adds up to 1."""
        return _softmax(embeddings.astype(np.float64) @ self.weights.T)

    def identify(self, embeddings: Vectors) -> Labels:
        """The most probable person of each embedding: (N, D) -> (N,)."""
        return np.asarray((embeddings.astype(np.float64) @ self.weights.T).argmax(axis=1))


def fit_closed_set(embeddings: Vectors, labels: Labels, *, people: int, stiffness: float = 1.0) -> ClosedSetHead:
    """Fit the head; the same input gives the same head.

    The weights start at sharpness * mean direction of each person and are drawn back to it, so that with a few
    photographs the head is the nearest mean by cosine, and with many it is free softmax regression. The sharpness is
    the one that makes each photograph most probable from the means of the others (leave one out), with Platt's
    targets (1999) so that a group without a single error still gets a finite one.

    Args:
        embeddings: (N, D), Euclidean length 1.
        labels: (N,), 0 to people - 1; each person at least once.
        people: size of the group, at least 2.
        stiffness: weight of the squared distance from the start, in units of the start's length; larger holds the
            weights nearer to the means.

    Raises:
        ValueError: a person has no embedding, or there are fewer than two people.
    """
    counts = np.bincount(labels, minlength=people)
    if people < 2 or len(counts) != people or not counts.all():
        raise ValueError(f"each of at least two people needs an embedding, got {counts.tolist()}")
    vectors = embeddings.astype(np.float64)
    sums = np.zeros((people, vectors.shape[1]))
    np.add.at(sums, labels, vectors)
    means = _unit(sums)
    sharpness = _sharpness(vectors, labels, sums, means)
    return ClosedSetHead(
        weights=_refined(vectors, labels, sharpness * means, stiffness * sharpness**-2), sharpness=sharpness
    )


def split_by_person(
    labels: Labels, train_share: float, rng: np.random.Generator
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Indices to train and to test with: of each person at least this share, rounded up, and one left to test.

    A person with a single photograph is in the training part only.
    """
    train, test = [], []
    for person in np.unique(labels):
        shuffled = rng.permutation(np.flatnonzero(labels == person))
        count = max(1, min(ceil(train_share * len(shuffled) - 1e-9), len(shuffled) - 1))
        train.append(shuffled[:count])
        test.append(shuffled[count:])
    return np.concatenate(train), np.concatenate(test)


def share_interval(successes: int, trials: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Interval of a share that holds it with at least this confidence (Clopper and Pearson 1934, Biometrika 26).

    >>> [round(bound, 4) for bound in share_interval(10, 10)]
    [0.6915, 1.0]
    """
    tail = (1 - confidence) / 2

    def at_most(count: int, share: float) -> float:
        return sum(_binomial(i, trials, share) for i in range(count + 1))

    low = 0.0 if successes == 0 else _bisect(lambda p: at_most(successes - 1, p) - (1 - tail))
    high = 1.0 if successes == trials else _bisect(lambda p: at_most(successes, p) - tail)
    return low, high


def _bisect(falling: Callable[[float], float]) -> float:
    """Where a function that falls over (0, 1) crosses zero."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if falling(middle) > 0 else (low, middle)
    return (low + high) / 2


def _binomial(count: int, trials: int, share: float) -> float:
    ways = lgamma(trials + 1) - lgamma(count + 1) - lgamma(trials - count + 1)
    return exp(ways + count * log(share) + (trials - count) * log1p(-share))


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    unit: NDArray[np.float64] = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
    return unit


def _softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return shares


def _sharpness(
    vectors: NDArray[np.float64], labels: Labels, sums: NDArray[np.float64], means: NDArray[np.float64]
) -> float:
    """The factor of the cosines under which photographs are most probable, each left out of its person's mean."""
    cosines = vectors @ means.T  # (N, people)
    rows = np.arange(len(labels))
    cosines[rows, labels] = (vectors * _unit(sums[labels] - vectors)).sum(axis=1)
    several = np.bincount(labels, minlength=len(means))[labels] > 1
    if not several.any():
        return _SHARPEST / 8  # one photograph each: nothing to measure it by, and no effect on who is nearest
    cosines, labels, rows = cosines[several], labels[several], rows[: several.sum()]
    target = (len(labels) + 1) / (len(labels) + 2)  # Platt (1999), section 2.2
    targets = np.full(cosines.shape, (1 - target) / (len(means) - 1))
    targets[rows, labels] = target
    candidates = np.geomspace(1, _SHARPEST, 55)
    losses = [-(targets * np.log(_softmax(factor * cosines) + 1e-300)).sum() for factor in candidates]
    return float(candidates[int(np.argmin(losses))])


def _refined(
    vectors: NDArray[np.float64], labels: Labels, start: NDArray[np.float64], stiffness: float
) -> NDArray[np.float64]:
    """The W of least mean(-log P(label | vector)) + stiffness / 2 * |W - start|^2; accelerated descent (Nesterov 1983).

    The step is 1 / L with L = largest eigenvalue of the vectors' second moments / 2 + stiffness (Boehning 1992).
    """
    wanted = np.eye(len(start))[labels]  # (N, people)
    step = 1 / (0.5 * np.linalg.norm(vectors, ord=2) ** 2 / len(vectors) + stiffness)
    weights, ahead, pace = start, start, 1.0
    for _ in range(_STEPS):
        surplus = (_softmax(vectors @ ahead.T) - wanted).T  # (people, N)
        slope = surplus @ vectors / len(vectors) + stiffness * (ahead - start)
        following = ahead - step * slope
        next_pace = (1 + (1 + 4 * pace * pace) ** 0.5) / 2
        ahead = following + (pace - 1) / next_pace * (following - weights)
        weights, pace = following, next_pace
    return weights
