"""Training, tuning and the registry."""

ZH: dict[str, str] = {}
