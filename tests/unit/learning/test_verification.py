"""Error rates of pairs, worked out by hand."""

from pathlib import Path

import numpy as np
import pytest

from visavis.learning.faces.folders import Embedded
from visavis.learning.faces.pairs import Pairs
from visavis.learning.faces.verification import (
    MISSED,
    Metric,
    fold_accuracies,
    mean_estimate,
    score_pairs,
    verify_pairs,
)


def at(*cosines: float) -> tuple[Pairs, Embedded]:
    """Picture 0 against one other a cosine, in a plane."""
    vectors = np.array([[1.0, 0.0], *[[c, np.sqrt(1 - c * c)] for c in cosines]], np.float32)
    count = len(cosines)
    pairs = Pairs(
        pictures=tuple(Path(str(n)) for n in range(count + 1)),
        first=np.zeros(count, np.int64),
        second=np.arange(1, count + 1),
        same=np.arange(count) % 2 == 0,
        fold=np.arange(count) // (count // 2),
    )
    return pairs, Embedded(vectors=vectors, found=np.ones(count + 1, np.bool_))


def silent(_step: str, _share: float) -> None: ...


def test_scores_are_cosines_and_a_missed_face_has_none() -> None:
    """It lies below every threshold; the distance at cosine 0.9 is the root of 2 - 2 * 0.9."""
    pairs, embedded = at(0.9, 0.2, 0.8, 0.1)
    embedded.found[3] = False
    assert score_pairs(pairs, embedded) == pytest.approx([0.9, 0.2, MISSED, 0.1], abs=1e-6)
    distances = score_pairs(pairs, embedded, Metric.EUCLIDEAN)
    assert distances[[0, 2]] == pytest.approx([-(0.2**0.5), MISSED], abs=1e-6)


def test_each_fold_is_judged_by_the_others_threshold() -> None:
    """The best threshold of the second fold is 0.4: it refuses the genuine 0.3 of the first; and the reverse, 0.25."""
    pairs, _ = at(0.3, 0.2, 0.7, 0.1, 0.6, 0.2, 0.9, 0.1)
    accuracies = fold_accuracies(score_pairs(*at(0.3, 0.2, 0.7, 0.1, 0.6, 0.2, 0.9, 0.1)), pairs, np.zeros(8, np.bool_))
    assert accuracies == [0.75, 1.0]


def test_a_missed_face_is_an_error_in_either_kind_of_pair() -> None:
    """Even where refusing would have been right: one genuine and one impostor pair of four are lost."""
    pairs, embedded = at(0.9, 0.2, 0.8, 0.1)
    missed = np.array([True, True, False, False])
    assert fold_accuracies(score_pairs(pairs, embedded), pairs, missed) == [0.0, 1.0]


def test_rates_of_a_set_worked_out_by_hand() -> None:
    """Impostors at 0.000, 0.001 to 0.199, three quarters of the genuine pairs above: at FAR 1 % two impostors pass."""
    impostor = np.arange(200) / 1000
    genuine = np.concatenate([np.full(150, 0.5), np.full(50, 0.05)])
    cosines = np.empty(400)
    cosines[0::2], cosines[1::2] = genuine, impostor
    report = verify_pairs(*at(*cosines), system="by hand", rng=np.random.default_rng(0), progress=silent)
    assert (report.genuine, report.impostor) == (200, 200)
    assert report.tars[0].tar.value == pytest.approx(0.75)
    assert report.tars[0].tar.low < 0.75 < report.tars[0].tar.high
    assert 0.196 < report.tars[0].threshold < 0.1985
    assert report.eer.value == pytest.approx(0.25, abs=0.01)


def test_the_interval_over_folds_is_students() -> None:
    """Folds 0.9 and 1.0: mean 0.95, deviation 0.0707, t(1) = 12.706: the interval is cut off at 1."""
    estimate = mean_estimate([0.9, 1.0])
    assert (estimate.value, estimate.high) == (pytest.approx(0.95), 1.0)
    assert estimate.low == pytest.approx(0.95 - 12.706 * 0.0707107 / 2**0.5, abs=1e-4)
