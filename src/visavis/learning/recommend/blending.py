"""Sources fitted on what is known, and the weights of their blend learned on what came next."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from visavis.learning.recommend.fits import Progress, fit_sources
from visavis.learning.recommend.interactions import Interactions
from visavis.learning.recommend.questions import Question
from visavis.learning.recommend.recipe import Recipe
from visavis.learning.recommend.weigh import climb, fit_weights
from visavis.recommend.blend import Blend, on_common_scale, unseen_by
from visavis.recommend.candidates import Source

Outside = Mapping[str, NDArray[np.float32]]
"""Scores of models that are no `Source`, such as the network: name -> (questions, items), positive."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fitted:
    """Sources with the weights of their blend."""

    blend: Blend
    seconds: Mapping[str, float]  # of each source, and "weights"


def fit_blend(
    known: Interactions,
    asked: Sequence[Question],
    recipe: Recipe,
    *,
    seed: int,
    threads: int,
    progress: Progress,
    outside: Outside | None = None,
) -> Fitted:
    """Fit, then weigh.

    Args:
        known: the statistics of every source.
        asked: what the weights are learned on; none of it is among what is known.
        recipe: which sources, and how.
        seed: of factors and of the members who are drawn for the weights.
        threads: that factorising may use.
        progress: told of the share that is done.
        outside: scores of other models for `asked`.
    """
    sources, seconds = fit_sources(known, recipe, seed=seed, threads=threads, progress=progress)
    started = time.perf_counter()
    told = answers(sources, asked, len(known.items), recipe, seed=seed, outside=outside or {})
    weights = weigh([told], recipe)
    return Fitted(blend=Blend(sources, weights), seconds={**seconds, "weights": time.perf_counter() - started})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answers:
    """What sources say to questions whose answer is known."""

    names: tuple[str, ...]  # of the sources
    features: NDArray[np.float32]  # (questions, items, sources) on the common scale
    wanted: NDArray[np.float64]  # (questions, items) shares of what was chosen
    is_open: NDArray[np.bool_]  # (questions, items) what competes


def weigh(parts: Sequence[Answers], recipe: Recipe) -> dict[str, float]:
    """Weight of each source, over all parts together."""
    features = np.concatenate([part.features for part in parts])
    wanted = np.concatenate([part.wanted for part in parts])
    is_open = np.concatenate([part.is_open for part in parts])
    weights = fit_weights(features, wanted, is_open, ridge=recipe.ridge)
    if recipe.top:
        weights = climb(weights, features, wanted, is_open, k=recipe.top)
    return dict(zip(parts[0].names, weights.tolist(), strict=True))


def answers(
    sources: Sequence[Source],
    asked: Sequence[Question],
    item_count: int,
    recipe: Recipe,
    *,
    seed: int,
    outside: Outside,
) -> Answers:
    """Of each source and of each outside model; to so many questions, drawn at random, as memory allows."""
    names = (*(source.name for source in sources), *outside)
    most = max(1, recipe.weigh_cells // (item_count * len(names)))
    drawn = np.sort(np.random.default_rng(seed).permutation(len(asked))[:most])
    features = np.empty((len(drawn), item_count, len(names)), np.float32)
    wanted = np.zeros((len(drawn), item_count))
    is_open = np.empty((len(drawn), item_count), np.bool_)
    for row, number in enumerate(drawn.tolist()):
        question = asked[number]
        unseen = unseen_by(question.history, item_count)
        scores = [source.scores(question.history, item_count) for source in sources]
        scores += [given[number] for given in outside.values()]
        for column, found in enumerate(scores):
            features[row, :, column] = on_common_scale(found, unseen)
        wanted[row, question.wanted] = 1.0 / len(question.wanted)
        is_open[row] = unseen
        is_open[row, question.wanted] = True
    return Answers(names=names, features=features, wanted=wanted, is_open=is_open)
