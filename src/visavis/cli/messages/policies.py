"""Policies, and benchmarks of them."""

ZH: dict[str, str] = {}
