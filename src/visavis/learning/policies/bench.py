"""Our policies beside their peers, in the same worlds, on one thread."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from visavis.learning.estimate import Estimate
from visavis.learning.policies.agents import BANDITS, CHOSEN, EXPLORATION, Ours, ours
from visavis.learning.policies.peers import peers
from visavis.learning.policies.propensities import PropensityCheck, check_propensities
from visavis.learning.policies.replay import Report, ahead, replay, run
from visavis.learning.policies.worlds import World
from visavis.recommend.arms import Arms
from visavis.recommend.policies import build_chooser

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyBench:
    """One world."""

    report: Report
    chosen: str  # of ours, named before anything was measured
    best_peer: str | None
    ahead: Estimate | None  # mean reward of a round: the chosen one's over the best peer's, on the same streams


def bench_worlds(
    worlds: Sequence[World], *, seeds: int, first_seed: int, with_peers: bool, progress: Progress
) -> list[PolicyBench]:
    """Every policy of ours and every peer that is installed."""
    entrants = [ours(name) for name in BANDITS] + (peers() if with_peers else [])
    made = []
    for world in worlds:
        report = replay(world, entrants, seeds=seeds, first_seed=first_seed, progress=progress)
        best = next((result.policy for result in report.results if not result.ours), None)
        gap = None if best is None else ahead(report, CHOSEN, best)
        made.append(PolicyBench(report=report, chosen=CHOSEN, best_peer=best, ahead=gap))
    return made


def bench_propensities(world: World, *, draws: int, seed: int, progress: Progress) -> list[PropensityCheck]:
    """Each policy of ours, after one pass."""
    checks = []
    stream = world.stream(np.random.default_rng((seed, 0)))
    for n, name in enumerate(BANDITS):
        agent = Ours(build_chooser(name, exploration=EXPLORATION), Arms(world.choices, stream.contexts.shape[1]))
        run(agent, stream, np.random.default_rng((seed, 1)))
        rng = np.random.default_rng((seed, 2, n))
        checks.append(check_propensities(name.value, agent, stream, draws=draws, rng=rng))
        progress("drawing again what was logged", (n + 1) / len(BANDITS))
    return checks
