"""How much a scenario lets its policy explore: a budget that is never exceeded."""

import numpy as np

from visavis.recommend.policy import Beliefs, Floats


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
