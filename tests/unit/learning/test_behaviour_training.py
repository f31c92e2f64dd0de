"""What the behaviour network learns from, and that it learns it."""

import contextlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from visavis.behaviour.encode import Vocabulary
from visavis.behaviour.series import Series
from visavis.errors import InputRefused, SettingInvalid
from visavis.learning.behaviour.checkpoint import fingerprint, load_checkpoint, save_checkpoint
from visavis.learning.behaviour.heads import visit_loss
from visavis.learning.behaviour.next_item import fit_next_item, recipe_for
from visavis.learning.behaviour.recipe import Keep, Recipe
from visavis.learning.behaviour.sequences import NONE, Sequences, sequences, training_batches, validation_batches
from visavis.learning.behaviour.train import Run, fit, start

HOUR = 3_600_000_000
SMALL = Recipe(widths=(16,), item_size=8, epochs=12, batch=8, lr=2e-2, dropout=0.0, input_dropout=0.0, keep=Keep.NDCG)


def cycles(members: int, items: int, length: int) -> Series:
    """Everybody goes through the items in a circle, from where they begin; an event a day."""
    whose = np.repeat(np.arange(members), length)
    step = np.tile(np.arange(length), members)
    return Series.of_columns(
        whose=whose,
        at=step.astype(np.int64) * 24 * HOUR,
        members=[f"m{m}" for m in range(members)],
        kinds=["seen"],
        items=[f"i{i}" for i in range(items)],
        item=(whose + step) % items,
    )


def answered(series: Series, fence: list[int], until: int = 0, labels: list[int] | None = None) -> Sequences:
    known = Vocabulary(kinds=series.kinds, items=series.items, placements=(), classes=("a", "b"))
    return sequences(
        series,
        known,
        fence=np.array(fence),
        until=np.full(len(fence), until, np.int64),
        labels=None if labels is None else np.array(labels),
    )


def test_training_knows_nothing_behind_the_fence() -> None:
    """Four events, a fence after three: the third event's next item, and every later answer, are validation's alone."""
    data = answered(cycles(1, 9, 4), [3], until=50 * HOUR, labels=[0, 0, 1, 1])
    assert data.training.item.tolist() == [1, 2, NONE, NONE]
    assert data.validation.item.tolist() == [NONE, NONE, 3, NONE]
    assert data.training.label.tolist() == [0, 0, 1, NONE]
    assert data.validation.label.tolist() == [NONE, NONE, NONE, 1]
    assert data.training.visit_s[:3].tolist() == [86400.0, 86400.0, 2 * 3600.0]  # the third was watched for 2 h
    assert data.training.visited.tolist() == [True, True, False, False]
    assert np.isnan(data.training.visit_s[3])


def test_changing_the_future_changes_no_training_batch() -> None:
    """Point in time, to the bit: other items and times behind the fence, same batches and answers."""
    series = cycles(5, 7, 6)
    place = np.arange(len(series)) % 6
    other = replace(
        series,
        item=np.where(place >= 4, (series.item + 3) % 7, series.item).astype(np.int32),
        at=np.where(place >= 4, series.at + 999 * HOUR, series.at),
    )
    mine, theirs = (answered(s, [4] * 5, until=96 * HOUR) for s in (series, other))
    for name in ("item", "label", "visit_s", "visited"):
        assert np.array_equal(getattr(mine.training, name), getattr(theirs.training, name), equal_nan=name == "visit_s")
    for a, b in zip(_batches(mine), _batches(theirs), strict=True):
        assert torch.equal(a.names, b.names)
        assert torch.equal(a.decimals, b.decimals)


def _batches(data: Sequences) -> list:
    found = list(training_batches(data, size=2, longest=3, rng=np.random.default_rng(1)))
    assert found
    return found


def test_every_event_before_the_fence_is_learned_from_once() -> None:
    """A history longer than a piece is learned from in pieces; nothing twice, nothing left out."""
    data = answered(cycles(5, 7, 6), [6, 5, 4, 3, 0])
    rows = np.concatenate([batch.rows for batch in _batches(data)])
    wanted = [6 * m + k for m, fence in enumerate([6, 5, 4, 3, 0]) for k in range(fence)]
    assert sorted(rows.tolist()) == wanted
    asked = np.concatenate([batch.rows for batch in validation_batches(data, size=2, longest=9)])
    assert sorted(asked.tolist()) == [6 + 4, 6 + 5, 12 + 3, 12 + 4, 12 + 5, 18 + 2, 18 + 3, 18 + 4, 18 + 5]


def test_a_visit_that_has_not_come_counts_as_later() -> None:
    """Standard log-normal: density at e, and the chance of more than 1 second, which is a half."""
    one = torch.ones(1)
    came = visit_loss(0 * one, one, torch.e * one, torch.tensor([True]))
    assert float(came) == pytest.approx(0.5 + 0.5 * np.log(2 * np.pi), abs=1e-5)
    not_yet = visit_loss(0 * one, one, one, torch.tensor([False]))
    assert float(not_yet) == pytest.approx(np.log(2), abs=1e-5)


def test_the_next_item_of_a_circle_is_learned() -> None:
    """Twelve items in a circle: whoever was at one goes to the next; the last event was not trained on."""
    series = cycles(24, 12, 8)
    scorer = fit_next_item(series, SMALL, seed=3, networks=1)
    scores = scorer.scores(np.arange(24))
    assert scores.shape == (24, 12)
    assert (scores.argmax(axis=1) == (np.arange(24) + 8) % 12).mean() > 0.9
    earlier = scorer.scores(np.array([5, 0]), np.array([3, 1]))
    assert earlier.argmax(axis=1).tolist() == [8, 1]


