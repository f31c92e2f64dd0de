"""What the behaviour network learns from, and that it learns it."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from visavis.behaviour.encode import Vocabulary
from visavis.behaviour.series import Series
from visavis.errors import InputRefused
from visavis.learning.behaviour.heads import visit_loss
from visavis.learning.behaviour.next_item import fit_next_item
from visavis.learning.behaviour.recipe import Keep, Recipe
from visavis.learning.behaviour.sequences import NONE, Sequences, sequences, training_batches, validation_batches

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
    scorer = fit_next_item(series, SMALL, seed=3)
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
