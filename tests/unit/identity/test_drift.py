"""The members' own templates check the promise."""

import numpy as np
import pytest

from visavis.identity.drift import CalibrationCheck, check_calibration
from visavis.identity.gallery import Gallery
from visavis.identity.threshold import Threshold
from visavis.testing import an_embedding
from visavis.types import Embedding, MemberId


@pytest.mark.parametrize(
    ("searches", "false_positives", "drifted"), [(1000, 0, False), (1000, 3, False), (1000, 12, True), (5, 2, True)]
)
def test_more_false_positives_than_luck_allows(searches: int, false_positives: int, drifted: bool) -> None:
    """At 0.3 %, 3 of 1,000 are expected; 12 come once in 14,000; 2 of 5 once in 11,000."""
    check = CalibrationCheck(promised_fpir=0.003, searches=searches, false_positives=false_positives)
    assert check.drifted == drifted
    assert check.found_fpir == pytest.approx(false_positives / searches)


def test_a_member_is_searched_among_the_others() -> None:
    """Three at right angles and a fourth near the first: two false positives at 0.5, none at 0.95."""
    near = np.zeros(128, np.float32)
    near[:2] = 0.9, np.sqrt(1 - 0.81)
    shown = [an_embedding(0), an_embedding(3), an_embedding(5), Embedding(vector=near, model=an_embedding().model)]
    gallery = Gallery(model=an_embedding().model, dim=128)
    members = [(MemberId(str(n)), embedding, 1) for n, embedding in enumerate(shown)]
    for member_id, embedding, _ in members:
        gallery.add(member_id, "t", embedding)

    def at(score: float) -> CalibrationCheck:
        threshold = Threshold(score=score, false_match_rate=0.001, impostor_pairs=1000, evidence="by hand")
        return check_calibration(members, gallery, lambda _member, _shots: threshold, 0.003)

    assert (at(0.5).searches, at(0.5).false_positives) == (4, 2)
    assert at(0.95).false_positives == 0
