"""What holds of candidates whatever members did."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from visavis.recommend.blend import Blend
from visavis.recommend.candidates import History, best
from visavis.recommend.neighbours import NeighbourRule, Neighbours
from visavis.recommend.popular import DAY_US, FOREVER, Popular

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


@given(logs, st.sampled_from([1.0, 30.0, FOREVER]))
def test_popularity_event_by_event_is_popularity_at_once(log: list[tuple[int, int]], half_life: float) -> None:
    streamed = Popular(ITEMS, half_life_days=half_life)
    nobody = History(items=np.zeros(0, np.int32), at=np.zeros(0, np.int64))
    times = np.arange(len(log)) * DAY_US // 3
    for (_, item), at in zip(log, times.tolist(), strict=True):
        streamed.observe(nobody, item, at)
    fitted = Popular.fit(np.array([item for _, item in log], np.int32), times, ITEMS, half_life_days=half_life)
    np.testing.assert_allclose(streamed.scores(nobody, ITEMS), fitted.scores(nobody, ITEMS), rtol=1e-5)


@given(logs, st.lists(st.booleans(), min_size=ITEMS, max_size=ITEMS), st.integers(0, 12))
def test_a_blend_gives_only_what_the_rules_leave_open(
    log: list[tuple[int, int]], marks: list[bool], count: int
) -> None:
    """Whatever was learned and however the sources are weighed, nothing else is ever returned."""
    blend = Blend([Neighbours(ITEMS), Popular(ITEMS)], {"neighbours": 2.0, "popular": -0.5})
    history = History(items=np.zeros(0, np.int32), at=np.zeros(0, np.int64))
    for at, (_, item) in enumerate(log):
        blend.observe(history, item, at)
        history = history.then(item, at)
    eligible = np.array(marks)
    found = blend.candidates(history, eligible, count)
    assert eligible[found].all()
    assert len(set(found.tolist())) == len(found) == min(count, int(eligible.sum()))
