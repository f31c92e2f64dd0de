"""outcome -> policy."""

from visavis.recommend.policy import Policy
from visavis.types import Decision, Outcome


def learn(policy: Policy, decision: Decision, outcome: Outcome) -> None:
    """One update: the first outcome of a decision teaches its context, later ones only add their reward."""
    policy.update(
        decision.features, decision.item_id, outcome.reward, first=outcome.first, propensity=decision.propensity
    )
