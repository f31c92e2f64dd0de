"""Sources fitted on a table of choices; what serves them is numpy in `recommend`."""

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from visavis.errors import ExtraMissing
from visavis.learning.recommend.interactions import Interactions
from visavis.learning.recommend.recipe import EaseRule, FactorRule, Recipe, SuccessorRule
from visavis.recommend.candidates import Source
from visavis.recommend.ease import MOST_ITEMS, LinearItems, ease_weights, successor_weights
from visavis.recommend.factors import Factors
from visavis.recommend.neighbours import Neighbours
from visavis.recommend.popular import Popular

Progress = Callable[[str, float], None]


def fit_sources(
    data: Interactions, recipe: Recipe, *, seed: int, threads: int, progress: Progress
) -> tuple[list[Source], Mapping[str, float]]:
    """Every source of the recipe, and the seconds that each took.

    Beyond `MOST_ITEMS` items EASE and the successors are left out: their squares would not fit.
    """
    small = len(data.items) <= MOST_ITEMS
    fits: dict[str, Callable[[], Source]] = {"popular": lambda: fit_popular(data)}
    if (rule := recipe.neighbours) is not None:
        fits["neighbours"] = lambda: Neighbours.fit(
            np.split(data.item, data.starts[1:-1]), item_count=len(data.items), rule=rule
        )
    if (ease := recipe.ease) is not None and small:
        fits["ease"] = lambda: fit_ease(data, ease)
    if (successors := recipe.successors) is not None and small:
        fits["successors"] = lambda: fit_successors(data, successors)
    if (factors := recipe.factors) is not None:
        fits["factors"] = lambda: fit_factors(data, factors, seed=seed, threads=threads)
    sources, seconds = [], {}
    for number, (name, fit) in enumerate(fits.items()):
        started = time.perf_counter()
        sources.append(fit())
        seconds[name] = time.perf_counter() - started
        progress("fitting the sources", (number + 1) / len(fits))
    return sources, seconds


def matrix(data: Interactions) -> sp.csr_matrix:
    """(members, items), 1 where chosen."""
    ones, shape = np.ones(len(data), np.float32), (len(data.members), len(data.items))
    chosen = sp.csr_matrix(
        (ones, data.item, data.starts), shape=shape, copy=True
    )  # else sorting would reorder the data
    chosen.sort_indices()  # BPR looks negatives up by halving
    return chosen


def fit_popular(data: Interactions) -> Popular:
    """How often each item was chosen."""
    return Popular.fit(data.item, data.at, len(data.items))


def fit_ease(data: Interactions, rule: EaseRule) -> LinearItems:
    """EASE over members' choices."""
    weight = np.maximum(data.lengths, 1).astype(np.float64)
    weight = (weight / weight.mean()) ** -rule.activity
    chosen = matrix(data)
    gram = np.asarray((chosen.T @ sp.diags(weight) @ chosen).todense(), np.float64)
    return LinearItems("ease", ease_weights(gram, rule.ridge), recency=rule.recency, recent=rule.recent)


def fit_successors(data: Interactions, rule: SuccessorRule) -> LinearItems:
    """What comes soon after what, corrected for everything else that came before."""
    now = _lagged(data, range(min(rule.recent, _longest(data))), lambda lag: float((lag + 1) ** -rule.recency))
    soon = _lagged(data, range(-1, -min(rule.window, _longest(data)) - 1, -1), lambda lag: float((-lag) ** -rule.fade))
    gram = np.asarray((now.T @ now).todense(), np.float64)
    following = np.asarray((now.T @ soon).todense(), np.float64)
    weights = successor_weights(gram, following + rule.back * following.T, rule.ridge)
    return LinearItems("successors", weights, recency=rule.recency, recent=rule.recent)


def fit_factors(data: Interactions, rule: FactorRule, *, seed: int, threads: int) -> Factors:
    """Item factors; members are folded in when they come."""
    with quiet_blas():
        als = alternating_least_squares(rule, seed=seed, threads=threads)
        als.fit(matrix(data), show_progress=False)
    return Factors(np.asarray(als.item_factors), confidence=rule.confidence, ridge=rule.ridge)


def alternating_least_squares(rule: FactorRule, *, seed: int, threads: int) -> Any:
    """The library's solver; raises ExtraMissing."""
    try:
        from implicit.cpu.als import AlternatingLeastSquares  # noqa: PLC0415 - only who factorises needs it
    except ModuleNotFoundError as failure:
        raise ExtraMissing("matrix factorisation: pip install 'visavis[learning]'") from failure
    return AlternatingLeastSquares(
        factors=rule.factors,
        regularization=rule.ridge,
        alpha=rule.confidence,
        iterations=rule.rounds,
        random_state=seed,
        num_threads=threads,
    )


def quiet_blas() -> AbstractContextManager[Any]:
    """One BLAS thread while `implicit` runs its own: two pools on one machine slow each other down."""
    import scipy.linalg  # noqa: F401, PLC0415 - brings a BLAS of its own, which is limited only once it is loaded
    from threadpoolctl import threadpool_limits  # noqa: PLC0415 - comes with implicit

    limits: AbstractContextManager[Any] = threadpool_limits(1, "blas")
    return limits


def _longest(data: Interactions) -> int:
    return int(data.lengths.max(initial=1))


def _lagged(data: Interactions, lags: range, weight: Callable[[int], float]) -> sp.csr_matrix:
    """One row a choice; column = item of the choice `lag` before it (after it where negative)."""
    member, size = data.member, len(data)
    rows: list[NDArray[np.int64]] = []
    columns: list[NDArray[np.int32]] = []
    values: list[NDArray[np.float32]] = []
    for lag in lags:
        here = np.arange(max(lag, 0), size + min(lag, 0))
        here = here[member[here] == member[here - lag]]
        rows.append(here)
        columns.append(data.item[here - lag])
        values.append(np.full(len(here), weight(lag), np.float32))
    parts = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    return sp.csr_matrix(parts, shape=(size, len(data.items)))
