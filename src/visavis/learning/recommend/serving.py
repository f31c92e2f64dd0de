"""Candidates for a site: weights learned on each member's second last choice, then sources of all that is known."""

from dataclasses import dataclass

import numpy as np

from visavis.behaviour.series import Series
from visavis.learning.recommend.blending import fit_blend
from visavis.learning.recommend.fits import Progress, fit_sources
from visavis.learning.recommend.interactions import Interactions, interactions_of
from visavis.learning.recommend.measures import hit_rate, ndcg, rank
from visavis.learning.recommend.questions import LEAST, last_questions
from visavis.learning.recommend.recipe import ORDERED, Recipe
from visavis.recommend.blend import Blend
from visavis.recommend.stored import StoredBlend


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """A blend that can be kept and served, and how it did on choices that it had not seen."""

    stored: StoredBlend
    tested: int  # members
    ndcg_at_10: float  # of the last choice of each, by statistics without the last two
    hit_rate_at_10: float


def fit_candidates(
    data: Interactions, recipe: Recipe = ORDERED, *, seed: int, threads: int, progress: Progress
) -> Candidates:
    """Measure as `evaluate recommend` does, then fit the sources on everything with the weights that were learned.

    Raises:
        InputRefused: nobody has three choices.
    """
    known = data.without_last(2, least=LEAST)
    weighed, asked = last_questions(data, back=2), last_questions(data, back=1)
    fitted = fit_blend(known, weighed, recipe, seed=seed, threads=threads, progress=progress)
    lots, hits, gains = np.random.default_rng(seed), [], []
    for question in asked:
        scores = fitted.blend.scores(question.history, len(data.items))
        ranks = rank(scores, question.wanted, question.history.items, 10, lots).ranks
        hits.append(hit_rate(ranks, 10))
        gains.append(ndcg(ranks, 10))
    sources, _ = fit_sources(data, recipe, seed=seed, threads=threads, progress=progress)
    return Candidates(
        stored=StoredBlend(blend=Blend(sources, fitted.blend.weights), items=data.items),
        tested=len(asked),
        ndcg_at_10=float(np.mean(gains)),
        hit_rate_at_10=float(np.mean(hits)),
    )


def choices_of(series: Series, kinds: tuple[str, ...] | None = None) -> Interactions:
    """Events with an item as choices; of some kinds alone where these are given."""
    chosen = series.item >= 0
    if kinds is not None:
        chosen &= np.isin(series.kind, [series.kinds.index(kind) for kind in kinds])
    member = np.repeat(np.arange(len(series.members)), np.diff(series.starts))[chosen]
    return interactions_of(
        member, series.item[chosen].astype(np.int64), series.at[chosen], series.members, series.items
    )
