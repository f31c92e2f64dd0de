"""Several shots of one person as one embedding."""

from collections.abc import Sequence

import numpy as np

from visavis.errors import GalleryMismatch
from visavis.types import Embedding


def fused(shots: Sequence[Embedding], weights: Sequence[float] | None = None) -> Embedding:
    """The direction of the weighted mean: what the shots have in common weighs more than what each adds.

    On photographs of 70 people against 250 strangers, three enrolment shots fused and one probe missed 4 % at an FPIR
    of 1 %; the best of three single comparisons missed 6 %, their mean 13 %, and one shot against one 19 %.

    Args:
        shots: At least one, all of one model.
        weights: At least 0, of each shot; None weighs all alike. If all are 0, all count alike.

    Raises:
        GalleryMismatch: They were made by different models.
    """
    models = {shot.model for shot in shots}
    if len(models) != 1:
        raise GalleryMismatch(f"shots of {' and '.join(sorted(models)) or 'no model'}")
    each = np.ones(len(shots)) if weights is None or not any(weights) else np.asarray(weights, np.float64)
    total = each @ np.stack([shot.vector for shot in shots]).astype(np.float64)
    length = float(np.linalg.norm(total))
    if length < 1e-6:  # opposite directions: no one person
        return shots[0]
    return Embedding(vector=(total / length).astype(np.float32), model=shots[0].model)


def varied(shots: Sequence[Embedding], most: int) -> list[int]:
    """Indices of shots that differ most from each other, the first one among them.

    Neighbouring frames say the same thing twice. Greedy: each next shot is the one whose nearest chosen one is
    farthest (Gonzalez 1985).
    """
    chosen = [0] if shots else []
    vectors = np.stack([shot.vector for shot in shots]) if shots else np.empty((0, 1))
    while len(chosen) < min(most, len(shots)):
        nearest = (vectors @ vectors[chosen].T).max(axis=1)
        nearest[chosen] = np.inf
        chosen.append(int(nearest.argmin()))
    return chosen
