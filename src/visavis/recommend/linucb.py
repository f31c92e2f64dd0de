"""LinUCB: what could be best, within what is known (Li, Chu, Langford and Schapire, 2010, algorithm 1)."""

from dataclasses import dataclass

from visavis.recommend.greedy import FLOOR, spread
from visavis.recommend.policy import Beliefs, Floats

UCB_WIDTHS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LinUCB:
    """Optimism where little is known."""

    widths: float = UCB_WIDTHS  # standard deviations that are hoped for
    floor: float = FLOOR

    def probabilities(self, beliefs: Beliefs) -> Floats:
        """The one with the highest mean + widths * width; see `greedy.spread`."""
        return spread(beliefs.mean + self.widths * beliefs.width, self.floor)
