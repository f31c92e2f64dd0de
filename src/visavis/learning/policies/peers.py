"""Other people's bandits, where they are installed: MABWiser and Vowpal Wabbit, `pip install 'visavis[peers]'`."""

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visavis.learning.policies.agents import Agent, Entrant
from visavis.recommend.policy import pick

Floats = NDArray[np.float64]

ALPHA = 0.1  # of MABWiser, the best of those that were tried on the streams themselves
EXPLORERS = (
    "--epsilon 0.05",
    "--bag 5",
    "--cover 3",
    "--squarecb --gamma_scale 100",
    "--rnd 3",
    "--first 500",
)
LEARNERS = ("", "--coin", "-l 0.05 --power_t 0")


def peers() -> list[Entrant]:
    """All that are installed, each with several settings."""
    found = []
    if find_spec("mabwiser"):
        found += [Entrant(f"MABWiser {name} {ALPHA}", _mabwiser(name)) for name in ("LinTS", "LinUCB")]
    if find_spec("vowpalwabbit"):
        found += [
            Entrant(f"VW {explorer} {learner}".strip(), _vw(f"{explorer} {learner}"))
            for explorer in EXPLORERS
            for learner in LEARNERS
        ]
    return found


class MabWiser:
    """Inverts a matrix a round. Tells no propensity."""

    def __init__(self, name: str, choices: int, size: int, seed: int) -> None:
        from mabwiser.mab import MAB, LearningPolicy  # noqa: PLC0415 - an optional peer

        rule = getattr(LearningPolicy, name)(alpha=ALPHA)
        self._mab: Any = MAB(list(range(choices)), rule, seed=seed)
        self._mab.fit(np.array([0]), np.array([0.0]), np.zeros((1, size)))  # it must see a round before it decides

    def choose(self, x: Floats, draw: float) -> tuple[int, float]:
        """By its own generator."""
        del draw
        return int(self._mab.predict(x[None, :])), float("nan")

    def learn(self, x: Floats, choice: int, reward: float, propensity: float) -> None:
        """One round."""
        del propensity
        self._mab.partial_fit(np.array([choice]), np.array([reward]), x[None, :])


def _mabwiser(name: str) -> Callable[[int, int, int], Agent]:
    return lambda choices, size, seed: MabWiser(name, choices, size, seed)


class VowpalWabbit:
    """Contextual bandit with action-dependent features; the choice is drawn by us from its probabilities."""

    def __init__(self, setting: str, choices: int, size: int, seed: int) -> None:
        from vowpalwabbit import Workspace  # noqa: PLC0415 - an optional peer

        self._vw: Any = Workspace(f"--cb_explore_adf -q xa --quiet --random_seed {seed + 1} {setting}")
        self._choices = [f"|a {choice}" for choice in range(choices)]
        self._names = [f" {n}:" for n in range(size)]
        self._told: tuple[bytes, str] = (b"", "")

    def choose(self, x: Floats, draw: float) -> tuple[int, float]:
        """Its probabilities, our draw."""
        p = np.array(self._vw.predict([self._text(x), *self._choices]))
        choice = pick(p, draw)
        return choice, float(p[choice] / p.sum())

    def learn(self, x: Floats, choice: int, reward: float, propensity: float) -> None:
        """Its cost is the negative reward."""
        examples = [self._text(x), *self._choices]
        examples[choice + 1] = f"0:{-reward}:{propensity} {self._choices[choice]}"
        self._vw.learn(examples)

    def _text(self, x: Floats) -> str:
        """What it reads; the last column is the constant that it adds itself."""
        key = x.tobytes()
        if self._told[0] != key:
            pairs = zip(self._names[:-1], x[:-1].tolist(), strict=True)
            self._told = key, "shared |x" + "".join(f"{name}{value:.5g}" for name, value in pairs if value)
        return self._told[1]


def _vw(setting: str) -> Callable[[int, int, int], Agent]:
    return lambda choices, size, seed: VowpalWabbit(setting, choices, size, seed)
