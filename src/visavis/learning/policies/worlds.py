"""What policies are measured in: contexts, what each choice would have earned, and how late that is told."""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from visavis.learning.policies.rows import Rows

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """One pass: every policy meets the same rounds in the same order."""

    contexts: Floats = field(repr=False)  # (N, size); the last column is 1
    rewards: Floats = field(repr=False)  # (N, K) in [0, 1]: what each choice earns; only the chosen one is told
    expected: Floats = field(repr=False)  # (N, K): its mean, for the regret
    delay: int = 0  # rounds after which the reward is told


class World(Protocol):
    """Draws streams."""

    @property
    def name(self) -> str: ...

    @property
    def rounds(self) -> int: ...

    @property
    def choices(self) -> int: ...

    def stream(self, rng: np.random.Generator) -> Stream:
        """One order, or one history."""
        ...


@dataclass(frozen=True, slots=True)
class Classes:
    """Rows as contexts, classes as choices: the right one earns 1 (Dudik, Langford and Li, 2011)."""

    rows: Rows
    shuffled: bool = True  # False: in file order

    @property
    def name(self) -> str:
        return self.rows.name

    @property
    def rounds(self) -> int:
        return len(self.rows.labels)

    @property
    def choices(self) -> int:
        return len(self.rows.classes)

    def stream(self, rng: np.random.Generator) -> Stream:
        """One order of the rows."""
        order = rng.permutation(self.rounds) if self.shuffled else np.arange(self.rounds)
        rewards = np.eye(self.choices)[self.rows.labels[order]]
        return Stream(contexts=self.rows.contexts(order), rewards=rewards, expected=rewards)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """Tastes that change at once and a little all the time, clicks, and rewards that come late."""

    name: str = "drift and delay"
    rounds: int = 10_000
    choices: int = 5
    size: int = 8
    breaks: int = 4  # times at which all tastes are drawn anew
    wander: float = 0.005  # standard deviation of each taste's step a round
    sharpness: float = 2.0
    delay: int = 100

    def stream(self, rng: np.random.Generator) -> Stream:
        """P(click) = logistic(sharpness (taste x - 0.5))."""
        x = rng.normal(size=(self.rounds, self.size))
        expected = np.empty((self.rounds, self.choices))
        tastes = np.zeros((self.choices, self.size))
        every = self.rounds // (self.breaks + 1) + 1
        for n in range(self.rounds):
            if n % every == 0:
                tastes = rng.normal(size=(self.choices, self.size)) / np.sqrt(self.size)
            tastes += self.wander * rng.normal(size=tastes.shape)
            expected[n] = 1.0 / (1.0 + np.exp(-self.sharpness * (tastes @ x[n] - 0.5)))
        rewards = (rng.random(expected.shape) < expected).astype(np.float64)
        contexts = np.hstack([x, np.ones((self.rounds, 1))])
        return Stream(contexts=contexts, rewards=rewards, expected=expected, delay=self.delay)


def digits() -> Rows:
    """1,797 pictures of 8 x 8 pixels, ten digits, inside scikit-learn's wheel (UCI, Alpaydin and Kaynak)."""
    from sklearn.datasets import load_digits  # noqa: PLC0415 - only this table needs it

    table = load_digits()
    return Rows(
        name="digits",
        numbers=np.asarray(table.data, dtype=np.float64),
        marks=np.zeros((len(table.data), 0)),
        labels=np.asarray(table.target, dtype=np.int64),
        classes=tuple(map(str, range(10))),
    )
