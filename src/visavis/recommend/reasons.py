"""Honest answers to "why this?"."""

import numpy as np
from numpy.typing import NDArray

from visavis.types import Item, Profile, Reason

LIKED = 0.15  # share of interest from which a category counts as liked


def reasons(profile: Profile | None, item: Item, estimates: NDArray[np.float64], chosen: int) -> tuple[Reason, ...]:
    """What spoke for the chosen item, strongest first; never empty."""
    if profile is None:
        return (Reason(code="for_everyone"),)
    found = []
    if profile.item_interest.get(item.id, 0.0) > 0:
        found.append(Reason(code="bought_before", detail={"item": item.id}))
    if profile.affinity.get(item.category, 0.0) >= LIKED:
        found.append(Reason(code="likes_category", detail={"category": item.category}))
    if estimates[chosen] >= estimates.max() and estimates.max() > 0:
        found.append(Reason(code="popular_here"))
    return tuple(found) or (Reason(code="trying_something_new"),)
