"""The head on frozen embeddings: nearest mean with few photographs, free softmax regression with many."""

import numpy as np
import pytest

from visavis.identity.closed_set import fit_closed_set, share_interval, split_by_person


def unit(rows: list[list[float]]) -> np.ndarray:
    vectors = np.array(rows, np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def crowd(people: int, each: int, spread: float, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Embeddings around random directions, and whose each is."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(people), each)
    noisy = rng.normal(size=(people, 16))[labels] + spread * rng.normal(size=(len(labels), 16))
    return unit(noisy.tolist()), labels


def test_one_photograph_each_names_the_nearest() -> None:
    """Three people on three axes: a probe between two of them belongs to the nearer."""
    head = fit_closed_set(unit([[1, 0, 0], [0, 1, 0], [0, 0, 1]]), np.array([0, 1, 2]), people=3)
    assert head.identify(unit([[2, 1, 0], [0, 1, 2]])).tolist() == [0, 2]


def test_probabilities_add_up_and_know_their_doubt() -> None:
    """A probe in the middle of two people: half and half between them by symmetry."""
    head = fit_closed_set(unit([[1, 0], [1, 0.1], [0, 1], [0.1, 1]]), np.array([0, 0, 1, 1]), people=2)
    (shares,) = head.probabilities(unit([[1, 1]]))
    assert shares.sum() == pytest.approx(1)
    assert shares[0] == pytest.approx(0.5, abs=1e-6)


def test_without_an_error_the_sharpness_stays_finite() -> None:
    """Two people who never meet: probabilities near 1, and not 1."""
    vectors, labels = crowd(2, 5, spread=0.01)
    shares = fit_closed_set(vectors, labels, people=2).probabilities(vectors).max(axis=1)
    assert (shares > 0.85).all()
    assert (shares < 1).all()


def test_the_head_beats_the_nearest_mean_where_means_mislead() -> None:
    """Two people whose photographs spread along one axis: the mean's direction misleads, regression does not."""
    rng = np.random.default_rng(3)
    labels = np.repeat([0, 1], 200)
    along = np.where(labels, -1.0, 1.0) * 0.3 + rng.normal(scale=0.05, size=400)
    vectors = unit(np.stack([along, rng.normal(scale=2.0, size=400) + 1, np.ones(400)], axis=1).tolist())
    head = fit_closed_set(vectors, labels, people=2, stiffness=1e-4)
    means = np.stack([vectors[labels == person].mean(axis=0) for person in (0, 1)])
    nearest = (vectors @ (means / np.linalg.norm(means, axis=1, keepdims=True)).T).argmax(axis=1)
    assert (head.identify(vectors) == labels).mean() >= 0.99
    assert (head.identify(vectors) == labels).mean() > (nearest == labels).mean()


def test_a_stiff_head_is_the_nearest_mean() -> None:
    """With a weight of a million on the distance from the start, the weights point along the means."""
    vectors, labels = crowd(6, 4, spread=0.8)
    head = fit_closed_set(vectors, labels, people=6, stiffness=1e6)
    means = np.stack([vectors[labels == person].sum(axis=0) for person in range(6)])
    directions = means / np.linalg.norm(means, axis=1, keepdims=True)
    assert np.allclose(head.weights / head.sharpness, directions, atol=1e-3)


@pytest.mark.parametrize("labels", [[0, 0], [0, 2], [1, 1]])
def test_everybody_needs_an_embedding(labels: list[int]) -> None:
    """A person without one, or a group of one, is refused."""
    with pytest.raises(ValueError, match="embedding"):
        fit_closed_set(unit([[1, 0], [0, 1]]), np.array(labels), people=len(set(labels)))


def test_the_split_takes_at_least_the_share_of_each_and_leaves_one() -> None:
    """60 % of five, four, two and one: 3, 3, 1 and 1 to train; 2, 1, 1 and 0 to test."""
    labels = np.repeat([0, 1, 2, 3], [5, 4, 2, 1])
    train, test = split_by_person(labels, 0.6, np.random.default_rng(0))
    assert np.bincount(labels[train]).tolist() == [3, 3, 1, 1]
    assert np.bincount(labels[test], minlength=4).tolist() == [2, 1, 1, 0]
    assert sorted([*train, *test]) == list(range(12))


@pytest.mark.parametrize(
    ("right", "of", "low", "high"),
    [(10, 10, 0.69150, 1.0), (0, 10, 0.0, 0.30850), (3, 10, 0.06674, 0.65245), (300, 300, 0.98778, 1.0)],
)
def test_the_interval_is_that_of_clopper_and_pearson(right: int, of: int, low: float, high: float) -> None:
    """Where all or none are right it is closed: low = 0.025 ** (1 / n); the third pair is from their tables."""
    assert share_interval(right, of) == pytest.approx((low, high), abs=2e-5)
