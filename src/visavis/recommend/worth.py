"""What one logged decision says of a policy: doubly robust, row by row, by numpy alone."""

import numpy as np

from visavis.recommend.policy import Policy
from visavis.types import Judged


def comparable(judged: Judged, policy: Policy) -> bool:
    """Whether the policy can be asked: it reads the features as they were logged."""
    return judged.decision.model_version.partition("+")[0] == policy.model_version  # then come the models beside it


def worth(judged: Judged, policy: Policy) -> float:
    """q(x, policy) + w (r - q(x, a)), with what the log's own policy expected as q.

    It expected that before it saw the reward, so nothing is judged by a model that knows the answer.
    """
    decision = judged.decision
    ids = [candidate.item_id for candidate in decision.candidates]
    probabilities = policy.probabilities(policy.beliefs(decision.features, ids))
    q, chosen = np.asarray(decision.estimates), ids.index(decision.item_id)
    w = probabilities[chosen] / decision.propensity
    return float(probabilities @ q + w * (judged.reward - q[chosen]))


def sound(probabilities: tuple[float, ...]) -> bool:
    """Whether they are probabilities: finite, at least 0, and 1 together."""
    p = np.asarray(probabilities)
    return bool(np.isfinite(p).all() and (p >= 0.0).all() and abs(p.sum() - 1.0) <= 1e-9)
