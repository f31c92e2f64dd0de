"""Always what is expected to be best: the policy that only exploits."""

from dataclasses import dataclass

from visavis.recommend.policy import Beliefs, Floats

FLOOR = 0.001  # share that every chooser without closed form of its own leaves to all candidates alike


@dataclass(frozen=True, slots=True, kw_only=True)
class Greedy:
    """The best, and a thousandth spread over all, so that every estimate from the log is defined."""

    floor: float = FLOOR

    def probabilities(self, beliefs: Beliefs) -> Floats:
        """See `spread`."""
        return spread(beliefs.mean, self.floor)


def spread(scores: Floats, share: float) -> Floats:
    """p(a) = share / K, and those with the highest score have the rest in equal parts."""
    best = scores >= scores.max()
    p: Floats = best * ((1.0 - share) / best.sum()) + share / len(scores)
    return p
