"""`visavis report`."""

ZH: dict[str, str] = {}
