"""What an evaluation of recommending found, and the arithmetic of its means and intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from visavis.learning.estimate import Estimate
from visavis.learning.recommend import measures

STUDENT_97_5 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)  # of 1 to 9 degrees of freedom


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One model under one way of masking."""

    hit_rate: Estimate  # mean over the seeds, interval over the seeds
    ndcg: Estimate
    mrr: Estimate
    coverage: float  # share of items on anybody's list
    gini: float
    ndcg_over_members: Estimate  # the same mean, interval over the members: would others give the same?
    hit_rate_over_members: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelReport:
    """One model."""

    name: str
    masked: Figures  # items that the member has seen are left out, as when serving
    unmasked: Figures  # they compete; what libraries print that do not mask
    fit_s: float  # mean over the seeds
    ours: bool  # a part of the blend, or a blend


@dataclass(frozen=True, slots=True, kw_only=True)
class RecommendReport:
    """What `leave_one_out` or `random_split` found."""

    protocol: str
    k: int
    seeds: tuple[int, ...]
    members: int
    items: int
    events: int  # after repeats were left out
    repeats: int
    tested: int  # members with a test item
    too_short: int  # members with fewer than three events; they stay in the statistics
    weights: Mapping[str, float]  # of the blend, mean over the seeds
    left_out: tuple[str, ...]  # sources that this size does not allow
    models: tuple[ModelReport, ...]
    members_tested: tuple[str, ...] = field(repr=False)  # of the first seed, as are the rows of the next two
    ndcg_by_member: Mapping[str, NDArray[np.float64]] = field(repr=False)  # model -> (tested,), seen items masked
    rank_by_member: Mapping[str, NDArray[np.int64]] = field(repr=False)  # the same; 0 is the top


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lists:
    """The lists of one model in one run."""

    hits: NDArray[np.float64]  # (members,)
    ndcgs: NDArray[np.float64]
    reciprocals: NDArray[np.float64]
    shown: NDArray[np.int64]  # (items,) on how many lists


def lists_of(ranked: Sequence[measures.Ranked], *, k: int, item_count: int) -> Lists:
    """Measures of each member's list."""
    shown = np.bincount(np.concatenate([one.top for one in ranked]), minlength=item_count)
    return Lists(
        hits=np.array([measures.hit_rate(one.ranks, k) for one in ranked]),
        ndcgs=np.array([measures.ndcg(one.ranks, k) for one in ranked]),
        reciprocals=np.array([measures.reciprocal_rank(one.ranks) for one in ranked]),
        shown=shown,
    )


def figures(runs: Sequence[Lists]) -> Figures:
    """Means over the runs."""
    return Figures(
        hit_rate=over_runs([float(run.hits.mean()) for run in runs]),
        ndcg=over_runs([float(run.ndcgs.mean()) for run in runs]),
        mrr=over_runs([float(run.reciprocals.mean()) for run in runs]),
        coverage=float(np.mean([measures.coverage(run.shown) for run in runs])),
        gini=float(np.mean([measures.gini(run.shown) for run in runs])),
        ndcg_over_members=_over_members([run.ndcgs for run in runs]),
        hit_rate_over_members=_over_members([run.hits for run in runs]),
    )


def over_runs(values: Sequence[float]) -> Estimate:
    """Mean with Student's interval; one run alone has none, and is its own ends."""
    mean = float(np.mean(values))
    if len(values) < 2:
        return Estimate(value=mean, low=mean, high=mean)
    t = STUDENT_97_5[len(values) - 2] if len(values) - 2 < len(STUDENT_97_5) else 1.96
    half = t * float(np.std(values, ddof=1)) / len(values) ** 0.5
    return Estimate(value=mean, low=mean - half, high=mean + half)


def _over_members(runs: Sequence[NDArray[np.float64]]) -> Estimate:
    """The same mean with its normal interval over the members, each counted once."""
    if len({len(run) for run in runs}) > 1:  # each seed split its own members: take the first for the spread
        mean = float(np.mean([run.mean() for run in runs]))
        spread, count = float(runs[0].std(ddof=1)), len(runs[0])
    else:
        each = np.mean(runs, axis=0)
        mean, spread, count = float(each.mean()), float(each.std(ddof=1)) if len(each) > 1 else 0.0, len(each)
    half = 1.96 * spread / count**0.5
    return Estimate(value=mean, low=mean - half, high=mean + half)
