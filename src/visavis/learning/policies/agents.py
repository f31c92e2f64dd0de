"""Who decides in a world: our policies, each over one linear model a choice."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from visavis.recommend.arms import Arms
from visavis.recommend.policies import build_chooser
from visavis.recommend.policy import Chooser, pick
from visavis.types import PolicyName

Floats = NDArray[np.float64]

EXPLORATION = 400.0  # see `types.Scenario.exploration`; chosen on other data than any that figures are given for
CHOSEN = PolicyName.LINUCB  # of ours, named beforehand: the one that the targets are for
BANDITS = (
    PolicyName.LINUCB,
    PolicyName.THOMPSON,
    PolicyName.SQUARECB,
    PolicyName.SOFTMAX,
    PolicyName.EPSILON_GREEDY,
    PolicyName.GREEDY,
    PolicyName.UNIFORM,
)


class Agent(Protocol):
    """Decides and learns, one round after the other."""

    def choose(self, x: Floats, draw: float) -> tuple[int, float]:
        """The choice and the probability with which it was made; `draw` is uniform in [0, 1)."""
        ...

    def learn(self, x: Floats, choice: int, reward: float, propensity: float) -> None:
        """What came of it."""
        ...


@dataclass(frozen=True, slots=True)
class Entrant:
    """An agent that takes part, built anew for each stream."""

    name: str
    build: Callable[[int, int, int], Agent]  # choices, size of a context, seed
    ours: bool = False


class Ours:
    """Implements `Agent` with what decides in `visavis serve`: a chooser, a posterior, one draw."""

    def __init__(self, chooser: Chooser, arms: Arms) -> None:
        self.chooser = chooser
        self.arms = arms

    def choose(self, x: Floats, draw: float) -> tuple[int, float]:
        """By the chooser's probabilities."""
        probabilities = self.chooser.probabilities(self.arms.beliefs(x))
        choice = pick(probabilities, draw)
        return choice, float(probabilities[choice])

    def learn(self, x: Floats, choice: int, reward: float, propensity: float) -> None:
        """One update by one rank."""
        del propensity
        self.arms.update(x, choice, reward)


def ours(name: PolicyName) -> Entrant:
    """One of our policies with its default setting."""

    def build(choices: int, size: int, _seed: int) -> Ours:
        return Ours(build_chooser(name, exploration=EXPLORATION), Arms(choices, size))

    return Entrant(name.value, build, ours=True)
