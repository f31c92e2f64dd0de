"""Logged bandit feedback: what was chosen, how likely, and what came of it."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Feedback:
    """One row a decision. N rows, K actions, L positions, D context columns."""

    reward: Floats  # (N,)
    action: Whole  # (N,) index into `actions`
    propensity: Floats  # (N,) with which the logging policy chose it, in (0, 1]
    actions: tuple[str, ...]  # (K,)
    context: Floats = field(repr=False)  # (N, D), without a column of ones
    position: Whole  # (N,) index into `positions`
    positions: tuple[str, ...] = ("",)
    groups: Whole | None = None  # (N,) number of the row's member, from 0 on; None: rows are independent

    def __post_init__(self) -> None:
        rows = len(self.reward)
        columns = (self.action, self.propensity, self.context, self.position)
        if not rows or any(len(column) != rows for column in columns):
            raise ValueError(f"columns of {[rows, *map(len, columns)]} rows; all the same, and at least one")
        if self.context.ndim != 2 or not (np.isfinite(self.reward).all() and np.isfinite(self.context).all()):
            raise ValueError("context is a table, and every number is finite")
        if not ((self.propensity > 0) & (self.propensity <= 1)).all():
            raise ValueError("propensities are in (0, 1]")
        if not (_indices(self.action, len(self.actions)) and _indices(self.position, len(self.positions))):
            raise ValueError("actions and positions are indices of their names")
        if self.groups is not None and len(self.groups) != rows:
            raise ValueError(f"{len(self.groups)} groups of {rows} rows")

    def __len__(self) -> int:
        return len(self.reward)

    def part(self, rows: NDArray[np.bool_]) -> "Feedback":
        """Some of the rows, with the same actions and positions."""
        groups = None if self.groups is None else np.unique(self.groups[rows], return_inverse=True)[1]
        return Feedback(
            reward=self.reward[rows],
            action=self.action[rows],
            propensity=self.propensity[rows],
            actions=self.actions,
            context=self.context[rows],
            position=self.position[rows],
            positions=self.positions,
            groups=groups,
        )


def _indices(numbers: Whole, names: int) -> bool:
    return bool(len(numbers) == 0 or (numbers.min() >= 0 and numbers.max() < names))
