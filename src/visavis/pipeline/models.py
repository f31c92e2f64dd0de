"""The trained models that a hub decides with: swapped whole, so that a decision never meets two versions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from visavis.behaviour.stream import Stream
from visavis.recommend.scoring import Scorer, Scores
from visavis.types import Candidate, Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """What serves at one moment."""

    stream: Stream  # with the live behaviour network, or without one
    scorer: Scorer | None = None  # the live recommending model
    shadow: Scorer | None = None  # one that is asked beside, and never heeded

    @property
    def versions(self) -> dict[str, str]:
        """What serves, or is asked beside, by what it is for; empty without a model."""
        network = self.stream.network
        found = {
            "behaviour": network.version if network else "",
            "recommend": self.scorer.version if self.scorer else "",
            "shadow": self.shadow.version if self.shadow else "",
        }
        return {what: version for what, version in found.items() if version}

    def named(self, policy: str) -> str:
        """What a decision says that made it: the policy's features, and each model with its version."""
        return "+".join([policy, *(version for what, version in self.versions.items() if what != "shadow")])


def asked(scorer: Scorer | None, events: Sequence[Event], items: Sequence[str], now: datetime) -> Scores | None:
    """One finite score an item; None where there is no model, or it fails."""
    if scorer is None:
        return None
    try:
        scores = scorer.scores(events, items, now)
    except Exception:  # noqa: BLE001 - whatever a model raises, a request is answered without it
        return None
    return scores if scores.shape == (len(items),) and np.isfinite(scores).all() else None


def ranked(candidates: Sequence[Candidate], scores: Sequence[float], most: int) -> tuple[Candidate, ...]:
    """At most so many of the best, each with its score, in the order in which they came; of equals the first."""
    order = sorted(range(len(candidates)), key=lambda n: -scores[n])[:most]
    return tuple(_scored(candidates[n], scores[n]) for n in sorted(order))


def _scored(candidate: Candidate, score: float) -> Candidate:
    return Candidate(item_id=candidate.item_id, campaign_id=candidate.campaign_id, score=float(score))
