"""Whatever a policy believes, it chooses with probabilities."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visavis.recommend.policies import build_chooser
from visavis.recommend.policy import Beliefs, pick
from visavis.recommend.safety import capped
from visavis.types import PolicyName

NUMBERS = st.floats(-1e6, 1e6)
WIDTHS = st.one_of(st.just(0.0), st.floats(1e-300, 1e6))
CHOOSERS = [name for name in PolicyName if name is not PolicyName.HORIZON]


@st.composite
def beliefs(draw: st.DrawFn) -> Beliefs:
    count = draw(st.integers(1, 40))
    mean = draw(st.lists(NUMBERS, min_size=count, max_size=count))
    width = draw(st.lists(WIDTHS, min_size=count, max_size=count))
    return Beliefs(np.array(mean), np.array(width), draw(st.floats(0.001, 1.0)))


@pytest.mark.parametrize("name", CHOOSERS)
@settings(max_examples=60, deadline=None)
@given(known=beliefs(), exploration=st.floats(1e-3, 1e6), draw=st.floats(0, 1, exclude_max=True))
def test_probabilities_whatever_is_believed(name: PolicyName, known: Beliefs, exploration: float, draw: float) -> None:
    """All positive, summing to 1, within the cap, the same again to the bit; a draw falls on a candidate."""
    chooser = build_chooser(name, exploration=exploration)
    p = capped(chooser.probabilities(known), known)
    assert p.shape == known.mean.shape
    assert np.isfinite(p).all()
    assert (p > 0).all()
    assert p.sum() == pytest.approx(1.0, abs=1e-9)
    assert 1.0 - p[int(np.argmax(known.mean))] <= known.cap + 1e-9
    assert (capped(chooser.probabilities(known), known) == p).all()
    assert 0 <= pick(p, draw) < len(p)
