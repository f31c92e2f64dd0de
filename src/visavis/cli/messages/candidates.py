"""Candidates and their evaluation."""

ZH: dict[str, str] = {}
