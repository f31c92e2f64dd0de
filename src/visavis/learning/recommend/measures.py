"""How good is a list? Every item that the member has not seen competes; equal scores are ordered by lot."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.recommend.candidates import Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ranked:
    """One member's list of all open items, as far as the measures need it."""

    ranks: NDArray[np.int64]  # of the wanted items, ascending, 0 is the top
    top: NDArray[np.int32]  # the first k items, best first


def rank(
    scores: Floats, wanted: NDArray[np.int32], seen: NDArray[np.int32], k: int, rng: np.random.Generator
) -> Ranked:
    """Order every item but the seen, ties by lot: neither the lucky place nor the unlucky one is taken.

    Args:
        scores: (items,), finite.
        wanted: items that the member chose next; they compete even where a model would mask them.
        seen: items that nobody may count as a hit or a competitor; wanted ones among them stay in.
        k: length of the list.
        rng: breaks ties.
    """
    if not np.isfinite(scores).all():
        raise ValueError("scores are finite: a NaN would rank wherever it likes")
    is_open = np.ones(len(scores), np.bool_)
    is_open[seen] = False
    is_open[wanted] = True
    items = rng.permutation(np.flatnonzero(is_open))
    found, place = scores[items], np.empty(len(scores), np.int64)
    place[items] = np.arange(len(items))
    ranks = [(found > scores[w]).sum() + (found[: place[w]] == scores[w]).sum() for w in wanted]
    if k < len(found):
        least = np.partition(found, len(found) - k)[len(found) - k]
        items, found = items[found >= least], found[found >= least]
    top = items[np.argsort(-found, kind="stable")[:k]]
    return Ranked(ranks=np.sort(np.array(ranks, np.int64)), top=top.astype(np.int32))


def hit_rate(ranks: NDArray[np.int64], k: int) -> float:
    """1 where any wanted item is among the first k."""
    return float((ranks < k).any())


def ndcg(ranks: NDArray[np.int64], k: int) -> float:
    """DCG with gain 1 / log2(place + 1), places counted from 1, over that of the best order."""
    best = (1.0 / np.log2(np.arange(2, min(k, len(ranks)) + 2))).sum()
    return float((1.0 / np.log2(ranks[ranks < k] + 2)).sum() / best)


def reciprocal_rank(ranks: NDArray[np.int64]) -> float:
    """1 / place of the first wanted item, over the full list."""
    return float(1.0 / (ranks.min() + 1))


def coverage(shown: NDArray[np.int64]) -> float:
    """Share of items that are on anybody's list; shown: (items,) on how many lists."""
    return float((shown > 0).mean())


def gini(shown: NDArray[np.int64]) -> float:
    """How unevenly lists are spread over items: 0 all alike, near 1 the same few for everybody."""
    ordered, count = np.sort(shown), len(shown)
    total = ordered.sum()
    if not total:
        return 0.0
    return float((2 * np.arange(1, count + 1) - count - 1) @ ordered / (count * total))
