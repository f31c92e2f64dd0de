"""Looking ahead beside the bandit, in a world where members tire and in one where nobody does."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from visavis.learning.estimate import Estimate
from visavis.learning.horizon.fit import Recipe, epsilon_greedy, fit_horizon, fit_myopic
from visavis.learning.horizon.judge import judge_horizon
from visavis.learning.horizon.visits import Visits
from visavis.learning.horizon.world import GENTLE, Chooses, Tiring
from visavis.recommend.bounds import mean_bounds
from visavis.recommend.horizon import Floats, Layout

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """What one policy brought in one world."""

    world: str  # "tiring" or "calm"
    policy: str  # "horizon", "myopic", "uniform", "gentle": never what tires
    reward: Estimate  # of a member over all of their visits, interval over members


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """How often the gate would have let it in, from the log alone."""

    world: str
    logs: int
    let_in: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HorizonBench:
    """Both."""

    lived: tuple[Lived, ...]
    judged: tuple[Judged, ...]


def bench_horizon(
    *, members: int, logs: int, seed: int, progress: Progress = lambda _step, _share: None
) -> HorizonBench:
    """Fit on one log of each world and live by it; judge on several.

    Args:
        members: of each log and life.
        logs: to judge on, of each world.
        seed: of everything.
        progress: told of each log.
    """
    worlds = {"tiring": Tiring(), "calm": Tiring(tire=0.0, worn=0.0, keep=0.85)}
    lived, judged = [], []
    for number, (name, world) in enumerate(worlds.items()):
        lived += _live(name, world, members, seed)
        let_in = 0
        for log in range(logs):
            rng = np.random.default_rng([seed, log])
            let_in += judge_horizon(world.live(members, _evenly(world.layout), rng), Recipe(), rng=rng).gain.beats
            progress("judging", (number + (log + 1) / logs) / len(worlds))
        judged.append(Judged(world=name, logs=logs, let_in=let_in))
    return HorizonBench(lived=tuple(lived), judged=tuple(judged))


def _live(name: str, world: Tiring, members: int, seed: int) -> list[Lived]:
    recipe, layout = Recipe(), world.layout
    log = world.live(members, _evenly(layout), np.random.default_rng([seed, 0]))
    policies = {
        "horizon": _by(fit_horizon(log, recipe), layout, recipe),
        "myopic": _by(fit_myopic(log, recipe), layout, recipe),
        "uniform": _evenly(layout),
        "gentle": _gently(layout),
    }
    found = []
    for policy, chooses in policies.items():
        life = world.live(members, chooses, np.random.default_rng([seed, 1]))
        found.append(Lived(world=name, policy=policy, reward=_reward(life)))
    return found


def _reward(life: Visits) -> Estimate:
    bounds = mean_bounds(np.bincount(life.member, weights=life.reward).astype(np.float64))
    return Estimate(value=bounds.value, low=bounds.low, high=bounds.high)


def _evenly(layout: Layout) -> Chooses:
    return lambda people: np.full((len(people), layout.items), 1.0 / layout.items)


def _gently(layout: Layout) -> Chooses:
    gentle = np.array(layout.kinds) == GENTLE
    return lambda people: np.tile(gentle / gentle.sum(), (len(people), 1))


def _by(weights: Floats, layout: Layout, recipe: Recipe) -> Chooses:
    choice = epsilon_greedy(recipe.epsilon)

    def chooses(people: Floats) -> Floats:
        each = [layout.design(people, np.full(len(people), item)) @ weights for item in range(layout.items)]
        return choice(np.stack(each, axis=1))

    return chooses
