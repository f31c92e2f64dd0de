"""Which photos belong together: scores by hand, one person from 0.5 on."""

import numpy as np
import pytest

from visavis.errors import NoFaceFound, QualityTooLow
from visavis.pipeline.enrolment import Judged, Shot, _clique
from visavis.testing import an_embedding


def scores(*pairs: tuple[int, int], size: int) -> np.ndarray:
    """1 on the diagonal, 0.9 for pairs that agree, 0.1 for all others."""
    table = np.full((size, size), 0.1)
    np.fill_diagonal(table, 1.0)
    for first, second in pairs:
        table[first, second] = table[second, first] = 0.9
    return table


@pytest.mark.parametrize(
    ("table", "fixed", "expected"),
    [
        (scores(size=0), 0, []),
        (scores(size=1), 0, [0]),
        (scores((0, 1), size=3), 0, [0, 1]),
        (scores((1, 2), size=3), 0, [1, 2]),
        (scores((0, 1), (1, 2), size=3), 0, [0, 1]),  # 0 and 2 agree with 1, not with each other
        (scores((0, 1), (1, 2), (0, 2), size=4), 0, [0, 1, 2]),
        (scores((0, 1), size=3), 1, [0]),  # one template: the photo that agrees with it, the other does not
        (scores((1, 2), size=3), 1, []),  # two photos of somebody else
    ],
)
def test_photos_that_agree_are_kept(table: np.ndarray, fixed: int, expected: list[int]) -> None:
    """All with each other, and with a template where there is one."""
    assert _clique(table, 0.5, fixed=fixed) == expected


def test_one_good_photo_is_enough_and_none_is_told_in_full() -> None:
    """The error is the first photo's; several photos are told with their reasons, one with its own words."""
    good = Shot(index=0, embedding=an_embedding(0))
    dark = Shot(index=1, reasons=("too_dark", "blurred"), refusal=QualityTooLow("too_dark, blurred"))
    nobody = Shot(index=2).refused("no_face", NoFaceFound())
    assert Judged(shots=(good, dark, nobody)).refusal() is None
    assert len(Judged(shots=(good, dark)).embeddings) == 1
    refusal = Judged(shots=(dark, nobody)).refusal()
    assert isinstance(refusal, QualityTooLow)
    assert refusal.detail == "image 2: too_dark, blurred; image 3: no_face"
    assert Judged(shots=(nobody,)).refusal() is nobody.refusal
    assert Judged(shots=()).refusal() is None


def test_a_refused_photo_keeps_no_embedding() -> None:
    """Nor does its text show one."""
    shot = Shot(index=0, embedding=an_embedding(0)).refused("duplicate", NoFaceFound())
    assert shot.embedding is None
    assert "vector" not in repr(Shot(index=0, embedding=an_embedding(0)))
