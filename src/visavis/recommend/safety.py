"""How much a scenario lets its policy explore: a budget that is never exceeded, and a floor below which it pauses."""

from collections.abc import Iterable, Mapping

import numpy as np

from visavis.recommend.policy import Beliefs, Floats

KEEP = 0.999  # weight of what was, at each outcome: the last thousand or so count
EVIDENCE = 30.0  # effective outcomes of an item, below which nothing is said of it
SURE = 2.0  # standard errors


def capped(probabilities: Floats, beliefs: Beliefs) -> Floats:
    """The same, with no more than the cap on all others than the best together; they shrink in proportion."""
    if beliefs.cap >= 1.0:
        return probabilities
    best = int(np.argmax(beliefs.mean))
    others = 1.0 - float(probabilities[best])
    if others <= beliefs.cap:
        return probabilities
    p: Floats = probabilities * (beliefs.cap / others)
    p[best] = 0.0
    p[best] = 1.0 - p.sum()
    return p


class Safety:
    """What the policy earns, beside what the best single item would have earned had it always been shown.

    That is estimated from the policy's own choices, each weighed by 1 / propensity (SNIPS; Swaminathan and Joachims,
    2015). An item counts by its lower bound, so that luck with a few showings stops nothing.
    """

    def __init__(self, item_ids: Iterable[str], *, budget: float, floor: float | None) -> None:
        self._items = {item_id: n for n, item_id in enumerate(item_ids)}
        self._budget = budget
        self._floor = floor
        self._own = np.zeros(2)  # outcomes and rewards, faded
        self._each = np.zeros((4, len(self._items)))  # sums of w, w^2, w r and w r^2 for each item, faded

    @property
    def cap(self) -> float:
        """Largest share that the others than the best may have now."""
        return 0.0 if self.paused else self._budget

    @property
    def paused(self) -> bool:
        """Whether the policy earns less than the floor allows."""
        best = self.best_static()
        return best is not None and self._floor is not None and self.earned() < self._floor * best

    def earned(self) -> float:
        """Mean reward of the policy's own choices."""
        outcomes, rewards = self._own
        return float(rewards / outcomes) if outcomes > 0 else 0.0

    def best_static(self) -> float | None:
        """The highest lower bound of any item's mean reward; None while too little is known of each."""
        w, w2, wr, wr2 = self._each
        with np.errstate(divide="ignore", invalid="ignore"):
            effective, mean = w * w / w2, wr / w
            error = np.sqrt(np.maximum(wr2 / w - mean * mean, 0.0) / effective)
        bounds = (mean - SURE * error)[effective >= EVIDENCE]
        return float(bounds.max()) if len(bounds) else None

    def observe(self, item_id: str, reward: float, *, first: bool, propensity: float) -> None:
        """One outcome; the rewards of one decision add up."""
        if self._floor is None or item_id not in self._items:
            return
        column, weight = self._items[item_id], 1.0 / propensity
        if first:
            self._own *= KEEP
            self._each *= KEEP
            self._own[0] += 1.0
            self._each[:2, column] += weight, weight * weight
        self._own[1] += reward
        self._each[2:, column] += weight * reward, weight * reward * reward

    def state(self) -> Mapping[str, Floats]:
        """What it has seen; nothing without a floor."""
        return {} if self._floor is None else {"earned": self._own.copy(), "static": self._each.copy()}

    def restore(self, state: Mapping[str, Floats]) -> None:
        """As it was; anew when there were other items."""
        if "static" in state and state["static"].shape == self._each.shape:
            self._own, self._each = state["earned"].copy(), state["static"].copy()
