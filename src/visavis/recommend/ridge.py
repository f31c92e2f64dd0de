"""Online ridge regression: the inverse is kept and updated by one rank, never computed anew."""

from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Ridge:
    """Weights that minimise sum (y - w x)^2 + regularisation |w|^2 over everything seen so far."""

    def __init__(self, size: int, *, regularisation: float = 1.0) -> None:
        self.inverse: Floats = np.eye(size) / regularisation  # (regularisation I + sum x x^T)^-1
        self.moment: Floats = np.zeros(size)  # sum y x
        self.weights: Floats = np.zeros(size)

    @classmethod
    def restored(cls, inverse: Floats, moment: Floats) -> Self:
        """From what `inverse` and `moment` were."""
        ridge = cls(len(moment))
        ridge.inverse, ridge.moment = inverse.copy(), moment.copy()
        ridge.weights = ridge.inverse @ ridge.moment
        return ridge

    def predict(self, rows: Floats) -> Floats:
        """(N, size) -> (N,)."""
        estimates: Floats = rows @ self.weights
        return estimates

    def observe(self, x: Floats, y: float) -> None:
        """One row more: (A + x x^T)^-1 = A^-1 - (A^-1 x)(A^-1 x)^T / (1 + x^T A^-1 x) (Sherman and Morrison, 1950)."""
        u = self.inverse @ x
        self.inverse -= np.outer(u, u / (1.0 + x @ u))
        self.credit(x, y)

    def credit(self, x: Floats, y: float) -> None:
        """Add to the target of a row that was observed before."""
        self.moment += y * x
        self.weights = self.inverse @ self.moment
