"""A log whose truth is known: contexts, a linear reward, a logging policy, and another one that is asked about."""

from dataclasses import dataclass

import numpy as np

from visavis.learning.off_policy.feedback import Feedback, Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class World:
    """Where simulated logs come from; the policies are softmax of random scores of the context."""

    effect: Floats  # (K, D + 1) reward is Bernoulli, its mean `mean` (1 + effect of the context / 3), cut to [0, 1]
    logging: Floats  # (K, D + 1) scores of the logging policy
    target: Floats  # (K, D + 1) scores of the other policy
    mean: float = 0.3

    @classmethod
    def drawn(cls, rng: np.random.Generator, *, actions: int = 8, columns: int = 4, mean: float = 0.3) -> "World":
        """The three differ, and overlap: the weights stay in the tens."""
        shape = (actions, columns + 1)
        effect = rng.normal(size=shape) / np.sqrt(columns)
        logging = 0.8 * rng.normal(size=shape)
        return cls(effect=effect, logging=logging, target=logging + effect, mean=mean)

    def rewards(self, context: Floats) -> Floats:
        """(N, K) mean reward of each action: linear, cut to probabilities."""
        means: Floats = np.clip(self.mean * (1.0 + _with_one(context) @ self.effect.T / 3.0), 0.0, 1.0)
        return means

    def log(self, rows: int, rng: np.random.Generator) -> tuple[Feedback, Floats]:
        """A log of the logging policy, and the other policy's probabilities (N, K)."""
        context = rng.uniform(-1.0, 1.0, size=(rows, self.effect.shape[1] - 1))
        logging, target = softmax(_with_one(context) @ self.logging.T), softmax(_with_one(context) @ self.target.T)
        action = (logging.cumsum(axis=1) > rng.random((rows, 1))).argmax(axis=1)
        chosen = np.arange(rows), action
        feedback = Feedback(
            reward=(rng.random(rows) < self.rewards(context)[chosen]).astype(np.float64),
            action=action,
            propensity=logging[chosen],
            actions=tuple(map(str, range(len(self.effect)))),
            context=context,
            position=np.zeros(rows, np.int64),
        )
        return feedback, target

    def truth(self, rng: np.random.Generator, *, rows: int = 1_000_000) -> float:
        """Mean reward of the other policy."""
        context = rng.uniform(-1.0, 1.0, size=(rows, self.effect.shape[1] - 1))
        target = softmax(_with_one(context) @ self.target.T)
        return float((target * self.rewards(context)).sum(axis=1).mean())


def _with_one(context: Floats) -> Floats:
    return np.concatenate([context, np.ones((len(context), 1))], axis=1)


def softmax(scores: Floats) -> Floats:
    """Row by row."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares: Floats = powers / powers.sum(axis=1, keepdims=True)
    return shares
