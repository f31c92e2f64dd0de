"""One pass of each policy over the same streams: reward, regret and time, with intervals over paired seeds."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from visavis.learning.estimate import Estimate
from visavis.learning.policies.agents import Agent, Entrant
from visavis.learning.policies.worlds import Stream, World

Progress = Callable[[str, float], None]
Floats = NDArray[np.float64]

POINTS = 100  # of a curve
STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)  # 97.5 % point by degrees of freedom


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """One policy over one stream."""

    rewards: Floats  # (N,)
    regrets: Floats  # (N,) of what was expected of the best choice over what was expected of this
    micros: Floats  # (N, 2) to decide and to learn in that round: by the clock, and of the processor alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One policy over all streams."""

    policy: str
    ours: bool
    reward: Estimate  # mean of a round
    regret: Estimate  # sum over the rounds
    p50_us: float  # to decide and learn, of one round, by the clock
    p99_us: float
    p50_cpu_us: float  # of the processor alone: other programs do not count
    p99_cpu_us: float
    curve: tuple[float, ...] = field(repr=False)  # cumulative regret at `Report.rounds_at`, mean over seeds
    rewards: tuple[float, ...]  # of each seed


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All policies in one world."""

    world: str
    rounds: int
    choices: int
    seeds: int
    rounds_at: tuple[int, ...] = field(repr=False)
    results: tuple[Result, ...]  # best first


def replay(world: World, entrants: Sequence[Entrant], *, seeds: int, first_seed: int, progress: Progress) -> Report:
    """Every policy meets the same streams and the same uniform numbers, on one thread.

    Args:
        world: What they decide in.
        entrants: Who decides; each is built anew for each stream.
        seeds: How many streams.
        first_seed: Of the first; the others follow.
        progress: Told of each pass.
    """
    at = np.unique(np.linspace(1, world.rounds, POINTS).astype(int))
    passes: list[list[Pass]] = [[] for _ in entrants]
    for seed in range(first_seed, first_seed + seeds):
        stream = world.stream(np.random.default_rng((seed, 0)))
        for n, entrant in enumerate(entrants):
            agent = entrant.build(world.choices, stream.contexts.shape[1], seed)
            with threadpool_limits(1):  # small matrices; a second thread would only wait for the first
                passes[n].append(run(agent, stream, np.random.default_rng((seed, 1))))
            done = (seed - first_seed) * len(entrants) + n + 1
            progress(f"policies on {world.name}", done / (seeds * len(entrants)))
    results = [_result(entrant, made, at) for entrant, made in zip(entrants, passes, strict=True)]
    return Report(
        world=world.name,
        rounds=world.rounds,
        choices=world.choices,
        seeds=seeds,
        rounds_at=tuple(map(int, at)),
        results=tuple(sorted(results, key=lambda result: -result.reward.value)),
    )


def run(agent: Agent, stream: Stream, rng: np.random.Generator) -> Pass:
    """One pass; a reward is told `delay` rounds after the choice, before that round's own."""
    rounds = len(stream.contexts)
    draws = rng.random(rounds).tolist()
    rewards, regrets, micros = np.empty(rounds), np.empty(rounds), np.empty((rounds, 2))
    best = stream.expected.max(axis=1)
    waiting: deque[tuple[int, int, float]] = deque()
    for n, x in enumerate(stream.contexts):
        began, began_cpu = time.perf_counter_ns(), time.thread_time_ns()
        choice, propensity = agent.choose(x, draws[n])
        waiting.append((n, choice, propensity))
        if len(waiting) > stream.delay:
            then, chosen, with_ = waiting.popleft()
            agent.learn(stream.contexts[then], chosen, float(stream.rewards[then, chosen]), with_)
        micros[n] = (time.perf_counter_ns() - began) / 1000, (time.thread_time_ns() - began_cpu) / 1000
        rewards[n], regrets[n] = stream.rewards[n, choice], best[n] - stream.expected[n, choice]
    return Pass(rewards=rewards, regrets=regrets, micros=micros)


def interval(values: Sequence[float]) -> Estimate:
    """Mean and 95 % interval of a few independent values (Student's t); one value alone has no interval."""
    mean = float(np.mean(values))
    if len(values) < 2:
        return Estimate(value=mean, low=mean, high=mean)
    t = STUDENT[len(values) - 2] if len(values) - 2 < len(STUDENT) else 1.96 + 2.5 / (len(values) - 1)
    half = t * float(np.std(values, ddof=1)) / len(values) ** 0.5
    return Estimate(value=mean, low=mean - half, high=mean + half)


def ahead(report: Report, one: str, other: str) -> Estimate:
    """By how much one's mean reward lies above the other's on the same streams, with its interval."""
    rewards = {result.policy: np.array(result.rewards) for result in report.results}
    return interval((rewards[one] - rewards[other]).tolist())


def _result(entrant: Entrant, passes: Sequence[Pass], at: NDArray[np.int64]) -> Result:
    micros = np.concatenate([made.micros for made in passes])
    (p50, p50_cpu), (p99, p99_cpu) = np.percentile(micros, (50, 99), axis=0).tolist()
    regret = np.stack([np.cumsum(made.regrets) for made in passes])
    means = [float(made.rewards.mean()) for made in passes]
    return Result(
        policy=entrant.name,
        ours=entrant.ours,
        reward=interval(means),
        regret=interval(regret[:, -1].tolist()),
        p50_us=p50,
        p99_us=p99,
        p50_cpu_us=p50_cpu,
        p99_cpu_us=p99_cpu,
        curve=tuple(map(float, regret[:, at - 1].mean(axis=0))),
        rewards=tuple(means),
    )
