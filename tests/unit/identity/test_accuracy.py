"""Error rates of a site, by hand."""

import numpy as np
import pytest

from visavis.identity.accuracy import Rate, comparison_errors, light_of, score_histogram, site_rows
from visavis.testing import an_embedding
from visavis.types import Embedding, Light, Look, Looks


def looks(placement: str, light: Light, look: Look, count: int, *, month: str = "2026-01", score: int = -1) -> Looks:
    return Looks(month=month, placement=placement, light=light, look=look, score=score, count=count)


SITE = (
    looks("door", Light.NORMAL, Look.RECOGNISED, 90, score=16),
    looks("door", Light.NORMAL, Look.RECOGNISED, 10, score=13, month="2026-02"),
    looks("door", Light.NORMAL, Look.WRONG, 2),
    looks("door", Light.NORMAL, Look.UNKNOWN, 210),
    looks("door", Light.NORMAL, Look.MISSED, 12),
    looks("door", Light.DARK, Look.RECOGNISED, 5, score=11),
    looks("door", Light.DARK, Look.MISSED, 5),
    looks("desk", Light.NORMAL, Look.UNKNOWN, 1),
)


@pytest.mark.parametrize(
    ("brightness", "light"),
    [
        (0, Light.DARK),
        (59.9, Light.DARK),
        (60, Light.DIM),
        (110, Light.NORMAL),
        (170, Light.BRIGHT),
        (255, Light.BRIGHT),
    ],
)
def test_bands_of_light(brightness: float, light: Light) -> None:
    """Lower ends belong to the band."""
    assert light_of(brightness) is light


def test_r16_rates_by_placement_and_light_by_hand() -> None:
    """Strangers are those who stayed nobody: 210 - 12, and the 2 who were taken for a member."""
    rows = {(row.placement, row.light): row for row in site_rows(SITE)}
    assert set(rows) == {
        ("door", Light.NORMAL),
        ("door", Light.DARK),
        ("door", None),
        ("desk", Light.NORMAL),
        ("desk", None),
        ("", Light.NORMAL),
        ("", Light.DARK),
        ("", None),
    }
    door = rows["door", Light.NORMAL]
    assert (door.fpir.errors, door.fpir.of) == (2, 200)
    assert (door.fnir.errors, door.fnir.of) == (12, 110)  # 12 missed, 98 rightly known
    assert rows["door", Light.DARK].fnir.value == 0.5
    assert rows["desk", None].fnir.value is None
    assert (rows["", None].recognised, rows["", None].unknown) == (105, 211)
    assert score_histogram(SITE) == {Light.NORMAL: {16: 90, 13: 10}, Light.DARK: {11: 5}}


def test_intervals_by_hand() -> None:
    """Wilson: 0 of 10 reaches to z² / (n + z²) = 0.2775; nothing counted says nothing."""
    assert Rate(errors=0, of=10).interval == pytest.approx((0.0, 0.27754), abs=1e-4)
    assert Rate(errors=5, of=10).interval == pytest.approx((0.23659, 0.76341), abs=1e-4)
    assert Rate(errors=0, of=0).interval == (0.0, 1.0)


def test_r16_comparisons_of_templates_by_hand() -> None:
    """Two members with two templates each: two mated pairs, four others."""

    def between(share: float) -> Embedding:
        vector = np.zeros(128, np.float32)
        vector[0], vector[1] = share, np.sqrt(1 - share**2)
        return Embedding(vector=vector, model=an_embedding().model)

    ada = [an_embedding(0), between(0.9)]  # 0.9 to each other
    bob = [an_embedding(1), an_embedding(2)]  # 0 to each other; bob's first is 0.436 to ada's second
    false_match, false_non_match = comparison_errors([ada, bob], 0.4)
    assert (false_match.errors, false_match.of) == (1, 4)
    assert (false_non_match.errors, false_non_match.of) == (1, 2)
    assert comparison_errors([], 0.4)[0].value is None
