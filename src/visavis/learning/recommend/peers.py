"""What stands beside our sources: popularity, item-to-item by cosine, and the library `implicit`."""

import numpy as np
import scipy.sparse as sp

from visavis.errors import ExtraMissing
from visavis.learning.recommend.fits import matrix, quiet_blas
from visavis.learning.recommend.interactions import Interactions
from visavis.learning.recommend.names import Peer
from visavis.recommend.candidates import Floats, History, Source
from visavis.recommend.ease import MOST_ITEMS, LinearItems
from visavis.recommend.factors import Factors


def fit_peer(peer: Peer, data: Interactions, *, seed: int, threads: int) -> Source:
    """As the library sets it by default; raises ExtraMissing where it is not installed."""
    match peer:
        case Peer.ITEM_TO_ITEM:
            return _cosine(data)
        case Peer.IMPLICIT_ALS:
            return _als(data, seed, threads)
        case Peer.IMPLICIT_BPR:
            return _Bpr(data, seed)


class Named:
    """A source under another name."""

    def __init__(self, name: str, source: Source) -> None:
        self.name, self._source = name, source

    def scores(self, history: History, item_count: int) -> Floats:
        """Those of the source."""
        return self._source.scores(history, item_count)


class _Neighbourhood:
    """Cosine of the members who chose two items, read for the whole history; rows of what occurred."""

    name = Peer.ITEM_TO_ITEM.value

    def __init__(self, cosine: sp.csr_matrix) -> None:
        self._cosine = cosine

    def scores(self, history: History, item_count: int) -> Floats:
        scores = np.zeros(item_count, np.float32)
        found = np.asarray(self._cosine[history.items].sum(axis=0)).ravel()
        scores[: len(found)] = found[:item_count]
        return scores


def _cosine(data: Interactions) -> Source:
    chosen = matrix(data)
    times = np.maximum(np.asarray(chosen.sum(axis=0)).ravel(), 1.0)
    unit = chosen @ sp.diags(times**-0.5)
    cosine = (unit.T @ unit).tocsr()
    cosine.setdiag(0.0)
    if len(data.items) > MOST_ITEMS:
        return _Neighbourhood(cosine)
    dense = np.asarray(cosine.todense(), np.float32)
    longest = int(data.lengths.max(initial=1)) + 2  # what was held out joins the history
    return LinearItems(Peer.ITEM_TO_ITEM.value, dense, recency=0.0, recent=longest)


def _als(data: Interactions, seed: int, threads: int) -> Source:
    try:
        from implicit.cpu.als import AlternatingLeastSquares  # noqa: PLC0415 - measured where it is installed
    except ModuleNotFoundError as failure:
        raise ExtraMissing("implicit: pip install 'visavis[learning]'") from failure
    with quiet_blas():
        als = AlternatingLeastSquares(random_state=seed, num_threads=threads)
        als.fit(matrix(data), show_progress=False)
    factors = Factors(np.asarray(als.item_factors), confidence=als.alpha, ridge=als.regularization)
    return Named(Peer.IMPLICIT_ALS.value, factors)


class _Bpr:
    """Bayesian personalised ranking has no fold-in: a member is found by the beginning of their history."""

    name = Peer.IMPLICIT_BPR.value

    def __init__(self, data: Interactions, seed: int) -> None:
        try:
            from implicit.cpu.bpr import BayesianPersonalizedRanking  # noqa: PLC0415 - measured where it is installed
        except ModuleNotFoundError as failure:
            raise ExtraMissing("implicit: pip install 'visavis[learning]'") from failure
        with quiet_blas():
            model = BayesianPersonalizedRanking(random_state=seed, num_threads=1)  # more threads race: no seed holds
            model.fit(matrix(data), show_progress=False)
        self._members, self._items = np.asarray(model.user_factors), np.asarray(model.item_factors)
        self._rows: dict[bytes, int] = {}
        for member in range(len(data.members)):
            self._rows[data.history(member).items.tobytes()] = member

    def scores(self, history: History, item_count: int) -> Floats:
        rows = (self._rows.get(history.items[:length].tobytes()) for length in range(len(history), -1, -1))
        row = next((found for found in rows if found is not None), None)
        scores = np.zeros(item_count, np.float32)
        if row is not None:
            scores[: len(self._items)] = self._items @ self._members[row]
        return scores
