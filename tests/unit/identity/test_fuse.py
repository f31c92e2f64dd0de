"""Several shots as one."""

import numpy as np
import pytest

from visavis.errors import GalleryMismatch
from visavis.identity.fuse import fused, varied
from visavis.testing import an_embedding
from visavis.types import Embedding


def at(degrees: float) -> Embedding:
    """A direction in a plane."""
    angle = np.radians(degrees)
    return Embedding(vector=np.array([np.cos(angle), np.sin(angle)], np.float32), model="m@1")


def test_the_fusion_is_the_direction_between() -> None:
    """Of 0 and 60 degrees, 30; if the second counts twice, atan(2 sin 60 / (1 + 2 cos 60)) = 40.9."""
    assert fused([at(0), at(60)]).vector == pytest.approx(at(30).vector, abs=1e-6)
    assert fused([at(0), at(60)], [1, 2]).vector == pytest.approx(at(40.8934).vector, abs=1e-5)


def test_a_shot_that_weighs_nothing_is_left_out_unless_all_do() -> None:
    """A corrected template no longer speaks; a member whose templates were all corrected keeps them."""
    assert fused([at(0), at(60)], [1, 0]).vector == pytest.approx(at(0).vector)
    assert fused([at(0), at(60)], [0, 0]).vector == pytest.approx(at(30).vector, abs=1e-6)


def test_opposite_shots_do_not_vanish() -> None:
    """Their mean has no direction; the first one stands."""
    assert fused([at(0), at(180)]).vector == pytest.approx(at(0).vector)


def test_shots_of_different_models_do_not_fuse() -> None:
    """And neither do none."""
    with pytest.raises(GalleryMismatch):
        fused([an_embedding(), an_embedding(model="other@1")])
    with pytest.raises(GalleryMismatch):
        fused([])


def test_varied_shots_leave_out_neighbours() -> None:
    """Of 0, 2, 40, 41 and 80 degrees, three: the first, the farthest from it, and the one between."""
    assert varied([at(d) for d in (0, 2, 40, 41, 80)], 3) == [0, 4, 2]
    assert varied([at(0)], 3) == [0]
    assert varied([], 3) == []
