"""Everything that decides how candidates are fitted. Equal recipes and seeds on equal data give equal models."""

from dataclasses import dataclass, field

from visavis.recommend.neighbours import NeighbourRule


@dataclass(frozen=True, slots=True, kw_only=True)
class EaseRule:
    """Linear item model in closed form."""

    ridge: float = 300.0
    activity: float = 0.0  # a member's row of n choices weighs n^-activity
    recency: float = 0.5  # the d-th latest choice speaks with weight d^-recency
    recent: int = 1000  # latest choices that speak


@dataclass(frozen=True, slots=True, kw_only=True)
class SuccessorRule:
    """Linear model of what comes soon after."""

    ridge: float = 200.0
    recency: float = 0.7  # the d-th latest choice of a moment has weight d^-recency
    recent: int = 100  # latest choices of a moment
    window: int = 10  # later choices that count as coming soon
    fade: float = 0.5  # ... the d-th with weight d^-fade
    back: float = 0.7  # part of the weight that counts in the other direction too


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorRule:
    """Weighted alternating least squares."""

    factors: int = 64
    confidence: float = 4.0  # of a choice, where none has 1
    ridge: float = 30.0
    rounds: int = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Which sources, and their settings; None leaves one out.

    The settings were chosen on validation data alone (docs/explanation/candidates.md says on which).
    """

    neighbours: NeighbourRule | None = field(default_factory=NeighbourRule)
    ease: EaseRule | None = field(default_factory=EaseRule)
    successors: SuccessorRule | None = field(default_factory=SuccessorRule)
    factors: FactorRule | None = field(default_factory=FactorRule)
    ridge: float = 1.0  # of the blend's weights
    top: int = 0  # length of the list whose NDCG the weights are then raised for; 0: the likelihood is all
    weigh_cells: int = 40_000_000  # members x items x sources that the weights are fitted on; more are drawn from

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of the sources that it asks for."""
        asked = {
            "neighbours": self.neighbours,
            "ease": self.ease,
            "successors": self.successors,
            "factors": self.factors,
        }
        return ("popular", *(name for name, rule in asked.items() if rule is not None))


ORDERED = Recipe()
"""Where the order of choices tells something."""

UNORDERED = Recipe(
    neighbours=None,
    successors=None,
    ease=EaseRule(ridge=400.0, activity=0.5, recency=0.0),
    factors=FactorRule(factors=128, confidence=4.0, ridge=34.0),
    top=10,
)
"""Where choices were split at random, so that what came after what is not known."""
