"""outcome -> policy."""

from visavis.recommend.horizon import VERSION as HORIZON
from visavis.recommend.policy import Policy
from visavis.types import Decision, Outcome


def learn(policy: Policy, decision: Decision, outcome: Outcome) -> None:
    """One update: the first outcome of a decision teaches its context, later ones only add their reward."""
    if decision.model_version.partition("+")[0] == HORIZON:
        return  # its features are its own, and what it learns from it learns apart
    policy.update(
        decision.features, decision.item_id, outcome.reward, first=outcome.first, propensity=decision.propensity
    )
