"""Off-policy evaluation and promotion."""

ZH: dict[str, str] = {}
