"""Epsilon-greedy: the best, and now and then any (Sutton and Barto, 2018, 2.2)."""

from dataclasses import dataclass

from visavis.recommend.greedy import spread
from visavis.recommend.policy import Beliefs, Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class EpsilonGreedy:
    """Explores a fixed share, whatever it knows."""

    epsilon: float

    def probabilities(self, beliefs: Beliefs) -> Floats:
        """p(a) = epsilon / K, and the best has the rest."""
        return spread(beliefs.mean, self.epsilon)
