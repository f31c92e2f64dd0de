"""Scores of several sources become one: each on a common scale, then weighed."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from visavis.recommend.candidates import Floats, History, Items, Source, best

PLACE = 100  # the score at this place of a member's list is the measure of the others
FLOOR = 0.1  # part of it below which differences count for little


def on_common_scale(scores: Floats, unseen: NDArray[np.bool_]) -> Floats:
    """log(score + floor), then mean 0 and deviation 1 over what the member has not seen.

    The floor is a tenth of the member's score at place 100: sources whose scores differ a thousandfold between a member
    with two events and one with two hundred become comparable. Zero and less is nothing.

    Args:
        scores: (items,).
        unseen: (items,) over which scale and measure are taken; the seen are scaled alike.
    """
    positive = np.maximum(scores, 0.0)
    among = positive[unseen]
    if not len(among) or not (top := float(among.max())):
        return np.zeros_like(positive)
    place = min(PLACE, len(among))
    measure = float(np.partition(among, len(among) - place)[len(among) - place])
    logs = np.log(positive + FLOOR * max(measure, 1e-3 * top))
    spread = float(logs[unseen].std())
    if spread < 1e-9:
        return np.zeros_like(positive)
    scaled: Floats = ((logs - logs[unseen].mean()) / spread).astype(np.float32)
    return scaled


def unseen_by(history: History, item_count: int) -> NDArray[np.bool_]:
    """(items,) what a member has not chosen yet."""
    unseen = np.ones(item_count, np.bool_)
    unseen[history.items[history.items < item_count]] = False
    return unseen


class Blend:
    """Sources with their weights; itself a source."""

    name = "blend"

    def __init__(self, sources: Sequence[Source], weights: Mapping[str, float]) -> None:
        names = [source.name for source in sources]
        if len(set(names)) != len(names) or set(names) - set(weights):
            raise ValueError(f"each source has a name of its own and a weight: {names}, {sorted(weights)}")
        self.sources = tuple(sources)
        self.weights = dict(weights)

    def scores(self, history: History, item_count: int, given: Mapping[str, Floats] | None = None) -> Floats:
        """Sum of weight x score on the common scale.

        Args:
            history: of the member.
            item_count: length of the catalogue.
            given: positive scores computed elsewhere, such as those of the network, by the name that has the
                weight; one that is missing adds nothing.
        """
        heard = [source for source in self.sources if self.weights[source.name]]
        found = {source.name: source.scores(history, item_count) for source in heard}
        return self.combined({**found, **(given or {})}, history, item_count)

    def combined(self, found: Mapping[str, Floats], history: History, item_count: int) -> Floats:
        """The same from scores that are there already."""
        unseen = unseen_by(history, item_count)
        total = np.zeros(item_count, np.float32)
        for name, scores in found.items():
            if weight := self.weights.get(name, 0.0):
                total += np.float32(weight) * on_common_scale(scores, unseen)
        return total

    def candidates(
        self,
        history: History,
        eligible: NDArray[np.bool_],
        count: int,
        given: Mapping[str, Floats] | None = None,
    ) -> Items:
        """The best of what the rules leave open, best first, at most `count`; nothing else ever."""
        return best(self.scores(history, len(eligible), given), eligible, count)

    def observe(self, history: History, item: int, at: int) -> None:
        """Tell those sources that learn from each event."""
        for source in self.sources:
            if observe := getattr(source, "observe", None):
                observe(history, item, at)