def test_scores_of_a_member_do_not_depend_on_who_is_asked_with_them() -> None:
    """To rounding; a member without events is known by popularity alone."""
    scorer = fit_next_item(cycles(6, 5, 4), replace(SMALL, epochs=1))
    together, alone = scorer.scores(np.arange(6)), scorer.scores(np.array([4]))
    assert np.allclose(together[4], alone[0], atol=1e-5)
    nothing = scorer.scores(np.array([4, 2]), np.array([0, 0]))
    assert np.array_equal(nothing[0], nothing[1])


def test_nothing_can_be_learned_from_single_events() -> None:
    """One event a member before the fence."""
    with pytest.raises(InputRefused):
        fit_next_item(cycles(3, 5, 2), SMALL)


def _begun(epochs: int, path: Path, *, resume: bool) -> tuple[Run, Recipe]:
    """A course of so many epochs of a run of four, from the start or from the file."""
    series = cycles(12, 6, 7)
    known = Vocabulary(kinds=series.kinds, items=series.items, placements=(), classes=("a", "b"))
    data = answered(series, [5] * 12, until=120 * HOUR, labels=[0, 0, 0, 1, 1, 1, 1] * 12)
    recipe = Recipe(widths=(8,), item_size=4, epochs=4, batch=4, unknown=0.1, negatives=3, patience=9)
    run = load_checkpoint(path, recipe, known, data) if resume else start(recipe, known, data)

    def keep(so_far: Run) -> None:
        save_checkpoint(path, so_far, recipe, fingerprint(data, known))
        if len(so_far.history) == epochs:
            raise KeyboardInterrupt  # as if it were killed right after

    with contextlib.suppress(KeyboardInterrupt):
        fit(data, recipe, run, keep=keep)
    return run, recipe


def test_a_killed_run_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    """Killed after the second of four epochs, with dropout, hidden items and drawn negatives: equal to the bit."""
    whole, _ = _begun(4, tmp_path / "whole.pt", resume=False)
    _begun(2, tmp_path / "killed.pt", resume=False)
    torch.manual_seed(99)  # what others draw in between does not matter
    resumed, _ = _begun(4, tmp_path / "killed.pt", resume=True)
    assert resumed.history == whole.history
    assert len(whole.history) == 4
    for name, weights in whole.network.state_dict().items():
        assert torch.equal(weights, resumed.network.state_dict()[name]), name
    assert whole.history[-1].training.behaviour is not None
    assert whole.history[-1].training.next_visit is not None


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"recipe": Recipe().document()}, "another batch"),
        ({"events": "0" * 64}, "other events"),
        ({"history": [{"number": 1}]}, "not a checkpoint"),
        ({"recipe": None}, "another recipe"),
    ],
)
def test_a_checkpoint_of_another_run_is_refused(change: dict, says: str, tmp_path: Path) -> None:
    """Another recipe, other events, a table that is none."""
    path = tmp_path / "run.pt"
    _begun(1, path, resume=False)
    torch.save(torch.load(path, weights_only=True) | change, path)
    with pytest.raises(SettingInvalid, match=says):
        _begun(1, path, resume=True)


def test_a_cut_off_checkpoint_is_refused(tmp_path: Path) -> None:
    """Half of the file."""
    path = tmp_path / "run.pt"
    _begun(1, path, resume=False)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(SettingInvalid, match="--resume"):
        _begun(1, path, resume=True)


def test_drawn_rivals_stand_for_all_items() -> None:
    """Mean loss over 400 draws of 40 rivals out of 300 items: within 2 % of the loss over all."""
    from visavis.learning.behaviour.heads import Rivals, _item_loss
    from visavis.learning.behaviour.network import build_network

    known = Vocabulary(kinds=("seen",), items=tuple(f"i{n}" for n in range(300)), placements=(), classes=("a",))
    network, rng = build_network(Recipe(widths=(8,), item_size=4), known), np.random.default_rng(4)
    shares = rng.dirichlet(np.full(300, 0.3))
    memory = torch.randn(64, 8, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        drawn, full = [], []
        for _ in range(400):
            item = torch.from_numpy(rng.choice(300, 64, p=shares))
            drawn.append(float(_item_loss(network, memory, item, Rivals(count=40, shares=shares, rng=rng))[0]))
            full.append(float(_item_loss(network, memory, item, None)[0]))
    assert np.mean(drawn) == pytest.approx(np.mean(full), rel=0.02)


@pytest.mark.parametrize(
    ("events", "items", "drawn"), [(100_000, 1_682, 0), (1_000_209, 3_416, 0), (350_000, 54_000, 2000)]
)
def test_the_size_of_the_data_chooses_the_recipe(events: int, items: int, drawn: int) -> None:
    """MovieLens 100k and 1M compare with all items, sparse data with drawn ones."""

    class Sized:
        def __init__(self) -> None:
            self.items = range(items)

        def __len__(self) -> int:
            return events

    assert recipe_for(Sized()).negatives == drawn  # type: ignore[arg-type]  # of a series, only its size is read


def test_several_networks_answer_with_their_mean() -> None:
    """Of two networks: the mean of what each alone says in logarithms of probabilities."""
    series, recipe = cycles(6, 5, 4), replace(SMALL, epochs=1)
    both = fit_next_item(series, recipe, networks=2)
    members = np.arange(6)
    alone = [replace(both, networks=(one,)).scores(members) for one in both.networks]
    logs = [a - np.log(np.exp(a).sum(axis=1, keepdims=True)) for a in alone]
    assert np.allclose(both.scores(members), (logs[0] + logs[1]) / 2, atol=1e-5)
    assert not np.allclose(logs[0], logs[1], atol=1e-3)
