"""How long fitting takes, and how soon a member gets candidates."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from visavis.learning.recommend.blending import fit_blend
from visavis.learning.recommend.fits import Progress
from visavis.learning.recommend.interactions import Interactions
from visavis.learning.recommend.measures import hit_rate, ndcg, rank
from visavis.learning.recommend.questions import LEAST, Question, last_questions
from visavis.learning.recommend.recipe import Recipe
from visavis.recommend.factors import Factors

DRAWN = 500  # members who are timed and tested


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Of one step for one member, in microseconds of one thread."""

    step: str
    rounds: int
    p50_us: float
    p99_us: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RecommendBench:
    """What `bench_recommend` measured."""

    members: int
    items: int
    events: int
    threads: int
    seconds: Mapping[str, float]  # of each source and of the weights, by the clock on the wall
    cpu_s: float  # of everything that was fitted, over all threads
    wall_s: float
    left_out: tuple[str, ...]  # sources that this size does not allow
    latencies: tuple[Latency, ...]
    tested: int
    hit_rate_at_10: float  # of the last choice, seen items masked, statistics without the last two
    ndcg_at_10: float


def bench_recommend(
    data: Interactions, recipe: Recipe, *, seed: int, threads: int, count: int, progress: Progress
) -> RecommendBench:
    """Fit as `evaluate recommend` does, then time one member at a time.

    Args:
        data: choices.
        recipe: which sources.
        seed: of factors, and of the members who are timed.
        threads: to fit with; what serves one member uses what the BLAS gives.
        count: candidates of each.
        progress: told of the share that is done.
    """
    asked = last_questions(data, back=1)
    drawn = np.random.default_rng(seed).permutation(len(asked))[:DRAWN]
    wall, cpu = time.perf_counter(), time.process_time()
    fitted = fit_blend(
        data.without_last(2, least=LEAST),
        last_questions(data, back=2),
        recipe,
        seed=seed,
        threads=threads,
        progress=progress,
    )
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    blend, size = fitted.blend, len(data.items)
    chosen = [asked[number] for number in drawn.tolist()]
    lots, ranks = np.random.default_rng(seed), []
    for question in chosen:
        scores = blend.scores(question.history, size)
        ranks.append(rank(scores, question.wanted, question.history.items, 10, lots).ranks)
    everything = np.ones(size, np.bool_)
    steps: dict[str, Callable[[Question], object]] = {
        f"scores of {source.name}": lambda q, source=source: source.scores(q.history, size)  # type: ignore[misc]
        for source in blend.sources
    }
    factors = next((source for source in blend.sources if isinstance(source, Factors)), None)
    if factors is not None:
        steps["fold in a new member"] = lambda q: factors.member(q.history)
    steps["candidates of the blend"] = lambda q: blend.candidates(q.history, everything, count)
    steps["learn from one event"] = lambda q: blend.observe(q.history, int(q.wanted[0]), int(q.history.at[-1]))
    return RecommendBench(
        members=len(data.members),
        items=size,
        events=len(data),
        threads=threads,
        seconds=fitted.seconds,
        cpu_s=cpu,
        wall_s=wall,
        left_out=tuple(name for name in recipe.sources if name not in fitted.seconds),
        latencies=tuple(_timed(name, step, chosen) for name, step in steps.items()),
        tested=len(chosen),
        hit_rate_at_10=float(np.mean([hit_rate(found, 10) for found in ranks])),
        ndcg_at_10=float(np.mean([ndcg(found, 10) for found in ranks])),
    )


def _timed(name: str, step: Callable[[Question], object], asked: Sequence[Question]) -> Latency:
    taken = []
    for question in asked:
        started = time.perf_counter_ns()
        step(question)
        taken.append((time.perf_counter_ns() - started) / 1000)
    p50, p99 = np.quantile(taken, [0.5, 0.99])
    return Latency(step=name, rounds=len(taken), p50_us=float(p50), p99_us=float(p99))
