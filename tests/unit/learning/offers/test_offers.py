"""The recommending model: what it reads, that it learns, that what is exported gives the same answers."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import onnx
import pytest

from visavis.behaviour.series import Series
from visavis.errors import InputRefused, ModelRefused
from visavis.learning.course.against import gain_over, offers_answered
from visavis.learning.course.recipe import Recipe
from visavis.learning.course.trained import Trained
from visavis.learning.offers import export
from visavis.learning.offers.course import train_offers
from visavis.learning.offers.examples import Examples, last_taken
from visavis.learning.offers.export import seen_of
from visavis.learning.offers.networks import Network, stairs
from visavis.recommend.observed import LONGEST, observed
from visavis.recommend.offer_model import load_offer_model

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def series(**changes: object) -> Series:
    """Two members: a views 0, takes 1; b takes 0, views 1, takes 1, views 0."""
    columns = {
        "whose": np.array([0, 0, 1, 1, 1, 1]),
        "at": np.array([10, 20, 5, 15, 25, 35], np.int64) * 86_400_000_000,
        "kind": np.array([0, 1, 1, 0, 1, 0]),
        "item": np.array([0, 1, 0, 1, 1, 0]),
        "value": np.array([0, 5, 7, 0, 9, 0.0]),
        "dwell_s": np.array([3, 0, 0, 4, 0, 8.0]),
    }
    return Series.of_columns(**columns | changes, members=["a", "b"], kinds=["view", "take"], items=["x", "y"])  # type: ignore[arg-type]


def test_events_stand_side_by_side_with_their_age() -> None:
    """Looked at from day 40 with three places: b's first event is left out, a's third place is empty."""
    s = series()
    seen = observed(
        starts=s.starts, kind=s.kind, item=s.item, at=s.at, value=s.value, dwell_s=s.dwell_s,
        now=np.full(2, 40 * 86_400_000_000), width=3,
    )  # fmt: skip
    assert seen.kind.tolist() == [[1, 2, 0], [1, 2, 1]]
    assert seen.item.tolist() == [[1, 2, 0], [2, 2, 1]]
    assert seen.numbers[0].tolist() == [[0, 3, 30], [5, 0, 20], [0, 0, 0]]
    assert seen.numbers[1].tolist() == [[0, 4, 25], [9, 0, 15], [0, 8, 5]]
    with pytest.raises(ValueError, match="later than"):
        observed(
            starts=s.starts, kind=s.kind, item=s.item, at=s.at, value=s.value, dwell_s=s.dwell_s,
            now=np.full(2, 20 * 86_400_000_000),
        )  # fmt: skip
    assert LONGEST == 256


def test_the_answer_is_what_was_taken_last_and_nothing_later_is_read() -> None:
    """A took y on day 20, b took y on day 25: the view of day 35 is not read."""
    found = last_taken(series(), ["take"], source="test")
    assert found.answers.tolist() == [1, 1]
    assert (found.now // 86_400_000_000).tolist() == [20, 25]
    assert (found.series.at // 86_400_000_000).tolist() == [10, 5, 15]
    with pytest.raises(InputRefused, match="no member has an event of buy"):
        last_taken(series(), ["buy"], source="test")


def test_stairs_are_quantiles_of_each_kind() -> None:
    """log(1 + x) of 0, e - 1: half of the steps at 0, half at 1; a kind that nobody has stays at 0."""
    kind = np.array([[1, 1]])
    numbers = np.zeros((1, 2, 3), np.float32)
    numbers[0, 1, 0] = np.e - 1
    found = stairs(kind, numbers, 2)
    assert found.shape == (3, 3, 32)
    assert found[1, 0].mean() == pytest.approx(0.5, abs=1e-6)
    assert found[2].max() == 0


def bought(members: int = 400) -> Examples:
    """Who spent 100 or more in all gets offer 1, the others offer 0: a function of what is seen."""
    rng = np.random.default_rng(3)
    counts = rng.integers(2, 9, members)
    whose = np.repeat(np.arange(members), counts)
    value = np.exp(rng.normal(2.5, 1.0, len(whose)))
    total = np.bincount(whose, value)
    at = np.arange(len(whose), dtype=np.int64) * 1_000_000
    events = Series.of_columns(
        whose=whose, at=at, value=value, members=[f"m{n}" for n in range(members)], kinds=["pay"], items=["x"]
    )
    answers = (total >= 100).astype(np.int64)
    return Examples(
        series=events, now=np.full(members, at.max() + 1), answers=answers, names=("small", "large"), source="test",
        chances=np.eye(2)[answers],
    )  # fmt: skip


@pytest.fixture(scope="module")
def trained() -> Trained:
    recipe = Recipe(epochs=8, batch=32, lr=1e-2, width=16, depth=1, seed=2)
    return train_offers(
        bought(), recipe, scenario="sample", licence="CC0-1.0", command="visavis train recommend", now=NOW, beside=True
    )


def test_it_learns_what_the_baseline_cannot_see(trained: Trained) -> None:
    """The reference reads kinds and items alone; the answer lies in the values."""
    figures = {f.name: f.estimate for f in trained.card.figures}
    accuracy = figures["accuracy"]
    assert accuracy.value >= 0.9
    assert accuracy.low < accuracy.value <= accuracy.high <= 1
    assert trained.card.beside["reference"]["accuracy"] < accuracy.value
    assert figures["accuracy as a share of the best possible"].value == pytest.approx(accuracy.value)  # no noise
    assert trained.card.members == {"train": 280, "validation": 40, "held_out": 80}


def test_eight_bits_that_answer_otherwise_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """All weights become zero: the first name is always first, which is right for every second member at most."""

    def spoiled(content: bytes) -> bytes:
        model = onnx.load_from_string(content)
        for weights in model.graph.initializer:
            if weights.data_type == onnx.TensorProto.FLOAT:
                zero = np.zeros(tuple(weights.dims), np.float32)
                weights.CopyFrom(onnx.numpy_helper.from_array(zero, weights.name))
        return model.SerializeToString()

    monkeypatch.setattr(export, "to_whole_weights", spoiled)
    recipe = Recipe(epochs=2, batch=32, lr=1e-2, width=16, depth=1, seed=2)
    done = train_offers(bought(), recipe, scenario="sample", licence="CC0-1.0", command="visavis train", now=NOW)
    assert done.artefact is not None
    assert "network.int8.onnx" not in done.artefact.files
    assert load_offer_model(done.artefact.files).names == ("small", "large")
    with pytest.raises(ModelRefused):
        load_offer_model(done.artefact.files, whole=True)


def test_the_exported_model_gives_its_known_answers_or_is_refused(trained: Trained) -> None:
    assert trained.artefact is not None
    files = dict(trained.artefact.files)
    assert set(files) == {"network.onnx", "network.int8.onnx", "vocabulary.json", "card.json", "card.md"}
    model, smaller = load_offer_model(files), load_offer_model(files, whole=True)
    rows = bought().rows()
    seen = seen_of(rows)
    chances = model.chances(seen)
    assert chances.shape == (400, 2)
    assert chances.sum(axis=1) == pytest.approx(1.0)
    assert (chances.argmax(axis=1) == rows.labels).mean() >= 0.9
    assert (smaller.chances(seen).argmax(axis=1) == chances.argmax(axis=1)).mean() >= 0.95
    words = files["vocabulary.json"].replace(b'"small"', b'"other"')
    assert load_offer_model({**files, "vocabulary.json": words}).names == ("other", "large")
    for damaged in (
        {**files, "network.onnx": files["network.int8.onnx"]},
        {**files, "vocabulary.json": b"{}"},
        {name: one for name, one in files.items() if name != "network.onnx"},
    ):
        with pytest.raises(ModelRefused):
            load_offer_model(damaged)


def test_the_card_says_how_it_was_made_and_names_nobody(trained: Trained) -> None:
    assert trained.artefact is not None
    text = trained.artefact.files["card.md"].decode()
    for words in (
        "# Recommending model",
        "seed: 2",
        "CC0-1.0",
        "`visavis train recommend`",
        "95 % interval",
        "## Limits",
    ):
        assert words in text
    assert "m17" not in text + trained.artefact.files["card.json"].decode()
    assert trained.artefact.meta["epochs"] == 8


def test_the_gate_reads_how_much_better_it_is_than_what_serves(trained: Trained) -> None:
    """Over the commonest answer at first; over itself, with kinds in another order, not at all."""
    assert trained.artefact is not None
    first = trained.artefact.meta["gain"]
    assert first["against"] == 0
    assert (first["rows"], first["low"] > 0) == (80, True)
    serving = replace(trained.artefact, version=7)
    other = bought()
    columns = replace(
        other.series, kinds=("new", "pay"), kind=other.series.kind + 1, items=("other", "x"), item=other.series.item
    )
    renumbered = replace(other, series=columns, names=("small", "large"))
    seen = seen_of(renumbered.rows())
    said = offers_answered(serving, seen, kinds=columns.kinds, items=columns.items)
    plain = offers_answered(serving, seen_of(other.rows()), kinds=other.series.kinds, items=other.series.items)
    assert (said == plain).all()
    right = plain == np.array(other.names)[other.answers]
    again = gain_over(serving, right, right)
    assert (again["against"], again["new"], again["low"], again["high"]) == (7, again["current"], 0.0, 0.0)


def test_a_baseline_is_measured_and_not_served() -> None:
    recipe = Recipe(epochs=1, batch=64, seed=2)
    found = train_offers(bought(60), recipe, Network.REFERENCE, scenario="sample", licence="x", command="y", now=NOW)
    assert found.artefact is None
    assert found.card.network == "reference"


def test_too_few_members_teach_nothing() -> None:
    few = last_taken(series(), ["take"], source="test")
    with pytest.raises(InputRefused, match="2 members with an answer; 20 are the least"):
        few.rows()
    with pytest.raises(ValueError, match="answers"):
        replace(few, answers=few.answers[:1])
