"""Models that learn at every event."""

ZH: dict[str, str] = {}
