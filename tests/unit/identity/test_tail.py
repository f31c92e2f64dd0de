"""Scores beyond the largest that were seen."""

import numpy as np
import pytest

from visavis.errors import InputRefused
from visavis.identity.tail import Tail, fit_tail
from visavis.identity.threshold import MOST_SHOTS, RATES, calibrated, for_gallery, for_rate

RNG = np.random.default_rng(7)


def test_the_formula_by_hand() -> None:
    """Shape -0.5, scale 0.1: a hundredth of the share lies 0.1 / 0.5 * (1 - 0.01 ** 0.5) = 0.18 above the level."""
    tail = Tail(level=0.7, share=0.01, scale=0.1, shape=-0.5, pairs=10**6, left_out=0)
    assert tail.score(0.0001) == pytest.approx(0.88)
    assert tail.score(0.01) == pytest.approx(0.7)


def test_an_exponential_tail_loses_one_scale_a_factor_of_e() -> None:
    """Shape 0 is the limit of the same formula."""
    tail = Tail(level=0.7, share=0.01, scale=0.02, shape=0.0, pairs=10**6, left_out=0)
    assert tail.score(0.01 / np.e**3) == pytest.approx(0.76)


def test_a_known_tail_is_found_again() -> None:
    """Shape -0.15: the score of a rate r is (1 - r ** 0.15) / 0.15, a hundred times beyond what may be counted."""
    tail = fit_tail((1 - RNG.uniform(size=100_000) ** 0.15) / 0.15)
    assert tail.shape == pytest.approx(-0.15, abs=0.05)
    assert tail.score(1e-6) == pytest.approx((1 - 1e-6**0.15) / 0.15, rel=0.1)
    assert tail.left_out == 0


def test_a_tail_that_ends_sooner_is_judged_with_caution() -> None:
    """Uniform scores have shape -1, which no embedder gives: the score is above the true one, never below."""
    tail = fit_tail(RNG.uniform(size=100_000))
    assert -0.85 < tail.shape < -0.7  # (1000 * -1 + 300 * -0.1) / 1300 = -0.79
    assert 1 - 1e-6 < tail.score(1e-6) < 1.01


@pytest.mark.parametrize(("people", "rate", "most"), [(125, 4e-5, 1.35), (125, 1.2e-5, 1.8), (250, 4e-5, 1.45)])
def test_few_people_let_hardly_more_strangers_pass_than_was_asked(people: int, rate: float, most: float) -> None:
    """The mean over 60 calibrations, each on so many people who are random directions in 40 dimensions.

    A stranger pair scores above x with the chance I((1 - x) / 2; 39 / 2, 39 / 2). Without the typical shape the mean
    is 2.4, 5.3 and 1.8 times what was asked.
    """
    from scipy.special import betainc

    rng, found = np.random.default_rng(5), []
    for _ in range(60):
        vectors = rng.normal(size=(people, 40))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        score = fit_tail((vectors @ vectors.T)[np.triu_indices(people, 1)]).score(rate)
        found.append(betainc(39 / 2, 39 / 2, (1 - score) / 2) / rate)
    assert 0.7 < np.mean(found) < most


def test_small_rates_hold_on_a_normal_distribution() -> None:
    """40 calibrations of 100,000 scores asked for 1e-5, where one score is expected: two in three within factor 3."""
    from statistics import NormalDist

    true = []
    for _ in range(40):
        score = fit_tail(RNG.normal(size=100_000)).score(1e-5)
        true.append((1 - NormalDist().cdf(score)) / 1e-5)
    assert 0.5 < np.median(true) < 2
    assert np.mean([1 / 3 < rate < 3 for rate in true]) > 0.66


def test_one_person_under_two_names_does_not_bend_the_tail() -> None:
    """Three scores of 0.99 among strangers of at most some 0.6 are left out and counted."""
    strangers = RNG.normal(0.0, 0.1, 50_000)
    plain, spoilt = fit_tail(strangers), fit_tail(np.append(strangers, [0.99] * 3))
    assert spoilt.left_out == 3
    assert spoilt.score(1e-5) == pytest.approx(plain.score(1e-5), abs=0.003)


@pytest.mark.parametrize("scores", [np.zeros(150), np.zeros(1000)], ids=["too few", "all equal"])
def test_scores_without_a_tail_are_refused(scores: np.ndarray) -> None:
    """With what is missing."""
    with pytest.raises(InputRefused, match="calibration"):
        fit_tail(scores)


def test_no_rate_is_asked_of_nothing() -> None:
    """A hundred thousand pairs do not speak of one in a thousand million."""
    with pytest.raises(InputRefused, match="needs 20000000"):
        fit_tail(RNG.uniform(size=100_000)).score(1e-9)


def test_calibrated_rates_fall_as_scores_rise() -> None:
    """From 3 % down to a fiftieth of a pair; counted first, then fitted."""
    found = calibrated(RNG.normal(0, 0.1, 50_000), evidence="drawn", templates=3, shots=2)
    rates = [t.false_match_rate for t in found]
    scores = [t.score for t in found]
    assert rates == [rate for rate in RATES if rate * 50_000 >= 0.02]
    assert scores == sorted(scores)
    assert [t.evidence for t in found][:1] == ["drawn"]
    assert "tail" in found[-1].evidence
    assert {(t.templates, t.shots) for t in found} == {(3, 2)}


class Row:
    def __init__(self, rate: float, threshold: float, templates: int = 1, shots: int = 1) -> None:
        self.false_match_rate, self.threshold, self.templates, self.shots = rate, threshold, templates, shots
        self.impostor_pairs, self.evidence = 1000, "by hand"


ROWS = [
    *(Row(0.1, 0.5), Row(0.01, 0.6)),
    *(Row(0.1, 0.55, 3, 1), Row(0.01, 0.65, 3, 1)),
    *(Row(0.1, 0.58, 3, 3), Row(0.01, 0.68, 3, 3)),
]


@pytest.mark.parametrize(
    ("templates", "shots", "score"), [(1, 1, 0.6), (3, 1, 0.65), (1, 3, 0.65), (5, 3, 0.68), (2, 1, 0.6), (2, 3, 0.65)]
)
def test_thresholds_go_by_the_number_of_shots(templates: int, shots: int, score: float) -> None:
    """Symmetric; more than three count as three; where none was calibrated, the nearest with fewer shots."""
    assert MOST_SHOTS == 3
    assert for_rate(ROWS, 0.01, templates=templates, shots=shots).score == pytest.approx(score)
    assert for_gallery(ROWS, 0.01, 1, templates=templates, shots=shots).score == pytest.approx(score)
