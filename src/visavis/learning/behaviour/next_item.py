"""The behaviour network as a scorer of the next item, for histories of items with or without kinds and values."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from visavis.behaviour.encode import Vocabulary
from visavis.behaviour.series import Series
from visavis.learning.behaviour.network import BehaviourNetwork
from visavis.learning.behaviour.recipe import Keep, Recipe
from visavis.learning.behaviour.sequences import Sequences, sequences
from visavis.learning.behaviour.train import Epoch, Run, fit, start, threads

AT_ONCE = 256  # members whose scores are computed together
APART = 1_000_003  # between their seeds
MOST_ASKED = 2000  # members after an epoch, evenly spread
NEXT_ITEM = Recipe(item_size=128, decimals=False, epochs=14, behaviour=0.0, next_visit=0.0, keep=Keep.NDCG, patience=6)
"""A sequence a member, cross-entropy over all items at every position; chosen on validation items of MovieLens 100k."""
LARGE, HUGE = 5e8, 8e9  # events times items


def recipe_for(series: Series) -> Recipe:
    """By the size of the data alone: what can be trained on two cores in minutes.

    Up to `LARGE` events times items the recipe of MovieLens 100k; up to `HUGE` (MovieLens 1M: a million events, 3,416
    items) a wider network and more members a step; beyond, two thousand drawn items stand for all, and fewer epochs:
    there the network is one voice among others, and on sparse data seldom the best.
    """
    size = len(series) * len(series.items)
    if size <= LARGE:
        return NEXT_ITEM
    if size <= HUGE:
        return replace(NEXT_ITEM, widths=(192,), batch=32, epochs=16, patience=3)
    return replace(NEXT_ITEM, item_size=48, widths=(96,), batch=128, epochs=4, negatives=2000, longest=200)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NextItemScorer:
    """Trained networks, and the histories that they were trained on, up to their last event."""

    networks: tuple[BehaviourNetwork, ...] = field(repr=False)
    data: Sequences = field(repr=False)
    recipe: Recipe
    history: tuple[Epoch, ...] = field(repr=False)  # of the first network

    def scores(self, members: NDArray[np.int64], events: NDArray[np.int64] | None = None) -> NDArray[np.float32]:
        """Logits of the next item, (B, items) in the order of the series' items; of several networks the mean log P.

        Args:
            members: (B,) indices.
            events: (B,) how many of each member's events are taken as history; None: all of the series.
        """
        first, counts = self.data.starts[members], np.diff(self.data.starts)[members]
        lengths = counts if events is None else np.minimum(events, counts)
        found = np.empty((len(members), len(self.networks[0].popularity)), np.float32)
        order = np.argsort(lengths, kind="stable")
        with threads(self.recipe.threads), torch.no_grad():
            for i in range(0, len(order), AT_ONCE):
                rows = order[i : i + AT_ONCE]
                found[rows] = self._together(first[rows], lengths[rows])
        return found

    def _together(self, first: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.float32]:
        logits = [self._logits(network, first, lengths) for network in self.networks]
        if len(logits) > 1:
            logits = [torch.log_softmax(one, dim=1) for one in logits]
        mean: NDArray[np.float32] = torch.stack(logits).mean(dim=0).cpu().numpy()
        return mean

    def _logits(self, network: BehaviourNetwork, first: NDArray[np.int64], lengths: NDArray[np.int64]) -> Tensor:
        device, kept = network.popularity.device, np.minimum(lengths, self.recipe.longest)
        if not kept.any():
            return network.item_logits(torch.zeros(len(kept), self.recipe.widths[-1], device=device))
        steps = np.arange(kept.max())
        rows = np.where(steps < kept[:, None], (first + lengths - kept)[:, None] + steps, 0)  # (B, T)
        names, decimals = self.data.encoded.names[rows], self.data.encoded.decimals[rows]
        memory = network(torch.from_numpy(names).to(device), torch.from_numpy(decimals).to(device))  # (B, T, W)
        last = memory[torch.arange(len(kept)), torch.from_numpy(np.maximum(kept - 1, 0))]
        last[torch.from_numpy(kept == 0)] = 0.0  # nobody knows anything of a member without events
        return network.item_logits(last)


def fit_next_item(
    series: Series,
    recipe: Recipe | None = None,
    *,
    seed: int = 1,
    cores: int = 1,
    networks: int = 1,
    progress: Callable[[str, float], None] = lambda _step, _share: None,
) -> NextItemScorer:
    """Train on all but each member's last event, which tells when to stop.

    Args:
        series: what is known; who keeps a test item keeps it out of here.
        recipe: how; its heads other than the next item are left out. None: by the size of the data.
        seed: of weights, order and dropout.
        cores: threads to compute with.
        networks: trained in turn with seeds of their own; their mean answers.
        progress: told of the share done.

    Raises:
        InputRefused: nobody has three events.
    """
    recipe = replace(recipe or recipe_for(series), seed=seed, threads=cores, behaviour=0.0, next_visit=0.0)
    known = Vocabulary(kinds=series.kinds, items=series.items, placements=series.placements, classes=("any",))
    counts = np.diff(series.starts)
    data = sequences(series, known, fence=np.maximum(counts - 1, 0), until=np.zeros(len(counts), np.int64))

    def ndcg(network: BehaviourNetwork) -> float:
        return _validation_ndcg(NextItemScorer(networks=(network,), data=data, recipe=recipe, history=()))

    def trained(number: int) -> Run:
        own = replace(recipe, seed=seed + APART * number)

        def share(step: str, done: float) -> None:
            progress(step, (number + done) / networks)

        return fit(data, own, start(own, known, data), ndcg=ndcg, progress=share)

    runs = [trained(number) for number in range(networks)]
    return NextItemScorer(
        networks=tuple(run.best_network() for run in runs), data=data, recipe=recipe, history=tuple(runs[0].history)
    )


def _validation_ndcg(scorer: NextItemScorer) -> float:
    """NDCG@10 of each member's last item among those that they had not met before."""
    data = scorer.data
    counts = np.diff(data.starts)
    items = data.encoded.names[:, 1] - 1
    members = np.flatnonzero(counts > 1)
    members = members[items[data.starts[1:][members] - 1] >= 0]
    members = members[:: max(1, -(-len(members) // MOST_ASKED))]
    gains: list[float] = []
    for i in range(0, len(members), AT_ONCE):
        some = members[i : i + AT_ONCE]
        spans = zip(data.starts[some].tolist(), data.starts[some + 1].tolist(), strict=True)
        for row, (begin, end) in zip(scorer.scores(some, counts[some] - 1), spans, strict=True):
            gains.append(_gain(row, items[begin : end - 1], int(items[end - 1])))
    return float(np.mean(gains)) if gains else 0.0


def _gain(scores: NDArray[np.float32], seen: NDArray[np.int64], wanted: int) -> float:
    own = scores[wanted]
    scores[seen[seen >= 0]] = -np.inf
    rank = int((scores > own).sum())  # from 0
    return 1 / float(np.log2(rank + 2)) if rank < 10 else 0.0
