"""What a model remembers of a member between two events."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from visavis.types.checks import aware
from visavis.types.names import Token


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MemberState:
    """All events of a member so far, folded into numbers by one model; the log gives it again at any time."""

    token: Token
    scenario: str
    model: str  # what made it; another model's states mean something else
    events: int  # that are in it
    last_at: datetime | None = None  # of the last of them, in the order of time, then id; None without events
    last_id: str = ""
    hidden: NDArray[np.float32] = field(repr=False, default_factory=lambda: np.zeros(0, np.float32))  # (H,) of the net
    sums: Mapping[str, float] = field(repr=False, default_factory=dict)  # what can be read without the network

    def __post_init__(self) -> None:
        aware("last_at", self.last_at)
        if (self.events == 0) != (self.last_at is None):
            raise ValueError(f"{self.events} events, the last at {self.last_at}")
        if self.hidden.ndim != 1 or self.hidden.dtype != np.float32:
            raise ValueError(f"a hidden state is one row of float32, not {self.hidden.dtype} {self.hidden.shape}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A member's state beside the log."""

    state: MemberState | None  # None: nothing is kept
    logged: int  # events of the member in the log

    def current(self, model: str) -> MemberState | None:
        """The state, if this model made it of exactly the events that there are."""
        state = self.state
        return state if state is not None and state.model == model and state.events == self.logged else None
