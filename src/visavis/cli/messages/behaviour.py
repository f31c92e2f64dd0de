"""The behaviour network."""

ZH: dict[str, str] = {}
