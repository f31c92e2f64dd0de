"""What every comparison with a peer needs: one core for all, and the spread over the rounds."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Over the rounds."""

    median: float
    low: float  # lower quartile
    high: float  # upper quartile

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        low, median, high = (round(float(q), 4) for q in np.quantile(values, (0.25, 0.5, 0.75)))
        return cls(median=median, low=low, high=high)

    def __str__(self) -> str:
        return f"{self.median:,.3g} ({self.low:,.3g} … {self.high:,.3g})"


@contextmanager
def one_core() -> Iterator[None]:
    """Keep every thread of this process on one core, where the system can."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
