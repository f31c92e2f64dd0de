"""Tables from outside, and their import."""

ZH: dict[str, str] = {}
