"""Time and ids that do what the test says."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count

from visavis.testing.builders import T0


class FixedClock:
    """Implements `ports.Clock`: stands still until it is moved."""

    def __init__(self, at: datetime = T0) -> None:
        self._at = at

    def now(self) -> datetime:
        """Aware UTC."""
        return self._at

    def advance(self, seconds: float = 0.0, **parts: float) -> datetime:
        """Move by seconds, or by the parts of a `timedelta` (days=1); the new time."""
        self._at += timedelta(seconds=seconds, **parts)
        return self._at


def counted_ids(prefix: str = "id") -> Callable[[], str]:
    """A source of ids: "id-1", "id-2", ..."""
    numbers = count(1)
    return lambda: f"{prefix}-{next(numbers)}"
