"""What holds of candidates whatever members did."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from visavis.recommend.candidates import History, best
from visavis.recommend.neighbours import NeighbourRule, Neighbours

ITEMS = 8
logs = st.lists(st.tuples(st.integers(0, 3), st.integers(0, ITEMS - 1)), max_size=40)  # (member, item) in time order
scored = st.lists(st.tuples(st.floats(-1e6, 1e6, width=32), st.booleans()), min_size=1, max_size=30)


@given(scored, st.integers(0, 40), st.integers(0, 5))
def test_nothing_but_what_is_eligible_is_ever_returned(marked: list[tuple[float, bool]], count: int, seed: int) -> None:
    """Rules come before ranking: as many as asked or as are open, each once, in falling order."""
    scores = np.array([score for score, _ in marked], np.float32)
    eligible = np.array([is_open for _, is_open in marked])
    found = best(scores, eligible, count, np.random.default_rng(seed))
    assert len(set(found.tolist())) == len(found) == min(count, int(eligible.sum()))
    assert eligible[found].all()
    assert (np.diff(scores[found]) <= 0).all()
    left = np.setdiff1d(np.flatnonzero(eligible), found)
    assert not len(left) or not len(found) or scores[left].max() <= scores[found].min()


@given(logs, st.sampled_from([NeighbourRule(), NeighbourRule(window=2, back=0.0, fade=0.3)]))
def test_counting_event_by_event_is_counting_all_at_once(log: list[tuple[int, int]], rule: NeighbourRule) -> None:
    """A streamed model is the fitted one bit for bit, in whatever order the members' events interleave."""
    streamed = Neighbours(ITEMS, rule)
    histories: dict[int, History] = {}
    for at, (member, item) in enumerate(log):
        so_far = histories.get(member, History(items=np.zeros(0, np.int32), at=np.zeros(0, np.int64)))
        streamed.observe(so_far, item, at)
        histories[member] = so_far.then(item, at)
    fitted = Neighbours.fit([one.items for one in histories.values()], ITEMS, rule)
    assert (streamed.times == fitted.times).all()
    for left, right in zip(streamed.pairs.rows(), fitted.pairs.rows(), strict=True):
        assert (left == right).all()
