"""What a network and the plainest rules answer about every event behind a fence, beside what came."""

from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

from visavis.behaviour.series import Series
from visavis.learning.behaviour.network import BehaviourNetwork
from visavis.learning.behaviour.sequences import NONE, Sequences, validation_batches

NOT_ASKED = -1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Given:
    """Of every event: what was answered after it; NOT_ASKED or NaN where nothing was asked."""

    rank: NDArray[np.int64] = field(repr=False)  # (N,): place of the next item among all, from 0
    classes: NDArray[np.float32] = field(repr=False)  # (N, C): probability of each class
    visit_s: NDArray[np.float32] = field(repr=False)  # (N,): seconds until the next visit


@torch.no_grad()
def of_network(
    network: BehaviourNetwork, data: Sequences, *, classes: int, longest: int, masked: bool, seed: int
) -> Given:
    """The network's answers.

    Args:
        network: in evaluation mode.
        data: with fences; what lies behind them is asked.
        classes: how many.
        longest: events that it looks back on.
        masked: items that the member had met before do not compete.
        seed: orders equal scores by lot.
    """
    n, rng = len(data.encoded.names), np.random.default_rng(seed)
    rank = np.full(n, NOT_ASKED, np.int64)
    chances, visit_s = np.full((n, classes), np.nan, np.float32), np.full(n, np.nan, np.float32)
    for batch in validation_batches(data, size=16, longest=longest):
        memory = network(batch.names, batch.decimals)
        memory = memory.reshape(-1, memory.shape[-1])[batch.where]  # (P, W)
        rows = batch.rows
        chances[rows] = torch.softmax(network.classes(memory), dim=1).numpy()
        visit_s[rows] = network.visit_time(memory)[0].clamp(max=30.0).exp().numpy()
        asked = np.flatnonzero(data.validation.item[rows] != NONE)
        scores = network.item_logits(memory[torch.from_numpy(asked)]).numpy()
        for row, own in zip(rows[asked].tolist(), scores, strict=True):
            rank[row] = _rank(own, row, data, masked=masked, rng=rng)
    return Given(rank=rank, classes=chances, visit_s=visit_s)


def of_rules(series: Series, data: Sequences, *, classes: int, masked: bool, seed: int) -> Given:
    """The plainest answers: the most popular items, the class last known, the member's own mean time between visits.

    All are counted from what training sees, but for the member's own history, which is known up to the event.
    """
    n, rng = len(data.encoded.names), np.random.default_rng([seed, 1])
    seen = np.arange(n) - np.repeat(data.starts[:-1], np.diff(data.starts)) < np.repeat(
        data.fence, np.diff(data.starts)
    )
    items = data.encoded.names[:, 1] - 1
    popular = np.bincount(items[seen & (items >= 0)], minlength=len(series.items)).astype(np.float32)
    rank = np.full(n, NOT_ASKED, np.int64)
    for row in np.flatnonzero(data.validation.item != NONE).tolist():
        rank[row] = _rank(popular, row, data, masked=masked, rng=rng)
    return Given(rank=rank, classes=_last_class(data, classes), visit_s=_own_gap(data, seen))


def majority(data: Sequences, classes: int) -> NDArray[np.float64]:
    """(C,): how common each class is in what training sees, each counted once more than it was seen."""
    known = data.training.label[data.training.label != NONE]
    counts = np.bincount(known, minlength=classes) + 1.0
    shares: NDArray[np.float64] = counts / counts.sum()
    return shares


def _rank(scores: NDArray[np.float32], row: int, data: Sequences, *, masked: bool, rng: np.random.Generator) -> int:
    """Place of the item that came after this row, equal scores by lot."""
    wanted = int(data.validation.item[row])
    above, equal = scores > scores[wanted], scores == scores[wanted]
    equal[wanted] = False
    if masked:
        first = data.starts[np.searchsorted(data.starts, row, side="right") - 1]
        met = data.encoded.names[first : row + 1, 1] - 1
        above[met[met >= 0]] = equal[met[met >= 0]] = False
    return int(above.sum() + rng.integers(0, int(equal.sum()) + 1))


def _last_class(data: Sequences, classes: int) -> NDArray[np.float32]:
    """(N, C): mostly the class that training last saw of the member, as sure as such guesses were in training."""
    shares = majority(data, classes)
    label = data.training.label
    answers = np.tile(shares.astype(np.float32), (len(label), 1))
    stayed, pairs = 1.0, 2.0  # one for and one against, so that nothing is certain
    last: list[int] = []
    for first, end in zip(data.starts[:-1].tolist(), data.starts[1:].tolist(), strict=True):
        known = label[first:end][label[first:end] != NONE]
        stayed, pairs = stayed + float((known[1:] == known[:-1]).sum()), pairs + max(0, len(known) - 1)
        last.append(int(known[-1]) if len(known) else NONE)
    sure = stayed / pairs
    for guess, first, end in zip(last, data.starts[:-1].tolist(), data.starts[1:].tolist(), strict=True):
        if guess != NONE:
            answers[first:end] = (1 - sure) / max(1, classes - 1)
            answers[first:end, guess] = sure
    return answers


def _own_gap(data: Sequences, seen: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(N,): the member's mean time between visits as training sees it; that of everybody where there is none."""
    known = data.training.visited & seen
    everybody = float(data.training.visit_s[known].mean()) if known.any() else 0.0
    whose = np.repeat(np.arange(len(data.starts) - 1), np.diff(data.starts))
    total = np.bincount(whose[known], data.training.visit_s[known], minlength=len(data.starts) - 1)
    count = np.bincount(whose[known], minlength=len(data.starts) - 1)
    means = np.divide(total, count, out=np.full(len(total), everybody), where=count > 0)
    answers: NDArray[np.float32] = means[whose].astype(np.float32)
    return answers
