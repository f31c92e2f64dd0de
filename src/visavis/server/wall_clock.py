"""The time of day."""

from datetime import UTC, datetime


class WallClock:
    """Implements `ports.Clock`."""

    def now(self) -> datetime:
        return datetime.now(UTC)
