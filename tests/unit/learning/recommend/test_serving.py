"""From choices to a blend that is kept, read again and served; and how long that takes."""

import json
from collections.abc import Callable

import numpy as np
import pytest

from visavis.behaviour.series import Series
from visavis.errors import ModelRefused
from visavis.learning.recommend.bench import bench_recommend
from visavis.learning.recommend.network import likely, series_of
from visavis.learning.recommend.recipe import FactorRule, Recipe
from visavis.learning.recommend.serving import Candidates, choices_of, fit_candidates
from visavis.learning.recommend.synthetic import synthetic_choices
from visavis.recommend.stored import MAIN, StoredBlend, packed, unpacked

SMALL = Recipe(factors=FactorRule(factors=4, rounds=3))
DATA = synthetic_choices(60, 40, 900, np.random.default_rng(0))


def nothing(_step: str, _share: float) -> None:
    """Nobody looks."""


@pytest.fixture(scope="module")
def fitted() -> Candidates:
    return fit_candidates(DATA, SMALL, seed=1, threads=1, progress=nothing)


def test_a_blend_that_was_kept_gives_the_same_scores(fitted: Candidates) -> None:
    """Files of an artefact and back: every source, every weight, every item; and it goes on learning alike."""
    again = unpacked(packed(fitted.stored))
    assert again.items == DATA.items
    assert again.blend.weights == fitted.stored.blend.weights
    for member in range(10):
        history = DATA.history(member)
        assert (again.blend.scores(history, 40) == fitted.stored.blend.scores(history, 40)).all()
    other = unpacked(packed(fitted.stored))
    for blend in (again.blend, other.blend):
        blend.observe(DATA.history(0), 3, int(DATA.at.max()))
    assert (again.blend.scores(DATA.history(1), 40) == other.blend.scores(DATA.history(1), 40)).all()


@pytest.mark.parametrize(
    "damage",
    [
        lambda files: files.pop(MAIN),
        lambda files: files.pop("ease.npz"),
        lambda files: files.update({MAIN: b"{"}),
        lambda files: files.update({"ease.npz": files["ease.npz"][:100]}),
        lambda files: files.update({"ease.npz": b"\x80\x04N."}),
        lambda files: files.update({MAIN: json.dumps({"items": [], "sources": ["magic"], "weights": {}}).encode()}),
    ],
)
def test_damaged_files_are_refused(fitted: Candidates, damage: Callable[[dict[str, bytes]], object]) -> None:
    files = packed(fitted.stored)
    damage(files)
    with pytest.raises(ModelRefused):
        unpacked(files)


def test_what_serves_knows_every_choice(fitted: Candidates) -> None:
    """Weights were learned on held-out choices; the sources that serve count all."""
    neighbours = next(source for source in fitted.stored.blend.sources if source.name == "neighbours")
    assert neighbours.times.sum() == len(DATA)  # type: ignore[attr-defined]
    assert fitted.tested > 40
    assert 0 < fitted.ndcg_at_10 <= fitted.hit_rate_at_10 <= 1


def test_a_series_becomes_choices_and_back() -> None:
    series = series_of(DATA)
    assert isinstance(series, Series)
    back = choices_of(series)
    assert (back.item == DATA.item).all()
    assert (back.at == DATA.at).all()
    assert back.members == DATA.members


def test_logits_become_shares() -> None:
    shares = likely(np.array([[0.0, np.log(3.0)], [1000.0, 1000.0]], np.float32))
    np.testing.assert_allclose(shares, [[0.25, 0.75], [0.5, 0.5]], rtol=1e-6)


def test_made_up_choices_are_as_many_as_asked_and_popular_items_lead() -> None:
    data = synthetic_choices(300, 100, 3000, np.random.default_rng(1))
    assert 0.9 * 3000 <= len(data) <= 3000
    times = np.bincount(data.item, minlength=100)
    assert times[:20].sum() > 2 * times[80:].sum()
    again = synthetic_choices(300, 100, 3000, np.random.default_rng(1))
    assert (again.item == data.item).all()


def test_the_bench_times_every_step() -> None:
    found = bench_recommend(DATA, SMALL, seed=1, threads=1, count=10, progress=nothing)
    assert set(found.seconds) == {"popular", "neighbours", "ease", "successors", "factors", "weights"}
    steps = {step.step for step in found.latencies}
    assert {"fold in a new member", "candidates of the blend", "learn from one event"} <= steps
    assert all(0 < step.p50_us <= step.p99_us for step in found.latencies)


def test_a_stored_blend_names_its_items(fitted: Candidates) -> None:
    main = json.loads(packed(StoredBlend(blend=fitted.stored.blend, items=("a", "b")))[MAIN])
    assert main["items"] == ["a", "b"]
